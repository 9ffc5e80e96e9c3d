#if __has_include(<png.h>)
#include <png.h>
#else
#error "libpng's header is missing: apt-get install libpng-dev"
#endif
