#pragma once
#include "kernels.h"

/// Convolutions on bf16 values (the upper half of a float) with float sums, for training. Values lie as they do for
/// `bagq_kernels`, but in pairs along what is summed over, for the processor multiplies two at a time; a pair's missing
/// second half is a zero. Every element of a result is one sum in one order that depends on the shapes alone. Subnormal
/// numbers count as zeros.

#pragma clang assume_nonnull begin

struct bagq_bf16_kernels {
    /// output = input, rounded to nearest, ties to even.
    void (*round)(ptrdiff_t count, const float *input, uint16_t *output);
    /// pairs[i] = (first[i], second[i]), rounded. No second: zeros.
    void (*interleave)(ptrdiff_t count, const float *first, const float *_Nullable second, uint16_t *pairs);
    /// output = input * weights + bias, finished. `weights` is [kernel row][pair][filter][2], pairs of a kernel row's
    /// (kernel column, input channel). Where their number is odd, the value after a window's row is read too, and must
    /// be finite.
    void (*convolve)(
        const struct bagq_convolution *, const uint16_t *input, const uint16_t *weights, const float *bias, struct bagq_finish,
        float *output);
    /// d_weights += the gradient over the rows given, with pairs of output rows: d_output's row p is output rows 2p and
    /// 2p + 1; row r of the input is input rows r and r + stride, so `input_row` and `output_row` count twice the
    /// values of a row.
    void (*convolve_weight_gradient)(
        const struct bagq_convolution *, const uint16_t *input, const uint16_t *d_output, float *d_weights);
    /// d_input += the gradient over the rows given. `turned` is [kernel column][kernel row][pair of filters][input
    /// channel][2]. Where the number of filters is odd, the value after d_output is read too, and must be finite.
    void (*convolve_input_gradient)(
        const struct bagq_convolution *, const uint16_t *d_output, const uint16_t *turned, float *d_input);
    /// See bagq_kernels.
    ptrdiff_t (*multiply_adds)(ptrdiff_t repeats, float *values);
};

/// Null where this processor or its operating system lacks AVX512_BF16.
const struct bagq_bf16_kernels *_Nullable bagq_bf16_kernels(void);

#pragma clang assume_nonnull end
