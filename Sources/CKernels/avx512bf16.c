#include "bf16.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512vl,avx512bw,avx512dq,avx512bf16"))), apply_to = function)

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

enum { lanes = 16 };

// C[m][n] = initial[m][n] + sum over s < segments, k < pairs of the dot product of the pairs A[s][m][k] and B[s][k][n].
// Strides of A and B are in bf16 values, a pair of A being a[s * a_segment + m * a_row + k * a_pair] and the value
// after it.
struct product {
    ptrdiff_t rows, pairs, segments, outputs;
    const uint16_t *a;
    ptrdiff_t a_row, a_pair, a_segment;
    const uint16_t *b;
    ptrdiff_t b_pair, b_segment;
    float *c;
    ptrdiff_t c_row;
    const float *initial;
    ptrdiff_t initial_row;
    struct bagq_finish finish;
};

INLINE __m512i broadcast(const uint16_t *pair) {
    int32_t value;
    __builtin_memcpy(&value, pair, sizeof value);
    return _mm512_set1_epi32(value);
}

// One tile, its sums in registers: `rows` and `vectors` are constants where it is called. The mask is of its last
// vector. A NaN passes: of two operands, the maximum and the minimum are the second where one is a NaN.
INLINE void tile(const struct product *p, ptrdiff_t m, ptrdiff_t n, __mmask16 last, const int rows, const int vectors) {
#define MASK(v) ((v) == vectors - 1 ? last : (__mmask16)-1)
    __m512 sum[12][4];
    UNROLL for (int r = 0; r < rows; r++) UNROLL for (int v = 0; v < vectors; v++) sum[r][v] =
        p->initial ? _mm512_maskz_loadu_ps(MASK(v), p->initial + (m + r) * p->initial_row + n + v * lanes) : _mm512_setzero_ps();
    const uint16_t *a_segment = p->a + m * p->a_row, *b_segment = p->b + 2 * n;
    const ptrdiff_t a_row = p->a_row, a_pair = p->a_pair, b_pair = p->b_pair;
    for (ptrdiff_t s = 0; s < p->segments; s++) {
        const uint16_t *a = a_segment, *b = b_segment;
        for (ptrdiff_t k = p->pairs; k > 0; k--) {
            __m512i row[4];
            UNROLL for (int v = 0; v < vectors; v++) row[v] = _mm512_maskz_loadu_epi32(MASK(v), b + 2 * v * lanes);
            UNROLL for (int r = 0; r < rows; r++) {
                const __m512i pair = broadcast(a + r * a_row);
                UNROLL for (int v = 0; v < vectors; v++) sum[r][v] = _mm512_dpbf16_ps(sum[r][v], (__m512bh)pair, (__m512bh)row[v]);
            }
            a += a_pair;
            b += b_pair;
        }
        a_segment += p->a_segment;
        b_segment += p->b_segment;
    }
    const __m512 low = _mm512_set1_ps(p->finish.clamp.low), high = _mm512_set1_ps(p->finish.clamp.high);
    const float *skip = p->finish.skip;
    UNROLL for (int r = 0; r < rows; r++) UNROLL for (int v = 0; v < vectors; v++) {
        const ptrdiff_t place = (m + r) * p->c_row + n + v * lanes;
        __m512 value = sum[r][v];
        if (skip) value = _mm512_add_ps(value, _mm512_maskz_loadu_ps(MASK(v), skip + place));
        _mm512_mask_storeu_ps(p->c + place, MASK(v), _mm512_min_ps(high, _mm512_max_ps(low, value)));
    }
#undef MASK
}

// All rows in one strip of columns, in tiles as equal as can be: a last tile of one row would starve the multipliers.
#define STRIP(strip, last, vectors, most)                                        \
    static void strip(const struct product *p, ptrdiff_t n, __mmask16 mask) {   \
        (void)mask;                                                             \
        const ptrdiff_t tiles = (p->rows + (most) - 1) / (most);                \
        for (ptrdiff_t i = 0, m = 0; i < tiles; i++) {                          \
            const ptrdiff_t rows = (p->rows - m + tiles - i - 1) / (tiles - i); \
            switch (rows) {                                                     \
            case 1: tile(p, m, n, last, 1, vectors); break;                     \
            case 2: tile(p, m, n, last, 2, vectors); break;                     \
            case 3: tile(p, m, n, last, 3, vectors); break;                     \
            case 4: tile(p, m, n, last, 4, vectors); break;                     \
            case 5: tile(p, m, n, last, 5, vectors); break;                     \
            case 6: tile(p, m, n, last, 6, vectors); break;                     \
            case 7: if ((most) > 6) tile(p, m, n, last, 7, vectors); break;     \
            case 8: if ((most) > 6) tile(p, m, n, last, 8, vectors); break;     \
            case 9: if ((most) > 6) tile(p, m, n, last, 9, vectors); break;     \
            case 10: if ((most) > 6) tile(p, m, n, last, 10, vectors); break;   \
            case 11: if ((most) > 6) tile(p, m, n, last, 11, vectors); break;   \
            case 12: if ((most) > 6) tile(p, m, n, last, 12, vectors); break;   \
            }                                                                   \
            m += rows;                                                          \
        }                                                                       \
    }
STRIP(four_strip, (__mmask16)-1, 4, 6)
STRIP(two_strip, (__mmask16)-1, 2, 12)
STRIP(masked_strip, mask, 1, 12)

static void product(const struct product *p) {
    ptrdiff_t n = 0;
    for (; n + 4 * lanes <= p->outputs; n += 4 * lanes) four_strip(p, n, -1);
    for (; n + 2 * lanes <= p->outputs; n += 2 * lanes) two_strip(p, n, -1);
    for (; n < p->outputs; n += lanes) {
        const ptrdiff_t rest = p->outputs - n;
        masked_strip(p, n, rest < lanes ? (__mmask16)((1 << rest) - 1) : (__mmask16)-1);
    }
}

// A sum as it is.
static const struct bagq_finish plain = {.clamp = {-__builtin_inff(), __builtin_inff()}};

// A kernel row's columns and channels lie together in the input: one segment a kernel row.
static void convolve(const struct bagq_convolution *s, const uint16_t *input, const uint16_t *weights, const float *bias,
    struct bagq_finish finish, float *output) {
    const ptrdiff_t pairs = (s->kernel_width * s->channels + 1) / 2;
    for (ptrdiff_t y = 0; y < s->output_height; y++) {
        const struct product p = {
            .rows = s->output_width, .pairs = pairs, .segments = s->kernel_height, .outputs = s->filters,
            .a = input + y * s->stride * s->input_row, .a_row = s->stride * s->channels, .a_pair = 2, .a_segment = s->input_row,
            .b = weights, .b_pair = 2 * s->filters, .b_segment = 2 * pairs * s->filters,
            .c = output + y * s->output_row, .c_row = s->filters,
            .initial = bias, .initial_row = 0, .finish = finish,
        };
        product(&p);
        if (finish.skip) finish.skip += s->output_row;
    }
}

// For each kernel row: (kernel column, input channel) down, filters across, summed over the output's pixels, a segment
// a pair of rows.
static void convolve_weight_gradient(const struct bagq_convolution *s, const uint16_t *input, const uint16_t *d_output, float *d_weights) {
    const ptrdiff_t rows = s->kernel_width * s->channels;
    for (ptrdiff_t ky = 0; ky < s->kernel_height; ky++) {
        float *c = d_weights + ky * rows * s->filters;
        const struct product p = {
            .rows = rows, .pairs = s->output_width, .segments = (s->output_height + 1) / 2, .outputs = s->filters,
            .a = input + ky * s->input_row, .a_row = 2, .a_pair = 2 * s->stride * s->channels, .a_segment = 2 * s->stride * s->input_row,
            .b = d_output, .b_pair = 2 * s->filters, .b_segment = s->output_row,
            .c = c, .c_row = s->filters, .initial = c, .initial_row = s->filters, .finish = plain,
        };
        product(&p);
    }
}

// For each input row and kernel column: the output's columns down, input channels across, a segment for each kernel row
// that reached the input row (output row y = (input row - kernel row) / stride).
static void convolve_input_gradient(const struct bagq_convolution *s, const uint16_t *d_output, const uint16_t *turned, float *d_input) {
    const ptrdiff_t pairs = (s->filters + 1) / 2, square = 2 * pairs * s->channels;
    const ptrdiff_t last = s->output_height - 1, height = last * s->stride + s->kernel_height;
    for (ptrdiff_t row = 0; row < height; row++) {
        ptrdiff_t first = row % s->stride;
        if (row - last * s->stride > first) first = row - last * s->stride;
        const ptrdiff_t end = row + 1 < s->kernel_height ? row + 1 : s->kernel_height;
        if (first >= end) continue;
        for (ptrdiff_t kx = 0; kx < s->kernel_width; kx++) {
            float *c = d_input + row * s->input_row + kx * s->channels;
            const struct product p = {
                .rows = s->output_width, .pairs = pairs, .segments = (end - first + s->stride - 1) / s->stride, .outputs = s->channels,
                .a = d_output + (row - first) / s->stride * s->output_row, .a_row = s->filters, .a_pair = 2, .a_segment = -s->output_row,
                .b = turned + (kx * s->kernel_height + first) * square, .b_pair = 2 * s->channels, .b_segment = s->stride * square,
                .c = c, .c_row = s->stride * s->channels, .initial = c, .initial_row = s->stride * s->channels, .finish = plain,
            };
            product(&p);
        }
    }
}

INLINE __mmask16 mask_of(ptrdiff_t count) { return count < lanes ? (__mmask16)((1 << count) - 1) : (__mmask16)-1; }

static void round_to_bf16(ptrdiff_t count, const float *restrict input, uint16_t *restrict output) {
    for (ptrdiff_t i = 0; i < count; i += lanes) {
        const __mmask16 mask = mask_of(count - i);
        const __m512 values = _mm512_maskz_loadu_ps(mask, input + i);
        _mm256_mask_storeu_epi16(output + i, mask, (__m256i)_mm512_cvtneps_pbh(values));
    }
}

static void interleave(ptrdiff_t count, const float *restrict first, const float *restrict second, uint16_t *restrict pairs) {
    const __m512i order = _mm512_set_epi16(
        31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    for (ptrdiff_t i = 0; i < count; i += lanes) {
        const __mmask16 mask = mask_of(count - i);
        const __m512 lower = _mm512_maskz_loadu_ps(mask, first + i);
        const __m512 upper = second ? _mm512_maskz_loadu_ps(mask, second + i) : _mm512_setzero_ps();
        const __m512i rounded = (__m512i)_mm512_cvtne2ps_pbh(upper, lower);
        _mm512_mask_storeu_epi32(pairs + 2 * i, mask, _mm512_permutexvar_epi16(order, rounded));
    }
}

static ptrdiff_t multiply_adds(ptrdiff_t repeats, float *values) {
    enum { chains = 12 };
    __m512 sum[chains], total = _mm512_loadu_ps(values);
    UNROLL for (int i = 0; i < chains; i++) sum[i] = _mm512_add_ps(total, _mm512_set1_ps((float)i));
    const __m512bh pairs = (__m512bh)total;
    for (ptrdiff_t r = 0; r < repeats; r++) UNROLL for (int i = 0; i < chains; i++) sum[i] = _mm512_dpbf16_ps(sum[i], pairs, pairs);
    UNROLL for (int i = 0; i < chains; i++) total = _mm512_add_ps(total, sum[i]);
    _mm512_storeu_ps(values, total);
    return repeats * chains * lanes * 4;
}

static const struct bagq_bf16_kernels kernels = {
    .round = round_to_bf16,
    .interleave = interleave,
    .convolve = convolve,
    .convolve_weight_gradient = convolve_weight_gradient,
    .convolve_input_gradient = convolve_input_gradient,
    .multiply_adds = multiply_adds,
};
#pragma clang attribute pop

const struct bagq_bf16_kernels *bagq_bf16_kernels(void) {
    return bagq_kernels(bagq_level_avx512) && __builtin_cpu_supports("avx512bf16") ? &kernels : NULL;
}
#else
const struct bagq_bf16_kernels *bagq_bf16_kernels(void) { return NULL; }
#endif
