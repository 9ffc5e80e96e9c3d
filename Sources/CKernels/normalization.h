// Batch normalisation: sums over the pixels of one picture for each channel, and what follows from them. Rows are
// pixels, columns channels. Included by body.h.

// Sums stay in registers while the rows go by, two vectors of columns at a time.
#define MOMENTS(name, type, vectors)                                                                                                 \
    INLINE void name(ptrdiff_t rows, ptrdiff_t columns, const float *values, float *mean, float *squares) {                          \
        enum { lanes = sizeof(type) / sizeof(float) };                                                                               \
        type sum[vectors] = {0}, square[vectors] = {0};                                                                              \
        for (ptrdiff_t row = 0; row < rows; row++) UNROLL for (int v = 0; v < vectors; v++)                                          \
            sum[v] += *(const type *)(values + row * columns + v * lanes);                                                           \
        UNROLL for (int v = 0; v < vectors; v++) sum[v] *= 1 / (float)rows;                                                          \
        for (ptrdiff_t row = 0; row < rows; row++) UNROLL for (int v = 0; v < vectors; v++) {                                        \
            const type distance = *(const type *)(values + row * columns + v * lanes) - sum[v];                                      \
            square[v] += distance * distance;                                                                                        \
        }                                                                                                                            \
        UNROLL for (int v = 0; v < vectors; v++) {                                                                                   \
            *(type *)(mean + v * lanes) = sum[v];                                                                                    \
            *(type *)(squares + v * lanes) = square[v];                                                                              \
        }                                                                                                                            \
    }
MOMENTS(wide_moments, full, 2)
MOMENTS(full_moments, full, 1)
MOMENTS(one_moments, one, 1)

static void moments(ptrdiff_t rows, ptrdiff_t columns, const float *values, float *mean, float *squares) {
    ptrdiff_t c = 0;
    for (; c + 2 * LANES <= columns; c += 2 * LANES) wide_moments(rows, columns, values + c, mean + c, squares + c);
    for (; c + LANES <= columns; c += LANES) full_moments(rows, columns, values + c, mean + c, squares + c);
    for (; c < columns; c++) one_moments(rows, columns, values + c, mean + c, squares + c);
}

static void normalize(const struct bagq_normalization *s, const float *input, const float *skip, struct bagq_clamp clamp, float *output) {
    const ptrdiff_t columns = s->columns;
    for (ptrdiff_t row = 0; row < s->rows; row++) {
        const float *x = input + row * columns, *other = skip ? skip + row * columns : 0;
        float *y = output + row * columns;
        ptrdiff_t c = 0;
        for (; c + LANES <= columns; c += LANES) {
            full value = (*(const full *)(x + c) - *(const full *)(s->mean + c)) * *(const full *)(s->factor + c) + *(const full *)(s->shift + c);
            if (other) value += *(const full *)(other + c);
            full_clamp(&value, clamp);
            *(full *)(y + c) = value;
        }
        for (; c < columns; c++) {
            one value = (*(const one *)(x + c) - *(const one *)(s->mean + c)) * *(const one *)(s->factor + c) + *(const one *)(s->shift + c);
            if (other) value += *(const one *)(other + c);
            one_clamp(&value, clamp);
            *(one *)(y + c) = value;
        }
    }
}

#define NORMALIZATION_SUMS(name, type, vectors)                                                                                      \
    INLINE void name(const struct bagq_normalization *s, ptrdiff_t c, const float *x, const float *y, struct bagq_clamp clamp,       \
        float *dy, float *sums, float *products) {                                                                                   \
        enum { lanes = sizeof(type) / sizeof(float) };                                                                               \
        const type low = clamp.low - (type){0}, high = clamp.high - (type){0};                                                       \
        type sum[vectors] = {0}, product[vectors] = {0}, mean[vectors];                                                              \
        UNROLL for (int v = 0; v < vectors; v++) mean[v] = *(const type *)(s->mean + c + v * lanes);                                 \
        for (ptrdiff_t row = 0; row < s->rows; row++) UNROLL for (int v = 0; v < vectors; v++) {                                     \
            const ptrdiff_t at = row * s->columns + c + v * lanes;                                                                   \
            const type output = *(const type *)(y + at);                                                                             \
            const type##_mask kept = (output > low) & (output < high);                                                               \
            const type gradient = (type)(kept & (type##_mask)*(const type *)(dy + at));                                              \
            *(type *)(dy + at) = gradient;                                                                                           \
            sum[v] += gradient;                                                                                                      \
            product[v] += gradient * (*(const type *)(x + at) - mean[v]);                                                            \
        }                                                                                                                            \
        UNROLL for (int v = 0; v < vectors; v++) {                                                                                   \
            *(type *)(sums + c + v * lanes) = sum[v];                                                                                \
            *(type *)(products + c + v * lanes) = product[v];                                                                        \
        }                                                                                                                            \
    }
NORMALIZATION_SUMS(wide_normalization_sums, full, 2)
NORMALIZATION_SUMS(full_normalization_sums, full, 1)
NORMALIZATION_SUMS(one_normalization_sums, one, 1)

static void normalization_sums(const struct bagq_normalization *s, const float *input, const float *output, struct bagq_clamp clamp,
    float *d_output, float *sums, float *products) {
    ptrdiff_t c = 0;
    for (; c + 2 * LANES <= s->columns; c += 2 * LANES) wide_normalization_sums(s, c, input, output, clamp, d_output, sums, products);
    for (; c + LANES <= s->columns; c += LANES) full_normalization_sums(s, c, input, output, clamp, d_output, sums, products);
    for (; c < s->columns; c++) one_normalization_sums(s, c, input, output, clamp, d_output, sums, products);
}

static void normalization_gradient(const struct bagq_normalization *s, const float *slope, const float *input, const float *d_output, float *d_input) {
    const ptrdiff_t columns = s->columns;
    for (ptrdiff_t row = 0; row < s->rows; row++) {
        const float *x = input + row * columns, *dy = d_output + row * columns;
        float *dx = d_input + row * columns;
        ptrdiff_t c = 0;
        for (; c + LANES <= columns; c += LANES) {
            const full distance = *(const full *)(x + c) - *(const full *)(s->mean + c);
            *(full *)(dx + c) = *(const full *)(dy + c) * *(const full *)(s->factor + c) + (distance * *(const full *)(slope + c) + *(const full *)(s->shift + c));
        }
        for (; c < columns; c++) dx[c] = dy[c] * s->factor[c] + ((x[c] - s->mean[c]) * slope[c] + s->shift[c]);
    }
}
