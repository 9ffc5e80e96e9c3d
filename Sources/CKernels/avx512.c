#if defined(__x86_64__)
#include <immintrin.h>

#define KERNELS bagq_kernels_avx512
#define TARGET "avx2,fma,avx512f,avx512vl,avx512bw,avx512dq"
#define LANES 16
#define FIRST(lanes) ((__mmask16)((1u << (lanes)) - 1))
#define MASKED_LOAD(values, lanes) _mm512_maskz_loadu_ps(FIRST(lanes), values)
#define MASKED_STORE(values, lanes, value) _mm512_mask_storeu_ps(values, FIRST(lanes), (__m512)(value))
#include "body.h"

#define INT8_KERNELS bagq_int8_kernels_avx512
#define INT8_TARGET "avx2,avx512f,avx512vl,avx512bw,avx512dq"
#define INT8_LANES 16
#define INT8_ROWS 8
// See avx2.c.
#define INT8_DOT(sum, a, b) \
    _mm512_add_epi32((__m512i)(sum), _mm512_madd_epi16(_mm512_maddubs_epi16((__m512i)(a), (__m512i)(b)), _mm512_set1_epi16(1)))
#define INT8_STORE(target, mask, values) _mm512_mask_cvtusepi32_storeu_epi8(target, (__mmask16)(mask), (__m512i)(values))
#define INT8_STORE_HALF(target, mask, bytes, half) \
    _mm256_mask_storeu_epi8(target, (__mmask32)(mask), _mm512_extracti64x4_epi64((__m512i)(bytes), half))
#define INT8_STORE_ALL(target, mask, bytes) _mm512_mask_storeu_epi8(target, mask, (__m512i)(bytes))
#define INT8_UNPACK(half, bits, a, b) _mm512_unpack##half##_epi##bits((__m512i)(a), (__m512i)(b))
#define INT8_PACK(a, b, c, d) \
    _mm512_packus_epi16(_mm512_packs_epi32((__m512i)(a), (__m512i)(b)), _mm512_packs_epi32((__m512i)(c), (__m512i)(d)))
#include "int8_body.h"
#endif
