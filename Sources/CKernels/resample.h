// The two passes of a resize, included by body.h for each level. Integers only: every level gives the same bytes.

// A vector of bytes and one of as many 32-bit sums, for LANES bytes and for one pixel.
#define PICTURE_VECTOR(bytes, sums, lanes)                                                \
    typedef uint8_t bytes __attribute__((vector_size(lanes), aligned(1), may_alias));     \
    typedef int32_t sums __attribute__((vector_size(4 * (lanes)), aligned(4), may_alias));
PICTURE_VECTOR(full_bytes, full_sums, LANES)
PICTURE_VECTOR(four_bytes, four_sums, 4)

enum { weight_bits = 22 };
#define ROUNDING(sums) ((sums){} + (1 << (weight_bits - 1)))
// Rounded weights may sum to a little more than 1.
#define ROUNDED(bytes, sums, sum) __builtin_convertvector(__builtin_elementwise_min((sum) >> weight_bits, (sums){} + 255), bytes)

// The target pixels of a few rows, four lanes a row. `size` bytes are read of each pixel: the fourth is the next pixel's red, which is
// thrown away, and which the very last pixel lacks.
#define PIXEL_ROWS(pixel_rows, bytes, sums)                                                                                             \
    INLINE void pixel_rows(const struct bagq_side *s, ptrdiff_t row_size, const uint8_t *input, uint8_t *output, const size_t size) {   \
        enum { rows = sizeof(bytes) / 4 };                                                                                              \
        const ptrdiff_t taps = s->taps, output_row = s->count * 3;                                                                      \
        const int32_t *weights = s->weights;                                                                                            \
        for (ptrdiff_t x = 0; x < s->count; x++) {                                                                                      \
            const uint8_t *pixel = input + s->starts[x] * 3;                                                                            \
            sums sum = ROUNDING(sums);                                                                                                  \
            for (ptrdiff_t tap = 0; tap < taps; tap++) {                                                                                \
                bytes value = {};                                                                                                       \
                UNROLL for (int r = 0; r < rows; r++) __builtin_memcpy((uint8_t *)&value + 4 * r, pixel + r * row_size, size);          \
                sum += __builtin_convertvector(value, sums) * weights[tap];                                                             \
                pixel += 3;                                                                                                             \
            }                                                                                                                           \
            const bytes value = ROUNDED(bytes, sums, sum);                                                                              \
            UNROLL for (int r = 0; r < rows; r++) __builtin_memcpy(output + r * output_row, (const uint8_t *)&value + 4 * r, 3);        \
            weights += taps;                                                                                                            \
            output += 3;                                                                                                                \
        }                                                                                                                               \
    }
PIXEL_ROWS(full_rows, full_bytes, full_sums)
PIXEL_ROWS(one_row, four_bytes, four_sums)

static void resample_columns(const struct bagq_side *s, ptrdiff_t width, ptrdiff_t height, const uint8_t *input, uint8_t *output) {
    const ptrdiff_t input_row = width * 3, output_row = s->count * 3, last = height - 1;
    ptrdiff_t y = 0;
    for (; y + LANES / 4 <= last; y += LANES / 4) full_rows(s, input_row, input + y * input_row, output + y * output_row, 4);
    for (; y < last; y++) one_row(s, input_row, input + y * input_row, output + y * output_row, 4);
    one_row(s, input_row, input + last * input_row, output + last * output_row, 3);
}

// A strip of one target row.
INLINE void strip_of_row(ptrdiff_t taps, ptrdiff_t row_size, const uint8_t *input, const int32_t *weights, uint8_t *output, const int vectors) {
    full_sums sum[4];
    UNROLL for (int v = 0; v < vectors; v++) sum[v] = ROUNDING(full_sums);
    for (ptrdiff_t tap = 0; tap < taps; tap++) {
        const uint8_t *row = input + tap * row_size;
        UNROLL for (int v = 0; v < vectors; v++) {
            sum[v] += __builtin_convertvector(*(const full_bytes *)(row + v * LANES), full_sums) * weights[tap];
        }
    }
    UNROLL for (int v = 0; v < vectors; v++) *(full_bytes *)(output + v * LANES) = ROUNDED(full_bytes, full_sums, sum[v]);
}

static void resample_rows(const struct bagq_side *s, ptrdiff_t row_size, const uint8_t *input, uint8_t *output) {
    const ptrdiff_t taps = s->taps;
    const int32_t *weights = s->weights;
    for (ptrdiff_t y = 0; y < s->count; y++) {
        const uint8_t *rows = input + s->starts[y] * row_size;
        ptrdiff_t i = 0;
        for (; i + 4 * LANES <= row_size; i += 4 * LANES) strip_of_row(taps, row_size, rows + i, weights, output + i, 4);
        for (; i + LANES <= row_size; i += LANES) strip_of_row(taps, row_size, rows + i, weights, output + i, 1);
        for (; i < row_size; i++) {
            int32_t sum = 1 << (weight_bits - 1);
            for (ptrdiff_t tap = 0; tap < taps; tap++) sum += rows[tap * row_size + i] * weights[tap];
            sum >>= weight_bits;
            output[i] = (uint8_t)(sum < 255 ? sum : 255);
        }
        weights += taps;
        output += row_size;
    }
}
