#if defined(__x86_64__)
#define KERNELS bagq_kernels_avx2
#define TARGET "avx2,fma"
#define LANES 8
#define WIDE 2
#define WIDE_ROWS 6
#include "body.h"
#endif
