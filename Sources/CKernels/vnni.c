#if defined(__x86_64__)
#include <immintrin.h>

#define INT8_KERNELS bagq_int8_kernels_vnni
#define INT8_TARGET "avx2,avx512f,avx512vl,avx512bw,avx512dq,avx512vnni"
#define INT8_LANES 16
#define INT8_ROWS 12
#define INT8_DOT(sum, a, b) _mm512_dpbusd_epi32((__m512i)(sum), (__m512i)(a), (__m512i)(b))
#define INT8_STORE(target, mask, values) _mm512_mask_cvtusepi32_storeu_epi8(target, (__mmask16)(mask), (__m512i)(values))
#define INT8_STORE_HALF(target, mask, bytes, half) \
    _mm256_mask_storeu_epi8(target, (__mmask32)(mask), _mm512_extracti64x4_epi64((__m512i)(bytes), half))
#define INT8_STORE_ALL(target, mask, bytes) _mm512_mask_storeu_epi8(target, mask, (__m512i)(bytes))
#define INT8_UNPACK(half, bits, a, b) _mm512_unpack##half##_epi##bits((__m512i)(a), (__m512i)(b))
#define INT8_PACK(a, b, c, d) \
    _mm512_packus_epi16(_mm512_packs_epi32((__m512i)(a), (__m512i)(b)), _mm512_packs_epi32((__m512i)(c), (__m512i)(d)))
#include "int8_body.h"
#endif
