// The kernels, compiled once per level. The including file defines
//   KERNELS          the table to fill
//   TARGET           instruction sets, where the level needs more than the baseline
//   LANES            floats in a vector
//   WIDE, WIDE_ROWS  the widest register tile: vectors across, rows down
//   MIDDLE, MIDDLE_ROWS  a second shape, narrower and taller, where registers allow one
// Tiles fill the registers: rows x vectors sums, plus `vectors` of B and one broadcast of A.
#include "kernels.h"
#include "tile.h"
#include "window.h"

#ifdef TARGET
#pragma clang attribute push(__attribute__((target(TARGET))), apply_to = function)
#endif

// Vectors that may lie anywhere and alias plain floats, and the integers that comparisons give. Tails take ever narrower ones.
#define VECTOR(name, lanes)                                                                       \
    typedef float name __attribute__((vector_size(4 * (lanes)), aligned(4), may_alias));          \
    typedef int32_t name##_mask __attribute__((vector_size(4 * (lanes)), aligned(4), may_alias));
VECTOR(full, LANES)
VECTOR(eight, 8)
VECTOR(four, 4)
VECTOR(one, 1)

// A NaN passes, for nothing is larger or smaller.
#define CLAMP(clamp_of, type)                                                         \
    INLINE void clamp_of(type *value, struct bagq_clamp clamp) {                      \
        const type low = clamp.low - (type){0}, high = clamp.high - (type){0};        \
        const type##_mask below = *value < low;                                       \
        *value = (type)((below & (type##_mask)low) | (~below & (type##_mask)*value)); \
        const type##_mask above = *value > high;                                      \
        *value = (type)((above & (type##_mask)high) | (~above & (type##_mask)*value)); \
    }
CLAMP(full_clamp, full)
CLAMP(eight_clamp, eight)
CLAMP(four_clamp, four)
CLAMP(one_clamp, one)

// One tile of a product. `rows` and `vectors` are constants where it is called, so the sums live in registers.
#define TILE(tile, type)                                                                                                          \
    INLINE void tile(const struct bagq_product *p, ptrdiff_t m, ptrdiff_t n, const int rows, const int vectors) {                  \
        enum { lanes = sizeof(type) / sizeof(float) };                                                                             \
        type sum[12][4];                                                                                                           \
        UNROLL for (int r = 0; r < rows; r++) UNROLL for (int v = 0; v < vectors; v++) sum[r][v] =                                 \
            p->initial ? *(const type *)(p->initial + (m + r) * p->initial_row + n + v * lanes) : (type){0};                       \
        const float *a_segment = p->a + m * p->a_row, *b_segment = p->b + n;                                                       \
        const ptrdiff_t a_row = p->a_row, a_column = p->a_column, b_row = p->b_row;                                                \
        for (ptrdiff_t s = 0; s < p->segments; s++) {                                                                              \
            const float *a = a_segment, *b = b_segment;                                                                            \
            for (ptrdiff_t k = p->columns; k > 0; k--) {                                                                           \
                type row[4];                                                                                                       \
                UNROLL for (int v = 0; v < vectors; v++) row[v] = *(const type *)(b + v * lanes);                                  \
                UNROLL for (int r = 0; r < rows; r++) UNROLL for (int v = 0; v < vectors; v++) sum[r][v] += a[r * a_row] * row[v]; \
                a += a_column;                                                                                                     \
                b += b_row;                                                                                                        \
            }                                                                                                                      \
            a_segment += p->a_segment;                                                                                             \
            b_segment += p->b_segment;                                                                                             \
        }                                                                                                                          \
        const struct bagq_clamp clamp = p->finish.clamp;                                                                           \
        const float *skip = p->finish.skip;                                                                                        \
        UNROLL for (int r = 0; r < rows; r++) UNROLL for (int v = 0; v < vectors; v++) {                                           \
            const ptrdiff_t place = (m + r) * p->c_row + n + v * lanes;                                                            \
            if (skip) sum[r][v] += *(const type *)(skip + place);                                                                  \
            type##_clamp(&sum[r][v], clamp);                                                                                       \
            *(type *)(p->c + place) = sum[r][v];                                                                                   \
        }                                                                                                                          \
    }
TILE(full_tile, full)
TILE(eight_tile, eight)
TILE(four_tile, four)
TILE(one_tile, one)

// All rows of a product in one strip of columns, in tiles as equal as can be: a last tile of one row would starve the multipliers.
#define STRIP(strip, tile, vectors, most)                                     \
    static void strip(const struct bagq_product *p, ptrdiff_t n) {            \
        const ptrdiff_t tiles = (p->rows + (most) - 1) / (most);              \
        for (ptrdiff_t i = 0, m = 0; i < tiles; i++) {                        \
            const ptrdiff_t rows = (p->rows - m + tiles - i - 1) / (tiles - i); \
            switch (rows) {                                                   \
            case 1: tile(p, m, n, 1, vectors); break;                         \
            case 2: tile(p, m, n, 2, vectors); break;                         \
            case 3: tile(p, m, n, 3, vectors); break;                         \
            case 4: tile(p, m, n, 4, vectors); break;                         \
            case 5: tile(p, m, n, 5, vectors); break;                         \
            case 6: tile(p, m, n, 6, vectors); break;                         \
            case 7: if ((most) > 6) tile(p, m, n, 7, vectors); break;         \
            case 8: if ((most) > 6) tile(p, m, n, 8, vectors); break;         \
            case 9: if ((most) > 6) tile(p, m, n, 9, vectors); break;         \
            case 10: if ((most) > 6) tile(p, m, n, 10, vectors); break;       \
            case 11: if ((most) > 6) tile(p, m, n, 11, vectors); break;       \
            case 12: if ((most) > 6) tile(p, m, n, 12, vectors); break;       \
            }                                                                 \
            m += rows;                                                        \
        }                                                                     \
    }
STRIP(wide_strip, full_tile, WIDE, WIDE_ROWS)
#ifdef MIDDLE
STRIP(middle_strip, full_tile, MIDDLE, MIDDLE_ROWS)
#endif
STRIP(full_strip, full_tile, 1, 12)
STRIP(eight_strip, eight_tile, 1, 12)
STRIP(four_strip, four_tile, 1, 12)
STRIP(one_strip, one_tile, 1, 12)

static void product(const struct bagq_product *p) {
    ptrdiff_t n = 0;
    for (; n + WIDE * LANES <= p->outputs; n += WIDE * LANES) wide_strip(p, n);
#ifdef MIDDLE
    for (; n + MIDDLE * LANES <= p->outputs; n += MIDDLE * LANES) middle_strip(p, n);
#endif
    for (; n + LANES <= p->outputs; n += LANES) full_strip(p, n);
    for (; LANES > 8 && n + 8 <= p->outputs; n += 8) eight_strip(p, n);
    for (; LANES > 4 && n + 4 <= p->outputs; n += 4) four_strip(p, n);
    for (; n < p->outputs; n++) one_strip(p, n);
}

// A sum as it is.
static const struct bagq_finish plain = {.clamp = {-__builtin_inff(), __builtin_inff()}};

// A kernel row's columns and channels lie together in the input: one segment a kernel row.
static void convolve(const struct bagq_convolution *s, const float *input, const float *weights, const float *bias,
    struct bagq_finish finish, float *output) {
    const ptrdiff_t columns = s->kernel_width * s->channels;
    for (ptrdiff_t y = 0; y < s->output_height; y++) {
        const struct bagq_product p = {
            .rows = s->output_width, .columns = columns, .segments = s->kernel_height, .outputs = s->filters,
            .a = input + y * s->stride * s->input_row, .a_row = s->stride * s->channels, .a_column = 1, .a_segment = s->input_row,
            .b = weights, .b_row = s->filters, .b_segment = columns * s->filters,
            .c = output + y * s->output_row, .c_row = s->filters,
            .initial = bias, .initial_row = 0, .finish = finish,
        };
        product(&p);
        if (finish.skip) finish.skip += s->output_row;
    }
}

// For each kernel row: (kernel column, input channel) down, filters across, summed over the output's pixels, a segment a row.
static void convolve_weight_gradient(const struct bagq_convolution *s, const float *input, const float *d_output, float *d_weights) {
    const ptrdiff_t rows = s->kernel_width * s->channels;
    for (ptrdiff_t ky = 0; ky < s->kernel_height; ky++) {
        float *c = d_weights + ky * rows * s->filters;
        const struct bagq_product p = {
            .rows = rows, .columns = s->output_width, .segments = s->output_height, .outputs = s->filters,
            .a = input + ky * s->input_row, .a_row = 1, .a_column = s->stride * s->channels, .a_segment = s->stride * s->input_row,
            .b = d_output, .b_row = s->filters, .b_segment = s->output_row,
            .c = c, .c_row = s->filters, .initial = c, .initial_row = s->filters, .finish = plain,
        };
        product(&p);
    }
}

// For each input row and kernel column: the output's columns down, input channels across, a segment for each kernel row that
// reached the input row (output row y = (input row - kernel row) / stride).
static void convolve_input_gradient(const struct bagq_convolution *s, const float *d_output, const float *turned, float *d_input) {
    const ptrdiff_t square = s->filters * s->channels, height = (s->output_height - 1) * s->stride + s->kernel_height;
    for (ptrdiff_t row = 0; row < height; row++) {
        ptrdiff_t first = row % s->stride;
        const ptrdiff_t last = s->output_height - 1;
        if (row - last * s->stride > first) first = row - last * s->stride;
        const ptrdiff_t end = row + 1 < s->kernel_height ? row + 1 : s->kernel_height;
        if (first >= end) continue;
        for (ptrdiff_t kx = 0; kx < s->kernel_width; kx++) {
            float *c = d_input + row * s->input_row + kx * s->channels;
            const struct bagq_product p = {
                .rows = s->output_width, .columns = s->filters, .segments = (end - first + s->stride - 1) / s->stride, .outputs = s->channels,
                .a = d_output + (row - first) / s->stride * s->output_row, .a_row = s->filters, .a_column = 1, .a_segment = -s->output_row,
                .b = turned + (kx * s->kernel_height + first) * square, .b_row = s->channels, .b_segment = s->stride * square,
                .c = c, .c_row = s->stride * s->channels, .initial = c, .initial_row = s->stride * s->channels, .finish = plain,
            };
            product(&p);
        }
    }
}

static void clamp(ptrdiff_t count, struct bagq_clamp clamp, float *values) {
    for (ptrdiff_t i = 0; i < count; i++) {
        const float value = values[i] < clamp.low ? clamp.low : values[i];
        values[i] = value > clamp.high ? clamp.high : value;
    }
}

static void clamp_gradient(ptrdiff_t count, struct bagq_clamp clamp, const float *restrict output, float *restrict gradient) {
    for (ptrdiff_t i = 0; i < count; i++) gradient[i] = output[i] > clamp.low && output[i] < clamp.high ? gradient[i] : 0;
}

static void add(ptrdiff_t count, const float *a, const float *b, struct bagq_clamp clamp, float *output) {
    ptrdiff_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        full sum = *(const full *)(a + i) + *(const full *)(b + i);
        full_clamp(&sum, clamp);
        *(full *)(output + i) = sum;
    }
    for (; i < count; i++) {
        one sum = *(const one *)(a + i) + *(const one *)(b + i);
        one_clamp(&sum, clamp);
        *(one *)(output + i) = sum;
    }
}

static void sum_rows(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride, const float *restrict values, float *restrict sums) {
    for (ptrdiff_t row = 0; row < rows; row++) {
        for (ptrdiff_t column = 0; column < columns; column++) sums[column] += values[row * stride + column];
    }
}

static void transpose(ptrdiff_t rows, ptrdiff_t columns, const float *restrict input, float *restrict output) {
    for (ptrdiff_t row = 0; row < rows; row++) {
        for (ptrdiff_t column = 0; column < columns; column++) output[column * rows + row] = input[row * columns + column];
    }
}

static void adam(const struct bagq_adam *s, ptrdiff_t count, const float *restrict gradients, float *restrict m, float *restrict v,
    float *restrict parameters) {
    const float rate = s->rate, beta1 = s->beta1, beta2 = s->beta2, epsilon = s->epsilon;
    for (ptrdiff_t i = 0; i < count; i++) {
        const float g = gradients[i];
        m[i] = beta1 * m[i] + (1 - beta1) * g;
        v[i] = beta2 * v[i] + (1 - beta2) * (g * g);
        parameters[i] -= rate * m[i] / (__builtin_elementwise_sqrt(v[i]) + epsilon);
    }
}

static void rescale(ptrdiff_t count, const uint8_t *restrict input, float *restrict output) {
    for (ptrdiff_t i = 0; i < count; i++) output[i] = (float)input[i] * (1.0f / 255.0f);
}

static ptrdiff_t multiply_adds(ptrdiff_t repeats, float *values) {
    enum { chains = 12 };
    full sum[chains];
    UNROLL for (int i = 0; i < chains; i++) sum[i] = *(const full *)values + (float)i;
    const full a = *(const full *)values, b = a;
    // Each waits for its own last result only, so the multipliers always have work.
    for (ptrdiff_t r = 0; r < repeats; r++) UNROLL for (int i = 0; i < chains; i++) sum[i] = sum[i] * a + b;
    for (int i = 0; i < chains; i++) *(full *)values += sum[i];
    return repeats * chains * LANES * 2;
}

#include "depthwise.h"
#include "normalization.h"
#include "pooling.h"
#include "resample.h"
#include "winograd.h"

const struct bagq_kernels KERNELS = {
    .product = product,
    .convolve = convolve,
    .winograd_weights = winograd_weights,
    .convolve_winograd = convolve_winograd,
    .convolve_weight_gradient = convolve_weight_gradient,
    .convolve_input_gradient = convolve_input_gradient,
    .depthwise = depthwise,
    .depthwise_input_gradient = depthwise_input_gradient,
    .depthwise_weight_gradient = depthwise_weight_gradient,
    .max_pool = max_pool,
    .max_pool_gradient = max_pool_gradient,
    .average_pool = average_pool,
    .average_pool_gradient = average_pool_gradient,
    .clamp = clamp,
    .clamp_gradient = clamp_gradient,
    .add = add,
    .sum_rows = sum_rows,
    .transpose = transpose,
    .moments = moments,
    .normalize = normalize,
    .normalization_sums = normalization_sums,
    .normalization_gradient = normalization_gradient,
    .adam = adam,
    .rescale = rescale,
    .multiply_adds = multiply_adds,
    .resample_columns = resample_columns,
    .resample_rows = resample_rows,
};

#ifdef TARGET
#pragma clang attribute pop
#endif
