// Depthwise convolution in bytes. A vector of channels goes over the picture; four columns of it, taken apart into
// their bytes, give the four factors that a sum takes at a time. That leaves the channels in the order that int8.h
// gives their places. Included by int8_body.h.

INT8_VECTOR(channels8, uint8_t, 4 * INT8_LANES)

#ifdef INT8_UNPACK
INLINE channels8 low_bytes(channels8 a, channels8 b) { return (channels8)INT8_UNPACK(lo, 8, a, b); }
INLINE channels8 high_bytes(channels8 a, channels8 b) { return (channels8)INT8_UNPACK(hi, 8, a, b); }
INLINE sums8 low_pairs(channels8 a, channels8 b) { return (sums8)INT8_UNPACK(lo, 16, a, b); }
INLINE sums8 high_pairs(channels8 a, channels8 b) { return (sums8)INT8_UNPACK(hi, 16, a, b); }
INLINE channels8 packed(const sums8 sums[4]) { return (channels8)INT8_PACK(sums[0], sums[1], sums[2], sums[3]); }
#else
INLINE channels8 low_bytes(channels8 a, channels8 b) {
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
INLINE channels8 high_bytes(channels8 a, channels8 b) {
    return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
INLINE sums8 low_pairs(channels8 a, channels8 b) {
    return (sums8)__builtin_shufflevector(a, b, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23);
}
INLINE sums8 high_pairs(channels8 a, channels8 b) {
    return (sums8)__builtin_shufflevector(a, b, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31);
}
INLINE channels8 packed(const sums8 sums[4]) {
    channels8 bytes;
    UNROLL for (int j = 0; j < 4; j++) {
        const bytes8 part = __builtin_convertvector(__builtin_elementwise_min(sums[j], (sums8){} + 255), bytes8);
        __builtin_memcpy((uint8_t *)&bytes + j * INT8_LANES, &part, INT8_LANES);
    }
    return bytes;
}
#endif

// One part, as wide as a vector, of a block of 64 channels, for the pixels of one tile.
struct int8_depthwise_part {
    struct bagq_windows windows;
    const uint8_t *input;
    uint8_t *output;
    const int8_t *weights;
    const int32_t *bias;
    const uint32_t *multipliers;
    ptrdiff_t channels;
    channels8 zero;
};

// All but the place are constants where it is called.
INLINE void int8_depthwise_tile(const struct int8_depthwise_part *p, ptrdiff_t y, ptrdiff_t x, const int size, const int stride,
    const int outputs, const int fours_of_columns, const bool at_edge) {
    const ptrdiff_t pixel = p->windows.channels, width = p->windows.input_width;
    const ptrdiff_t top = y * stride - p->windows.top, left = x * stride - p->windows.left;
    sums8 sum[4][4];
    UNROLL for (int t = 0; t < outputs; t++) UNROLL for (int j = 0; j < 4; j++) sum[t][j] = *(const sums8 *)(p->bias + 16 * j);
    const int8_t *factors = p->weights;
    for (ptrdiff_t ky = 0; ky < size; ky++) {
        const bool is_row = top + ky >= 0 && top + ky < p->windows.input_height;
        const uint8_t *row = is_row ? p->input + ((top + ky) * width + left) * pixel : (const uint8_t *)&p->zero;
        const ptrdiff_t step = is_row ? pixel : 0;
        UNROLL for (int q = 0; q < fours_of_columns; q++) {
            channels8 column[4];
            UNROLL for (int i = 0; i < 4; i++) {
                const bool inside = !at_edge || (left + 4 * q + i >= 0 && left + 4 * q + i < width);
                column[i] = *(const channels8 *)(inside ? row + (4 * q + i) * step : (const uint8_t *)&p->zero);
            }
            const channels8 low[2] = {low_bytes(column[0], column[1]), low_bytes(column[2], column[3])};
            const channels8 high[2] = {high_bytes(column[0], column[1]), high_bytes(column[2], column[3])};
            const fours values[4] = {
                activations(low_pairs(low[0], low[1])), activations(high_pairs(low[0], low[1])),
                activations(low_pairs(high[0], high[1])), activations(high_pairs(high[0], high[1])),
            };
            UNROLL for (int t = 0; t < outputs; t++) {
                // Of these four columns, the output may see none.
                if (4 * q + 3 < t * stride || 4 * q - t * stride >= size) continue;
                UNROLL for (int j = 0; j < 4; j++)
                    sum[t][j] = dot(sum[t][j], values[j], weights(*(const sums8 *)(factors + (t * fours_of_columns + q) * 256 + 64 * j)));
            }
        }
        factors += outputs * fours_of_columns * 256;
    }
    uint8_t *target = p->output + (y * p->windows.output_width + x) * pixel;
    UNROLL for (int t = 0; t < outputs; t++) {
        if (x + t >= p->windows.output_width) break;
        UNROLL for (int j = 0; j < 4; j++) sum[t][j] = (sums8)upper_half(
            (unsigned8)__builtin_elementwise_max(sum[t][j], (sums8){}), *(const unsigned8 *)(p->multipliers + 16 * j));
        const channels8 bytes = packed(sum[t]);
#ifdef INT8_STORE_ALL
        INT8_STORE_ALL(target + t * pixel, ~UINT64_C(0) >> (64 - p->channels), bytes);
#else
        if (p->channels == sizeof(bytes)) *(channels8 *)(target + t * pixel) = bytes;
        else __builtin_memcpy(target + t * pixel, &bytes, (size_t)p->channels);
#endif
    }
}

#define INT8_DEPTHWISE(part, size, stride, outputs, fours)                                                    \
    static void part(const struct int8_depthwise_part *original) {                                            \
        /* A copy, which the stores cannot change: what the tiles read of it stays in registers. */           \
        const struct int8_depthwise_part copy = *original, *p = &copy;                                        \
        for (ptrdiff_t y = 0; y < p->windows.output_height; y++) {                                            \
            for (ptrdiff_t x = 0; x < p->windows.output_width; x += outputs) {                                \
                const ptrdiff_t left = x * (stride) - p->windows.left;                                        \
                if (left >= 0 && left + 4 * (fours) <= p->windows.input_width)                                \
                    int8_depthwise_tile(p, y, x, size, stride, outputs, fours, false);                        \
                else                                                                                          \
                    int8_depthwise_tile(p, y, x, size, stride, outputs, fours, true);                         \
            }                                                                                                 \
        }                                                                                                     \
    }
INT8_DEPTHWISE(int8_depthwise_3_1, 3, 1, 2, 1)
INT8_DEPTHWISE(int8_depthwise_3_2, 3, 2, 3, 2)
INT8_DEPTHWISE(int8_depthwise_5_1, 5, 1, 4, 2)
INT8_DEPTHWISE(int8_depthwise_5_2, 5, 2, 2, 2)

// Kernels of another size, value by value.
static void int8_depthwise_any(const struct int8_depthwise_part *p) {
    const struct bagq_windows *s = &p->windows;
    for (ptrdiff_t y = 0; y < s->output_height; y++) {
        for (ptrdiff_t x = 0; x < s->output_width; x++) {
            for (ptrdiff_t c = 0; c < p->channels; c++) {
                const ptrdiff_t place = c % 16 / 4 * 16 + c / 16 * 4 + c % 4;
                int32_t sum = p->bias[place];
                for (ptrdiff_t i = 0; i < s->size * s->size; i++) {
                    const ptrdiff_t ky = i / s->size, kx = i % s->size, row = y * s->stride - s->top + ky, column = x * s->stride - s->left + kx;
                    const bool inside = row >= 0 && row < s->input_height && column >= 0 && column < s->input_width;
                    const uint8_t value = inside ? p->input[(row * s->input_width + column) * s->channels + c] : p->zero[0];
                    sum += value * p->weights[(ky * ((s->size + 3) / 4) + kx / 4) * 256 + place * 4 + kx % 4];
                }
                const uint64_t value = (uint64_t)(sum < 0 ? 0 : sum) * p->multipliers[place] >> 32;
                p->output[(y * s->output_width + x) * s->channels + c] = (uint8_t)(value > 255 ? 255 : value);
            }
        }
    }
}

static void int8_depthwise(const struct bagq_int8_depthwise *s, const uint8_t *input, uint8_t *output) {
    enum { bytes = 4 * INT8_LANES, block = 64 };
    const struct bagq_int8_tile tile = bagq_int8_tile(s->windows.size, s->windows.stride);
    const ptrdiff_t weights = s->windows.size * tile.outputs * tile.fours * 256;
    for (ptrdiff_t c = 0; c < s->windows.channels; c += bytes) {
        const ptrdiff_t place = c / block * block + c % block / 4, rest = s->windows.channels - c;
        const struct int8_depthwise_part part = {
            .windows = s->windows, .input = input + c, .output = output + c,
            .weights = s->weights + c / block * weights + c % block,
            .bias = s->bias + place, .multipliers = s->multipliers + place,
            .channels = rest < bytes ? rest : bytes, .zero = (channels8){} + s->zero,
        };
        const ptrdiff_t size = s->windows.size, stride = s->windows.stride;
        if (size == 3 && stride == 1) int8_depthwise_3_1(&part);
        else if (size == 3 && stride == 2) int8_depthwise_3_2(&part);
        else if (size == 5 && stride == 1) int8_depthwise_5_1(&part);
        else if (size == 5 && stride == 2) int8_depthwise_5_2(&part);
        else int8_depthwise_any(&part);
    }
}
