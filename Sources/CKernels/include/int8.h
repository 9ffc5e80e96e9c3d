#pragma once
#include "kernels.h"

/// Prediction in 8-bit integers: unsigned activations, signed weights, sums and biases of 32 bits. Every level gives the same bits.

#pragma clang assume_nonnull begin

/// sum[m][n] = bias[n] + sum over s < segments, k < 4 groups of A[s][m][k] * B[s][k / 4][n][k % 4], where A[s][m][k] is
/// a[s * a_segment + m * a_row + k]. Strides are in bytes. Sums must fit into 32 bits whatever the activations.
///
/// A sum becomes an activation by requantisation: min(255, (max(0, sum) * multiplier) >> 32), the product in 64 bits, rounded down; for
/// rounding to nearest, a bias includes half of what one activation step is worth. Jacob et al. 2018, "Quantization and Training of Neural
/// Networks for Efficient Integer-Arithmetic-Only Inference", 2.2.
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
    /// The row below: a row of C is then the largest of four of A's, 2m and 2m + 1 on both lines (2 x 2 max-pooling). 0 for none.
    ptrdiff_t pooled_line;
    uint8_t *c;
    ptrdiff_t c_row;
};

struct bagq_int8_kernels {
    void (*product)(const struct bagq_int8_product *);
    /// The sums themselves: `multipliers`, `pooled_line`, `c` and `c_row` are not used. Rows of `sums` are `sums_row` apart.
    void (*sums)(const struct bagq_int8_product *, int32_t *sums, ptrdiff_t sums_row);
    void (*max_pool)(const struct bagq_pooling *, const uint8_t *input, uint8_t *output);
    /// See bagq_kernels.
    ptrdiff_t (*multiply_adds)(ptrdiff_t repeats, int32_t *values);
};

/// The instruction sets with 8-bit kernels of their own. `vnni` is AVX-512 with its dot product of four bytes.
enum bagq_int8_level { bagq_int8_level_portable, bagq_int8_level_avx2, bagq_int8_level_avx512, bagq_int8_level_vnni };

/// The kernels of a level, or null where this processor or its operating system lacks the level.
const struct bagq_int8_kernels *_Nullable bagq_int8_kernels(enum bagq_int8_level level);

#pragma clang assume_nonnull end
