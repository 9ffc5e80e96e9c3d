// The two passes of a resize, included by body.h for each level. Integers only: every level gives the same bytes.

// A vector of bytes and one of as many 32-bit sums, for LANES bytes and for one pixel.
#define PICTURE_VECTOR(bytes, sums, lanes)                                                \
    typedef uint8_t bytes __attribute__((vector_size(lanes), aligned(1), may_alias));     \
    typedef int32_t sums __attribute__((vector_size(4 * (lanes)), aligned(4), may_alias));
PICTURE_VECTOR(full_bytes, full_sums, LANES)
PICTURE_VECTOR(four_bytes, four_sums, 4)

enum { weight_bits = 22 };
#define ROUNDING(sums) ((sums){} + (1 << (weight_bits - 1)))
// Rounded weights may sum to a little more than 1, and some of a cubic's are negative.
#define ROUNDED(bytes, sums, sum) \
    __builtin_convertvector(__builtin_elementwise_max(__builtin_elementwise_min((sum) >> weight_bits, (sums){} + 255), (sums){}), bytes)

// A target pixel of a few rows, four lanes a row. `read` bytes are read of each source pixel and `written` of the
// target: a fourth is the next pixel's red, thrown away when read and overwritten when written, so whatever comes last
// in a picture or a row has only three.
#define PIXEL(pixel, row_of_pixels, bytes, sums)                                                                                          \
    INLINE void pixel(                                                                                                                    \
        ptrdiff_t taps, const int32_t *weights, ptrdiff_t input_row, const uint8_t *input, ptrdiff_t output_row, uint8_t *output,         \
        const size_t read, const size_t written) {                                                                                        \
        enum { rows = sizeof(bytes) / 4 };                                                                                                \
        sums sum = ROUNDING(sums);                                                                                                        \
        for (ptrdiff_t tap = 0; tap < taps; tap++) {                                                                                      \
            bytes value = {};                                                                                                             \
            UNROLL for (int r = 0; r < rows; r++) __builtin_memcpy((uint8_t *)&value + 4 * r, input + r * input_row, read);               \
            sum += __builtin_convertvector(value, sums) * weights[tap];                                                                   \
            input += 3;                                                                                                                   \
        }                                                                                                                                 \
        const bytes value = ROUNDED(bytes, sums, sum);                                                                                    \
        UNROLL for (int r = 0; r < rows; r++) __builtin_memcpy(output + r * output_row, (const uint8_t *)&value + 4 * r, written);        \
    }                                                                                                                                     \
    INLINE void row_of_pixels(const struct bagq_side *s, ptrdiff_t input_row, const uint8_t *input, uint8_t *output, const size_t read) { \
        const ptrdiff_t taps = s->taps, *starts = s->starts, output_row = s->count * 3, last = s->count - 1;                              \
        const int32_t *weights = s->weights;                                                                                              \
        for (ptrdiff_t x = 0; x < last; x++) {                                                                                            \
            pixel(taps, weights + x * taps, input_row, input + starts[x] * 3, output_row, output + x * 3, read, 4);                       \
        }                                                                                                                                 \
        pixel(taps, weights + last * taps, input_row, input + starts[last] * 3, output_row, output + last * 3, read, 3);                  \
    }
PIXEL(full_pixel, full_rows, full_bytes, full_sums)
PIXEL(four_pixel, one_row, four_bytes, four_sums)

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
        if (row_size >= LANES) {
            // What is left, with some bytes once more.
            i = row_size - LANES;
            strip_of_row(taps, row_size, rows + i, weights, output + i, 1);
            i = row_size;
        }
        for (; i < row_size; i++) {
            int32_t sum = 1 << (weight_bits - 1);
            for (ptrdiff_t tap = 0; tap < taps; tap++) sum += rows[tap * row_size + i] * weights[tap];
            sum >>= weight_bits;
            output[i] = (uint8_t)(sum < 0 ? 0 : sum < 255 ? sum : 255);
        }
        weights += taps;
        output += row_size;
    }
}
