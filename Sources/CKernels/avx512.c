#if defined(__x86_64__)
#include <immintrin.h>

#define KERNELS bagq_kernels_avx512
#define TARGET "avx2,fma,avx512f,avx512vl,avx512bw,avx512dq"
#define LANES 16
#define WIDE 4
#define WIDE_ROWS 6
#define MIDDLE 2
#define MIDDLE_ROWS 12
#include "body.h"

#define INT8_KERNELS bagq_int8_kernels_avx512
#define INT8_TARGET "avx2,avx512f,avx512vl,avx512bw,avx512dq"
#define INT8_LANES 16
#define INT8_ROWS 8
#define INT8_PAIRS(a, b) _mm512_madd_epi16((__m512i)(a), (__m512i)(b))
#define INT8_UNPACK(half, bits, a, b) _mm512_unpack##half##_epi##bits((__m512i)(a), (__m512i)(b))
#define INT8_PACK(a, b, c, d) \
    _mm512_packus_epi16(_mm512_packs_epi32((__m512i)(a), (__m512i)(b)), _mm512_packs_epi32((__m512i)(c), (__m512i)(d)))
#include "int8_body.h"
#endif
