#if defined(__x86_64__)
#define KERNELS bagq_kernels_avx512
#define TARGET "avx2,fma,avx512f,avx512vl,avx512bw,avx512dq"
#define LANES 16
#define WIDE 4
#define WIDE_ROWS 6
#define MIDDLE 2
#define MIDDLE_ROWS 12
#include "body.h"
#endif
