#pragma once
#include "kernels.h"

/// Prediction in 8-bit integers: unsigned activations, signed weights, sums and biases of 32 bits. Every level gives
/// the same bits.
///
/// A level may add up the products of two neighbours in 16 bits. So two weights of one sign, the first and the second
/// or the third and the fourth of a four, must not come to more than 128 together.

#pragma clang assume_nonnull begin

/// sum[m][n] = bias[n] + sum over s < segments, k < 4 groups of A[s][m][k] * B[s][k / 4][n][k % 4], where A[s][m][k] is
/// a[s * a_segment + m * a_row + k]. Strides are in bytes. Sums must fit into 32 bits whatever the activations.
///
/// A sum becomes an activation by requantisation: min(255, (max(0, sum) * multiplier) >> 32), the product in 64 bits,
/// rounded down; for rounding to nearest, a bias includes half of what one activation step is worth. Jacob et al. 2018,
/// "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", 2.2.
struct bagq_int8_product {
    ptrdiff_t rows, segments, groups, outputs;
    /// Readable to the end of the last group, also where its weights are 0.
    const uint8_t *a;
    ptrdiff_t a_row, a_segment;
    /// [segment][group][output, rounded up to a multiple of 16][4]
    const int8_t *b;
    /// An element per output, rounded up to a multiple of 16.
    const int32_t *bias;
    /// An element per output, rounded up to a multiple of 16.
    const uint32_t *multipliers;
    /// The row below: a row of C is then the largest of four of A's, 2m and 2m + 1 on both lines (2 x 2 max-pooling). 0
    /// for none.
    ptrdiff_t pooled_line;
    uint8_t *c;
    ptrdiff_t c_row;
};

/// How a depthwise convolution is cut into tiles: pixels of an output row, and fours of input columns that these see.
struct bagq_int8_tile {
    ptrdiff_t outputs, fours;
};

static inline struct bagq_int8_tile bagq_int8_tile(ptrdiff_t size, ptrdiff_t stride) {
    ptrdiff_t outputs = 1;
    if (size == 3 && stride <= 2) outputs = stride == 1 ? 2 : 3;
    if (size == 5 && stride <= 2) outputs = stride == 1 ? 4 : 2;
    return (struct bagq_int8_tile){outputs, ((outputs - 1) * stride + size + 3) / 4};
}

/// A depthwise convolution. Channels go in blocks of 64, the last filled up with weights of 0; place p of a block is
/// its channel p % 16 / 4 * 16 + p / 16 * 4 + p % 4.
struct bagq_int8_depthwise {
    struct bagq_windows windows;
    /// [block][kernel row][output of a tile][four of columns][place][4]: 0 for the columns that an output does not see.
    const int8_t *weights;
    /// [block][place]
    const int32_t *bias;
    const uint32_t *multipliers;
    /// The zero of the input's activations, which padding has.
    uint8_t zero;
};

/// min(255, max(0, (a * first + b * second + offset) >> 16)), in 32 bits.
struct bagq_int8_addition {
    int32_t first, second, offset;
};

struct bagq_int8_kernels {
    void (*product)(const struct bagq_int8_product *);
    /// The sums themselves: `multipliers`, `pooled_line`, `c` and `c_row` are not used. Rows of `sums` are `sums_row`
    /// apart.
    void (*sums)(const struct bagq_int8_product *, int32_t *sums, ptrdiff_t sums_row);
    /// Requantised as products are. 63 bytes behind the input must be readable.
    void (*depthwise)(const struct bagq_int8_depthwise *, const uint8_t *input, uint8_t *output);
    /// Output may be one of the inputs.
    void (*add)(const struct bagq_int8_addition *, ptrdiff_t count, const uint8_t *a, const uint8_t *b, uint8_t *output);
    /// Each channel's sum over all pixels, at most 2^22 of them, requantised.
    void (*average)(ptrdiff_t pixels, ptrdiff_t channels, const uint8_t *input, int32_t bias, uint32_t multiplier, uint8_t *output);
    /// Padding is never the largest.
    void (*max_pool)(const struct bagq_windows *, const uint8_t *input, uint8_t *output);
    /// See bagq_kernels.
    ptrdiff_t (*multiply_adds)(ptrdiff_t repeats, int32_t *values);
};

/// The instruction sets with 8-bit kernels of their own. `vnni` is AVX-512 with its dot product of four bytes.
enum bagq_int8_level { bagq_int8_level_portable, bagq_int8_level_avx2, bagq_int8_level_avx512, bagq_int8_level_vnni };

/// The kernels of a level, or null where this processor or its operating system lacks the level.
const struct bagq_int8_kernels *_Nullable bagq_int8_kernels(enum bagq_int8_level level);

#pragma clang assume_nonnull end
