// The 8-bit kernels, compiled once per level. The including file defines
//   INT8_KERNELS   the table to fill
//   INT8_TARGET    instruction sets, where the level needs more than the baseline
//   INT8_LANES     32-bit sums in a vector
//   INT8_ROWS      rows of the register tile, which is two vectors wide; at least 4
//   INT8_DOT       sum + the products of four bytes a lane, where the level has instructions for it
//   INT8_UNPACK    the lower (`lo`) or higher (`hi`) halves of each 128 bits of two vectors, taken in turns by 8 or by
//                  16 bits
//   INT8_STORE     stores those 32-bit numbers that a mask of bits names as bytes, where the level can; larger ones as
//                  255
//   INT8_STORE_HALF stores those bytes of the lower (0) or upper (1) half of a vector that a mask names
//   INT8_STORE_ALL as INT8_STORE, for a vector of bytes
//   INT8_PACK      four vectors of sums as bytes, 0 to 255: of each 128 bits, those of the first, the second, the third
//                  and the fourth
#include "int8.h"
#include "window.h"

#ifdef INT8_TARGET
#pragma clang attribute push(__attribute__((target(INT8_TARGET))), apply_to = function)
#endif

#define INT8_VECTOR(name, type, lanes) typedef type name __attribute__((vector_size(sizeof(type) * (lanes)), aligned(sizeof(type)), may_alias));
INT8_VECTOR(sums8, int32_t, INT8_LANES)
INT8_VECTOR(unsigned8, uint32_t, INT8_LANES)
INT8_VECTOR(products8, uint64_t, INT8_LANES / 2)
INT8_VECTOR(bytes8, uint8_t, INT8_LANES)

#ifdef INT8_DOT
typedef sums8 fours;
INLINE fours activations(sums8 bytes) { return bytes; }
INLINE fours weights(sums8 bytes) { return bytes; }
INLINE sums8 dot(sums8 sum, fours a, fours b) { return (sums8)INT8_DOT(sum, a, b); }
#else
INT8_VECTOR(halves8, int16_t, 2 * INT8_LANES)
INT8_VECTOR(unsigned_halves8, uint16_t, 2 * INT8_LANES)
// Bytes 0 and 2 of each lane, and 1 and 3, as 16-bit numbers.
typedef struct {
    halves8 even, odd;
} fours;
INLINE fours activations(sums8 bytes) {
    return (fours){(halves8)bytes & 0xff, (halves8)((unsigned_halves8)bytes >> 8)};
}
INLINE fours weights(sums8 bytes) {
    return (fours){(halves8)((unsigned_halves8)bytes << 8) >> 8, (halves8)bytes >> 8};
}
INLINE sums8 pairs(halves8 a, halves8 b) {
    // The lower and the upper number of each 32-bit lane, with its sign.
    const sums8 low = ((sums8)((unsigned8)a << 16) >> 16) * ((sums8)((unsigned8)b << 16) >> 16);
    return low + ((sums8)a >> 16) * ((sums8)b >> 16);
}
INLINE sums8 dot(sums8 sum, fours a, fours b) { return sum + pairs(a.even, b.even) + pairs(a.odd, b.odd); }
#endif

// Four bytes, repeated in each lane.
INLINE fours spread(const uint8_t *bytes) {
    int32_t four;
    __builtin_memcpy(&four, bytes, sizeof(four));
    return activations((sums8){} + four);
}

// (a * b) >> 32, lanes of an even and of an odd number apart, as the instruction sets multiply them.
INLINE unsigned8 upper_half(unsigned8 a, unsigned8 b) {
    const uint64_t low = 0xffffffff;
    const products8 even = ((products8)a & low) * ((products8)b & low), odd = ((products8)a >> 32) * ((products8)b >> 32);
    return (unsigned8)(even >> 32 | (odd & ~low));
}

// The first `count` values, or all, as bytes, 0 to 255.
INLINE void store_bytes(uint8_t *target, ptrdiff_t count, unsigned8 values) {
#ifdef INT8_STORE
    INT8_STORE(target, count < INT8_LANES ? count > 0 ? (1u << count) - 1 : 0 : 0xffff, values);
#else
    const bytes8 bytes = __builtin_convertvector(__builtin_elementwise_min(values, (unsigned8){} + 255), bytes8);
    if (count >= INT8_LANES) *(bytes8 *)target = bytes;
    else if (count > 0) __builtin_memcpy(target, &bytes, (size_t)count);
#endif
}

INLINE ptrdiff_t padded(ptrdiff_t outputs) { return (outputs + 15) / 16 * 16; }

// The sums of one tile. `rows`, `vectors` and `pooled` are constants where it is called, so the sums live in registers.
INLINE void sum_tile(const struct bagq_int8_product *p, ptrdiff_t m, ptrdiff_t n, const int rows, const int vectors, const bool pooled,
    sums8 sum[12][2]) {
    const ptrdiff_t a_row = p->a_row, b_row = padded(p->outputs) * 4, line = p->pooled_line;
    UNROLL for (int r = 0; r < rows; r++) UNROLL for (int v = 0; v < vectors; v++) sum[r][v] = *(const sums8 *)(p->bias + n + v * INT8_LANES);
    const uint8_t *a_segment = p->a + m * a_row;
    const int8_t *b = p->b + n * 4;
    for (ptrdiff_t s = 0; s < p->segments; s++) {
        const uint8_t *a = a_segment;
        for (ptrdiff_t group = p->groups; group > 0; group--) {
            fours b_vector[2];
            UNROLL for (int v = 0; v < vectors; v++) b_vector[v] = weights(*(const sums8 *)(b + v * INT8_LANES * 4));
            UNROLL for (int r = 0; r < rows; r++) {
                const ptrdiff_t place = pooled ? (r / 4 * 2 + r % 2) * a_row + r % 4 / 2 * line : r * a_row;
                const fours a_vector = spread(a + place);
                UNROLL for (int v = 0; v < vectors; v++) sum[r][v] = dot(sum[r][v], a_vector, b_vector[v]);
            }
            a += 4;
            b += b_row;
        }
        a_segment += p->a_segment;
    }
}

#ifdef INT8_STORE_HALF
// Two vectors of each row, two rows at a time: as one vector of bytes, whose halves are the rows.
INLINE void store_rows(const struct bagq_int8_product *p, ptrdiff_t m, ptrdiff_t n, const int rows, sums8 sum[12][2]) {
    const ptrdiff_t rest = p->outputs - n;
    const uint32_t mask = rest < 2 * INT8_LANES ? (1u << rest) - 1 : ~0u;
    unsigned8 multiplier[2];
    UNROLL for (int v = 0; v < 2; v++) multiplier[v] = *(const unsigned8 *)(p->multipliers + n + v * INT8_LANES);
    UNROLL for (int r = 0; r < rows; r += 2) {
        unsigned8 part[4];
        UNROLL for (int i = 0; i < 4; i++)
            part[i] = upper_half((unsigned8)__builtin_elementwise_max(sum[r + i / 2 < rows ? r + i / 2 : r][i % 2], (sums8){}), multiplier[i % 2]);
        const sums8 bytes = (sums8)INT8_PACK(part[0], part[1], part[2], part[3]);
        const sums8 ordered = __builtin_shufflevector(bytes, bytes, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
        uint8_t *target = p->c + (m + r) * p->c_row + n;
        INT8_STORE_HALF(target, mask, ordered, 0);
        if (r + 1 < rows) INT8_STORE_HALF(target + p->c_row, mask, ordered, 1);
    }
}
#endif

INLINE void requantised_tile(
    const struct bagq_int8_product *p, ptrdiff_t m, ptrdiff_t n, const int rows, const int vectors, const bool pooled) {
    sums8 sum[12][2];
    sum_tile(p, m, n, rows, vectors, pooled, sum);
#ifdef INT8_STORE_HALF
    if (vectors == 2 && !pooled) return store_rows(p, m, n, rows, sum);
#endif
    const int windows = pooled ? rows / 4 : rows;
    uint8_t *c = p->c + (pooled ? m / 2 : m) * p->c_row + n;
    UNROLL for (int v = 0; v < vectors; v++) {
        const unsigned8 multiplier = *(const unsigned8 *)(p->multipliers + n + v * INT8_LANES);
        const ptrdiff_t rest = p->outputs - n - v * INT8_LANES;
        UNROLL for (int w = 0; w < windows; w++) {
            sums8 largest = sum[pooled ? 4 * w : w][v];
            if (pooled) UNROLL for (int i = 1; i < 4; i++) largest = __builtin_elementwise_max(largest, sum[4 * w + i][v]);
            largest = __builtin_elementwise_max(largest, (sums8){});
            store_bytes(c + w * p->c_row + v * INT8_LANES, rest, upper_half((unsigned8)largest, multiplier));
        }
    }
}

// Tiles of a strip of columns, as equal as can be: a last tile of one row would starve the multipliers. A tile's rows
// are a multiple of `step`, which is 4 with pooling.
#define INT8_CASE(count, vectors, pooled, step)                                                           \
    case count:                                                                                           \
        if ((count) % (step) == 0 && (count) <= INT8_ROWS) requantised_tile(p, column, n, count, vectors, pooled); \
        break;
#define INT8_STRIP(strip, vectors, pooled, step)                                                          \
    static void strip(const struct bagq_int8_product *p, ptrdiff_t n) {                                   \
        const ptrdiff_t most = INT8_ROWS / (step), tiles = (p->rows + most - 1) / most;                   \
        for (ptrdiff_t i = 0, m = 0; i < tiles; i++) {                                                    \
            const ptrdiff_t rows = (p->rows - m / (step) + tiles - i - 1) / (tiles - i) * (step);         \
            const ptrdiff_t column = (pooled) ? m / 2 : m;                                                \
            switch (rows) {                                                                               \
                INT8_CASE(1, vectors, pooled, step)                                                       \
                INT8_CASE(2, vectors, pooled, step)                                                       \
                INT8_CASE(3, vectors, pooled, step)                                                       \
                INT8_CASE(4, vectors, pooled, step)                                                       \
                INT8_CASE(5, vectors, pooled, step)                                                       \
                INT8_CASE(6, vectors, pooled, step)                                                       \
                INT8_CASE(7, vectors, pooled, step)                                                       \
                INT8_CASE(8, vectors, pooled, step)                                                       \
                INT8_CASE(9, vectors, pooled, step)                                                       \
                INT8_CASE(10, vectors, pooled, step)                                                      \
                INT8_CASE(11, vectors, pooled, step)                                                      \
                INT8_CASE(12, vectors, pooled, step)                                                      \
            }                                                                                             \
            m += rows;                                                                                    \
        }                                                                                                 \
    }
INT8_STRIP(wide_pixels, 2, false, 1)
INT8_STRIP(narrow_pixels, 1, false, 1)
INT8_STRIP(wide_windows, 2, true, 4)
INT8_STRIP(narrow_windows, 1, true, 4)

static void int8_product(const struct bagq_int8_product *whole) {
    const ptrdiff_t end = padded(whole->outputs);
    // So many rows at a time that what they take and give stays in the cache while the strips go over it.
    enum { bytes = 1 << 17, least = 64 };
    const ptrdiff_t row = whole->a_row + whole->outputs, most = row < bytes / least ? bytes / row : least;
    for (ptrdiff_t m = 0; m < whole->rows; m += most) {
        struct bagq_int8_product part = *whole, *p = &part;
        part.rows = m + most <= part.rows ? most : part.rows - m;
        part.a += (part.pooled_line ? 2 : 1) * m * part.a_row;
        part.c += m * part.c_row;
        ptrdiff_t n = 0;
        for (; n + 2 * INT8_LANES <= end; n += 2 * INT8_LANES) (p->pooled_line ? wide_windows : wide_pixels)(p, n);
        for (; n < end; n += INT8_LANES) (p->pooled_line ? narrow_windows : narrow_pixels)(p, n);
    }
}

static void int8_sums(const struct bagq_int8_product *p, int32_t *output, ptrdiff_t output_row) {
    for (ptrdiff_t n = 0; n < padded(p->outputs); n += INT8_LANES) {
        for (ptrdiff_t m = 0; m < p->rows; m++) {
            sums8 sum[12][2];
            sum_tile(p, m, n, 1, 1, false, sum);
            for (ptrdiff_t i = 0; i < INT8_LANES && n + i < p->outputs; i++) output[m * output_row + n + i] = sum[0][0][i];
        }
    }
}

static void int8_max_pool(const struct bagq_windows *s, const uint8_t *restrict input, uint8_t *restrict output) {
    const ptrdiff_t channels = s->channels;
    for (ptrdiff_t y = 0; y < s->output_height; y++) {
        for (ptrdiff_t x = 0; x < s->output_width; x++) {
            const struct window window = window_at(s, y, x);
            // Nothing is smaller than 0.
            __builtin_memset(output, 0, (size_t)channels);
            for (ptrdiff_t row = window.first_row; row < window.end_row; row++) {
                for (ptrdiff_t column = window.first_column; column < window.end_column; column++) {
                    const uint8_t *restrict value = input + (row * s->input_width + column) * channels;
                    for (ptrdiff_t c = 0; c < channels; c++) output[c] = value[c] > output[c] ? value[c] : output[c];
                }
            }
            output += channels;
        }
    }
}

static void int8_add(const struct bagq_int8_addition *s, ptrdiff_t count, const uint8_t *a, const uint8_t *b, uint8_t *output) {
    const int32_t first = s->first, second = s->second, offset = s->offset;
    for (ptrdiff_t i = 0; i < count; i++) {
        const int32_t sum = (a[i] * first + b[i] * second + offset) >> 16;
        output[i] = (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
    }
}

static void int8_average(
    ptrdiff_t pixels, ptrdiff_t channels, const uint8_t *restrict input, int32_t bias, uint32_t multiplier, uint8_t *restrict output) {
    enum { block = 64 };
    for (ptrdiff_t first = 0; first < channels; first += block) {
        const ptrdiff_t count = channels - first < block ? channels - first : block;
        int32_t sums[block];
        for (ptrdiff_t c = 0; c < block; c++) sums[c] = bias;
        for (ptrdiff_t pixel = 0; pixel < pixels; pixel++) {
            const uint8_t *values = input + pixel * channels + first;
            if (count == block) {
                for (ptrdiff_t c = 0; c < block; c++) sums[c] += values[c];
            } else {
                for (ptrdiff_t c = 0; c < count; c++) sums[c] += values[c];
            }
        }
        for (ptrdiff_t c = 0; c < count; c++) {
            const uint64_t value = (uint64_t)(sums[c] < 0 ? 0 : sums[c]) * multiplier >> 32;
            output[first + c] = (uint8_t)(value > 255 ? 255 : value);
        }
    }
}

#include "int8_depthwise.h"

static ptrdiff_t int8_multiply_adds(ptrdiff_t repeats, int32_t *values) {
    enum { chains = 12 };
    sums8 sum[chains];
    UNROLL for (int i = 0; i < chains; i++) sum[i] = *(const sums8 *)values + i;
    const fours b = weights(*(const sums8 *)values);
    for (ptrdiff_t r = 0; r < repeats; r++) UNROLL for (int i = 0; i < chains; i++) sum[i] = dot(sum[i], activations(sum[i]), b);
    for (int i = 0; i < chains; i++) *(sums8 *)values ^= sum[i];
    return repeats * chains * INT8_LANES * 8;
}

const struct bagq_int8_kernels INT8_KERNELS = {
    .product = int8_product,
    .sums = int8_sums,
    .depthwise = int8_depthwise,
    .add = int8_add,
    .average = int8_average,
    .max_pool = int8_max_pool,
    .multiply_adds = int8_multiply_adds,
};

#ifdef INT8_TARGET
#pragma clang attribute pop
#endif
