// The kernels, compiled once per level. The including file defines
//   KERNELS          the table to fill
//   TARGET           instruction sets, where the level needs more than the baseline
//   LANES            floats in a vector
//   MASKED_LOAD, MASKED_STORE  a vector's first lanes, where the level can; it then has 32 registers, too
// Tiles fill the registers: rows x vectors sums, plus `vectors` of B and one broadcast of A.
#include "kernels.h"
#include "tile.h"
#include "window.h"

#ifdef TARGET
#pragma clang attribute push(__attribute__((target(TARGET))), apply_to = function)
#endif

// Vectors that may lie anywhere and alias plain floats, and the integers that comparisons give. Tails take ever
// narrower ones.
#define VECTOR(name, lanes)                                                                       \
    typedef float name __attribute__((vector_size(4 * (lanes)), aligned(4), may_alias));          \
    typedef int32_t name##_mask __attribute__((vector_size(4 * (lanes)), aligned(4), may_alias));
VECTOR(full, LANES)
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
CLAMP(four_clamp, four)
CLAMP(one_clamp, one)

// Vectors of which `lanes` alone are there: the last of a row, where the level can mask.
#ifdef MASKED_LOAD
INLINE full full_load(const float *values, ptrdiff_t lanes) { return (full)MASKED_LOAD(values, lanes); }
INLINE void full_store(float *values, ptrdiff_t lanes, full value) { MASKED_STORE(values, lanes, value); }
#else
INLINE full full_load(const float *values, ptrdiff_t lanes) { return (void)lanes, *(const full *)values; }
INLINE void full_store(float *values, ptrdiff_t lanes, full value) { (void)lanes, *(full *)values = value; }
#endif
#define WHOLE(type)                                                                                                          \
    INLINE type type##_load(const float *values, ptrdiff_t lanes) { return (void)lanes, *(const type *)values; }             \
    INLINE void type##_store(float *values, ptrdiff_t lanes, type value) { (void)lanes, *(type *)values = value; }
#ifndef MASKED_LOAD
WHOLE(four)
WHOLE(one)
#endif

// One tile of a product. `rows` and `vectors` are constants where it is called, so the sums live in registers; `last`
// is how many lanes its last vector has.
#define TILE(tile, type)                                                                                                           \
    INLINE void tile(const struct bagq_product *p, ptrdiff_t m, ptrdiff_t n, const ptrdiff_t last, const int rows, const int vectors) { \
        enum { lanes = sizeof(type) / sizeof(float) };                                                                             \
        type sum[14][4];                                                                                                           \
        UNROLL for (int r = 0; r < rows; r++) UNROLL for (int v = 0; v < vectors; v++) sum[r][v] =                                 \
            p->initial ? type##_load(p->initial + (m + r) * p->initial_row + n + v * lanes, v + 1 < vectors ? lanes : last) : (type){0}; \
        const float *a_segment = p->a + m * p->a_row, *b_segment = p->b + n;                                                       \
        const ptrdiff_t a_row = p->a_row, a_column = p->a_column, b_row = p->b_row;                                                \
        for (ptrdiff_t s = 0; s < p->segments; s++) {                                                                              \
            const float *a = a_segment, *b = b_segment;                                                                            \
            for (ptrdiff_t k = p->columns; k > 0; k--) {                                                                           \
                type row[4];                                                                                                       \
                UNROLL for (int v = 0; v < vectors; v++) row[v] = type##_load(b + v * lanes, v + 1 < vectors ? lanes : last);      \
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
            if (skip) sum[r][v] += type##_load(skip + place, v + 1 < vectors ? lanes : last);                                      \
            type##_clamp(&sum[r][v], clamp);                                                                                       \
            type##_store(p->c + place, v + 1 < vectors ? lanes : last, sum[r][v]);                                                 \
        }                                                                                                                          \
    }
TILE(full_tile, full)

// All rows of a product in one strip of columns, in tiles as equal as can be: a last tile of one row would starve the
// multipliers.
#define STRIP(strip, tile, vectors, most)                                       \
    static void strip(const struct bagq_product *p, ptrdiff_t n, ptrdiff_t last) { \
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
            case 7: if ((most) >= 7) tile(p, m, n, last, 7, vectors); break;    \
            case 8: if ((most) >= 8) tile(p, m, n, last, 8, vectors); break;    \
            case 9: if ((most) >= 9) tile(p, m, n, last, 9, vectors); break;    \
            case 10: if ((most) >= 10) tile(p, m, n, last, 10, vectors); break; \
            case 11: if ((most) >= 11) tile(p, m, n, last, 11, vectors); break; \
            case 12: if ((most) >= 12) tile(p, m, n, last, 12, vectors); break; \
            case 13: if ((most) >= 13) tile(p, m, n, last, 13, vectors); break; \
            case 14: if ((most) >= 14) tile(p, m, n, last, 14, vectors); break; \
            }                                                                   \
            m += rows;                                                          \
        }                                                                       \
    }
STRIP(full_strip, full_tile, 1, 12)
#ifdef MASKED_LOAD
STRIP(double_strip, full_tile, 2, 14)
STRIP(triple_strip, full_tile, 3, 9)
STRIP(quadruple_strip, full_tile, 4, 6)

static void product_of_rows(const struct bagq_product *p) {
    // Three vectors across are best, for they want the fewest loads; what they leave over is two or four.
    for (ptrdiff_t n = 0, vectors = (p->outputs + LANES - 1) / LANES; vectors > 0;) {
        const ptrdiff_t across = vectors % 3 == 0 ? 3 : vectors % 3 == 1 && vectors > 1 ? 4 : vectors % 3;
        const ptrdiff_t rest = p->outputs - n - (across - 1) * LANES, last = rest < LANES ? rest : LANES;
        switch (across) {
        case 1: full_strip(p, n, last); break;
        case 2: double_strip(p, n, last); break;
        case 3: triple_strip(p, n, last); break;
        case 4: quadruple_strip(p, n, last); break;
        }
        vectors -= across;
        n += across * LANES;
    }
}
#else
TILE(four_tile, four)
TILE(one_tile, one)
STRIP(double_strip, full_tile, 2, 6)
STRIP(four_strip, four_tile, 1, 12)
STRIP(one_strip, one_tile, 1, 12)

static void product_of_rows(const struct bagq_product *p) {
    ptrdiff_t n = 0;
    for (; n + 2 * LANES <= p->outputs; n += 2 * LANES) double_strip(p, n, LANES);
    for (; n + LANES <= p->outputs; n += LANES) full_strip(p, n, LANES);
    for (; LANES > 4 && n + 4 <= p->outputs; n += 4) four_strip(p, n, 4);
    for (; n < p->outputs; n++) one_strip(p, n, 1);
}
#endif

// So many rows at a time that what they take and give stays in the second-level cache while the strips go over it.
static void product(const struct bagq_product *p) {
    enum { floats = 1 << 16 };
    const ptrdiff_t row = p->a_row + p->outputs, most = row < floats / 64 ? floats / row : 64;
    if (p->a_column != 1 || p->rows <= most) return product_of_rows(p);
    for (ptrdiff_t m = 0; m < p->rows; m += most) {
        struct bagq_product part = *p;
        part.rows = m + most <= p->rows ? most : p->rows - m;
        part.a += m * p->a_row;
        part.c += m * p->c_row;
        if (part.initial) part.initial += m * p->initial_row;
        if (part.finish.skip) part.finish.skip += m * p->c_row;
        product_of_rows(&part);
    }
}

// A sum as it is.
static const struct bagq_finish plain = {.clamp = {-__builtin_inff(), __builtin_inff()}};

// A 1 x 1 convolution takes a picture's rows as one row where they follow each other without a gap: a product of all
// pixels.
INLINE struct bagq_convolution flattened(const struct bagq_convolution *original) {
    struct bagq_convolution s = *original;
    if (s.kernel_height * s.kernel_width * s.stride != 1) return s;
    if (s.input_row != s.output_width * s.channels || s.output_row != s.output_width * s.filters) return s;
    s.output_width *= s.output_height;
    s.input_row *= s.output_height;
    s.output_row *= s.output_height;
    s.output_height = 1;
    return s;
}

// A kernel row's columns and channels lie together in the input: one segment a kernel row.
static void convolve(const struct bagq_convolution *original, const float *input, const float *weights, const float *bias,
    struct bagq_finish finish, float *output) {
    const struct bagq_convolution flat = flattened(original), *s = &flat;
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

// For each kernel row: (kernel column, input channel) down, filters across, summed over the output's pixels, a segment
// a row.
static void convolve_weight_gradient(const struct bagq_convolution *original, const float *input, const float *d_output, float *d_weights) {
    const struct bagq_convolution flat = flattened(original), *s = &flat;
    const ptrdiff_t rows = s->kernel_width * s->channels;
    if (flat.output_height != original->output_height) {
        // So many pixels at a time that a strip of them stays in the first-level cache while the tiles go down it.
        enum { floats = 1 << 14, least = 64 };
        const ptrdiff_t pixel = s->channels + s->filters, most = pixel < floats / least ? floats / pixel : least;
        for (ptrdiff_t x = 0; x < s->output_width; x += most) {
            const struct bagq_product p = {
                .rows = rows, .columns = x + most <= s->output_width ? most : s->output_width - x, .segments = 1, .outputs = s->filters,
                .a = input + x * s->channels, .a_row = 1, .a_column = s->channels,
                .b = d_output + x * s->filters, .b_row = s->filters,
                .c = d_weights, .c_row = s->filters, .initial = d_weights, .initial_row = s->filters, .finish = plain,
            };
            product(&p);
        }
        return;
    }
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

// For each input row and kernel column: the output's columns down, input channels across, a segment for each kernel row
// that reached the input row (output row y = (input row - kernel row) / stride).
static void convolve_input_gradient(const struct bagq_convolution *original, const float *d_output, const float *turned, float *d_input) {
    const struct bagq_convolution flat = flattened(original), *s = &flat;
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
