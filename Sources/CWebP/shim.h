#if __has_include(<webp/decode.h>)
#include <webp/decode.h>
#include <webp/encode.h>
#else
#error "libwebp's headers are missing: apt-get install libwebp-dev"
#endif
