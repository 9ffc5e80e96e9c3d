#if defined(__x86_64__)
#include <immintrin.h>

#define KERNELS bagq_kernels_avx2
#define TARGET "avx2,fma"
#define LANES 8
#include "body.h"

#define INT8_KERNELS bagq_int8_kernels_avx2
#define INT8_TARGET "avx2"
#define INT8_LANES 8
#define INT8_ROWS 5
// Pairs of products in 16 bits, which int8.h's limit keeps from saturating, and pairs of those.
#define INT8_DOT(sum, a, b) \
    _mm256_add_epi32((__m256i)(sum), _mm256_madd_epi16(_mm256_maddubs_epi16((__m256i)(a), (__m256i)(b)), _mm256_set1_epi16(1)))
#define INT8_UNPACK(half, bits, a, b) _mm256_unpack##half##_epi##bits((__m256i)(a), (__m256i)(b))
#define INT8_PACK(a, b, c, d) \
    _mm256_packus_epi16(_mm256_packs_epi32((__m256i)(a), (__m256i)(b)), _mm256_packs_epi32((__m256i)(c), (__m256i)(d)))
#include "int8_body.h"
#endif
