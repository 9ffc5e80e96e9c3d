#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The arithmetic of the CNN core, of the resize and of fingerprints, once per instruction set. Tensors are row-major:
/// pictures height x width x channels, weights [kernel row][kernel column][input channel][output channel]. Every
/// element of a result is one sum taken in one order that depends on nothing but the shapes, so tiles, batches and
/// threads never change a bit of it. No pointer needs alignment.

#pragma clang assume_nonnull begin

/// The activation: min(high, max(low, value)), where a NaN stays one. ReLU has 0 and infinity, ReLU6 0 and 6, none the
/// infinities.
struct bagq_clamp {
    float low, high;
};

/// What becomes of a sum: clamp(sum + skip), where `skip` lies as the output does, may be the output, and is null for
/// zeros.
struct bagq_finish {
    struct bagq_clamp clamp;
    const float *_Nullable skip;
};

/// C[m][n] = initial[m][n] + sum over s < segments, k < columns of A[s][m][k] * B[s][k][n], where
/// A[s][m][k] is a[s * a_segment + m * a_row + k * a_column] and B[s][k][n] is b[s * b_segment + k * b_row + n].
/// Strides are in floats.
struct bagq_product {
    ptrdiff_t rows, columns, segments, outputs;
    const float *a;
    ptrdiff_t a_row, a_column, a_segment;
    const float *b;
    ptrdiff_t b_row, b_segment;
    float *c;
    ptrdiff_t c_row;
    /// Null for zeros; `c` itself to add to what is there; a bias with `initial_row` 0.
    const float *_Nullable initial;
    ptrdiff_t initial_row;
    struct bagq_finish finish;
};

/// A convolution over rows of one picture, or of a horizontal band of it. The input is padded already.
struct bagq_convolution {
    ptrdiff_t channels, filters, kernel_height, kernel_width, stride;
    ptrdiff_t output_height, output_width;
    /// Floats from one row of the input, or the output, to the next.
    ptrdiff_t input_row, output_row;
};

/// Windows over one picture, or a horizontal band of it, each channel on its own; rows and pixels follow each other
/// without a gap. Output (y, x) sees the input's rows from y * stride - top on and its columns from x * stride - left
/// on: what lies outside of the input, also below it and to its right, is padding. Every window has at least one place
/// within the input.
struct bagq_windows {
    ptrdiff_t channels, size, stride;
    ptrdiff_t input_height, input_width;
    ptrdiff_t top, left;
    ptrdiff_t output_height, output_width;
};

/// Max-pooling over rows of one picture, windows without padding: a bagq_windows by its rows.
struct bagq_pooling {
    ptrdiff_t channels, size, stride;
    ptrdiff_t output_height, output_width;
    /// Values from one row of the input to the next. Output rows follow each other without a gap.
    ptrdiff_t input_row;
};

/// An affine map of each channel of a picture: (x - mean) * factor + shift. Rows are pixels, columns channels.
struct bagq_normalization {
    ptrdiff_t rows, columns;
    const float *mean, *factor, *shift;
};

/// Adam as Keras 2.1 writes it: m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g g, p = p - rate m / (sqrt(v) + epsilon).
struct bagq_adam {
    /// learning rate * sqrt(1 - b2^t) / (1 - b1^t)
    float rate;
    float beta1, beta2, epsilon;
};

/// How the pixels of one side of a picture become those of another: target pixel i is the sum over t < taps of
/// source pixel starts[i] + t times weights[i * taps + t]. Weights are at least 0, in units of 2^-22, and sum to
/// about 1.
struct bagq_side {
    ptrdiff_t count, taps;
    const ptrdiff_t *starts;
    const int32_t *weights;
};

/// Most tiles of 2 x 2 outputs that `convolve_winograd` has in hand.
enum { bagq_winograd_tiles = 24 };

struct bagq_kernels {
    void (*product)(const struct bagq_product *);
    /// output = input * weights + bias, finished.
    void (*convolve)(const struct bagq_convolution *, const float *input, const float *weights, const float *bias, struct bagq_finish, float *output);
    /// Turns weights of 3 x 3 kernels into [16][input channel][output channel] for `convolve_winograd`.
    void (*winograd_weights)(ptrdiff_t channels, ptrdiff_t filters, const float *weights, float *transformed);
    /// What `convolve` does, for 3 x 3 kernels of stride 1, by F(2x2, 3x3): sums are taken in another order, which also
    /// depends on the place in the tile of 2 x 2. `bias` may be null. `scratch` is 16 * bagq_winograd_tiles * (channels
    /// + filters).
    void (*convolve_winograd)(
        const struct bagq_convolution *, const float *input, const float *transformed, const float *_Nullable bias, struct bagq_finish, float *scratch,
        float *output);
    /// d_weights += the gradient over the rows given.
    void (*convolve_weight_gradient)(const struct bagq_convolution *, const float *input, const float *d_output, float *d_weights);
    /// d_input += the gradient over the rows given. `turned` is the weights as [kernel column][kernel row][output
    /// channel][input channel].
    void (*convolve_input_gradient)(const struct bagq_convolution *, const float *d_output, const float *turned, float *d_input);
    /// A depthwise convolution: output = input * weights + bias, clamped. `weights` is [kernel row][kernel
    /// column][channel].
    void (*depthwise)(const struct bagq_windows *, const float *input, const float *weights, const float *bias, struct bagq_clamp, float *output);
    /// d_input = the gradient.
    void (*depthwise_input_gradient)(const struct bagq_windows *, const float *d_output, const float *weights, float *d_input);
    /// d_weights += the gradient.
    void (*depthwise_weight_gradient)(const struct bagq_windows *, const float *input, const float *d_output, float *d_weights);
    /// `places`, where asked for, gets each maximum's place in its window, at most 16 x 16: row * size + column, the
    /// first of equals. Padding is never the largest.
    void (*max_pool)(const struct bagq_windows *, const float *input, float *output, uint8_t *_Nullable places);
    /// d_input += the gradient.
    void (*max_pool_gradient)(const struct bagq_windows *, const float *d_output, const uint8_t *places, float *d_input);
    /// output = the mean of what a window has of the input. A window over all of it is global average pooling.
    void (*average_pool)(const struct bagq_windows *, const float *input, float *output);
    /// d_input += the gradient.
    void (*average_pool_gradient)(const struct bagq_windows *, const float *d_output, float *d_input);
    /// output = clamp(a + b). Output may be one of them.
    void (*add)(ptrdiff_t count, const float *a, const float *b, struct bagq_clamp, float *output);
    void (*clamp)(ptrdiff_t count, struct bagq_clamp, float *values);
    /// Sets the gradient to 0 where the output has been clamped.
    void (*clamp_gradient)(ptrdiff_t count, struct bagq_clamp, const float *output, float *gradient);
    /// sums[column] += sum over rows of values[row * stride + column].
    void (*sum_rows)(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride, const float *values, float *sums);
    /// output[column][row] = input[row][column].
    void (*transpose)(ptrdiff_t rows, ptrdiff_t columns, const float *input, float *output);
    /// Each column's mean, and its sum of squared distances from that mean.
    void (*moments)(ptrdiff_t rows, ptrdiff_t columns, const float *values, float *mean, float *squares);
    /// output = clamp((input - mean) * factor + shift + skip); no skip: zeros.
    void (*normalize)(const struct bagq_normalization *, const float *input, const float *_Nullable skip, struct bagq_clamp, float *output);
    /// Sets the gradient to 0 where the output has been clamped; then sums[column] = its sum, products[column] = that
    /// of gradient * (input - mean).
    void (*normalization_sums)(const struct bagq_normalization *, const float *input, const float *output, struct bagq_clamp,
        float *d_output, float *sums, float *products);
    /// d_input = d_output * factor + (input - mean) * slope + shift.
    void (*normalization_gradient)(
        const struct bagq_normalization *, const float *slope, const float *input, const float *d_output, float *d_input);
    void (*adam)(const struct bagq_adam *, ptrdiff_t count, const float *gradients, float *m, float *v, float *parameters);
    /// output = input * (1 / 255), in float.
    void (*rescale)(ptrdiff_t count, const uint8_t *input, float *output);
    /// What the processor can do at most, to compare the others with: independent multiply-adds in registers. Returns
    /// how many operations it made, of which a multiply-add has two. 16 values are read and changed.
    ptrdiff_t (*multiply_adds)(ptrdiff_t repeats, float *values);
    /// Resamples the columns of an RGB picture of 1 row or more, each byte rounded to nearest. Rows are packed.
    void (*resample_columns)(const struct bagq_side *, ptrdiff_t width, ptrdiff_t height, const uint8_t *input, uint8_t *output);
    /// Resamples the rows of a picture, `row_size` bytes each, each byte rounded to nearest. Rows are packed.
    void (*resample_rows)(const struct bagq_side *, ptrdiff_t row_size, const uint8_t *input, uint8_t *output);
};

enum bagq_level { bagq_level_portable, bagq_level_avx2, bagq_level_avx512 };

/// The kernels of a level, or null where this processor or its operating system lacks the level.
const struct bagq_kernels *_Nullable bagq_kernels(enum bagq_level level);

/// The kernels of the fastest level that this machine runs.
const struct bagq_kernels *bagq_fastest_kernels(void);

/// Takes `count` blocks of 64 bytes into a SHA-256 state of 8 words (FIPS 180-4, section 6.2.2).
typedef void (*bagq_sha256)(uint32_t *state, const uint8_t *blocks, ptrdiff_t count);

/// In plain arithmetic: defines the result.
void bagq_sha256_portable(uint32_t *state, const uint8_t *blocks, ptrdiff_t count);

/// By the processor's SHA instructions where it has them.
bagq_sha256 bagq_fastest_sha256(void);

#pragma clang assume_nonnull end
