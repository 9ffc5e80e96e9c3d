#if __has_include(<turbojpeg.h>)
#include <turbojpeg.h>
#else
#error "TurboJPEG's header is missing: apt-get install libturbojpeg0-dev"
#endif
