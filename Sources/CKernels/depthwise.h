// Depthwise convolution: every channel has a kernel of its own, so a vector of channels goes over the picture with its
// weights, a tile of pixels of one row at a time whose sums live in registers. Included by body.h.

// Strides are in floats, so that one loop serves forward and the gradient of the input.
struct depthwise_pass {
    const float *input;
    ptrdiff_t input_height, input_width, pixel;
    ptrdiff_t kernel_height, stride, top, left;
    const float *weights;
    ptrdiff_t weight_row, weight_column;
    // Null for zeros.
    const float *bias;
    float *output;
    ptrdiff_t output_height, output_width, output_row, output_pixel;
    struct bagq_clamp clamp;
};

static const float padding_values[LANES];

// `width`, `stride`, `count` and `at_edge` are constants where it is called. `column` is of the input, of the first
// pixel's window, which may be outside of it. A kernel row outside of the input is left out: it would add zeros.
#define DEPTHWISE_TILE(tile, type)                                                                              \
    INLINE void tile(const struct depthwise_pass *p, ptrdiff_t c, ptrdiff_t y, ptrdiff_t x, const int width, const int stride, \
        const int count, const bool at_edge) {                                                                            \
        const ptrdiff_t row = y * stride - p->top, column = x * stride - p->left, pixel = p->pixel;                       \
        const ptrdiff_t first = row < 0 ? -row : 0;                                                                       \
        const ptrdiff_t end = row + p->kernel_height > p->input_height ? p->input_height - row : p->kernel_height;        \
        type sum[8];                                                                                                      \
        UNROLL for (int t = 0; t < count; t++) sum[t] = p->bias ? *(const type *)(p->bias + c) : (type){0};               \
        const float *source = p->input + ((row + first) * p->input_width + column) * pixel + c;                           \
        const float *weights = p->weights + first * p->weight_row + c;                                                    \
        for (ptrdiff_t ky = first; ky < end; ky++) {                                                                      \
            type weight[5];                                                                                               \
            UNROLL for (int kx = 0; kx < width; kx++) weight[kx] = *(const type *)(weights + kx * p->weight_column);      \
            UNROLL for (int i = 0; i < (count - 1) * stride + width; i++) {                                               \
                const bool inside = !at_edge || (column + i >= 0 && column + i < p->input_width);                         \
                const type value = *(const type *)(inside ? source + i * pixel : padding_values);                         \
                UNROLL for (int t = 0; t < count; t++)                                                                    \
                    if (i >= t * stride && i - t * stride < width) sum[t] += value * weight[i - t * stride];              \
            }                                                                                                             \
            source += p->input_width * pixel;                                                                             \
            weights += p->weight_row;                                                                                     \
        }                                                                                                                 \
        float *target = p->output + y * p->output_row + x * p->output_pixel + c;                                          \
        UNROLL for (int t = 0; t < count; t++) {                                                                          \
            type##_clamp(&sum[t], p->clamp);                                                                              \
            *(type *)(target + t * p->output_pixel) = sum[t];                                                             \
        }                                                                                                                 \
    }
DEPTHWISE_TILE(depthwise_tile, full)

// One vector of channels over the whole picture. The last tile of a row may take in pixels of the one before it again,
// which gives the same values: a tile of few pixels would take as long.
#define DEPTHWISE_STRIP(strip, width, stride)                                                                    \
    static void strip(const struct depthwise_pass *pass, ptrdiff_t c) {                                          \
        /* A copy, which the stores cannot change: what the tiles read of it stays in registers. */              \
        const struct depthwise_pass copy = *pass, *p = &copy;                                                    \
        const ptrdiff_t pixels = p->output_width;                                                                \
        const ptrdiff_t count = pixels % 8 && pixels % 7 == 0 ? 7 : pixels >= 8 ? 8 : pixels >= 4 ? 4 : 1;       \
        for (ptrdiff_t y = 0; y < p->output_height; y++) {                                                       \
            for (ptrdiff_t next = 0; next < pixels; next += count) {                                             \
                const ptrdiff_t x = next + count <= pixels ? next : pixels - count;                              \
                const ptrdiff_t column = x * (stride) - p->left;                                                 \
                if (column >= 0 && column + (count - 1) * (stride) + (width) <= p->input_width) {                \
                    switch (count) {                                                                             \
                    case 8: depthwise_tile(p, c, y, x, width, stride, 8, false); break;                          \
                    case 7: depthwise_tile(p, c, y, x, width, stride, 7, false); break;                          \
                    case 4: depthwise_tile(p, c, y, x, width, stride, 4, false); break;                          \
                    default: depthwise_tile(p, c, y, x, width, stride, 1, false); break;                         \
                    }                                                                                            \
                } else {                                                                                         \
                    switch (count) {                                                                             \
                    case 8: depthwise_tile(p, c, y, x, width, stride, 8, true); break;                           \
                    case 7: depthwise_tile(p, c, y, x, width, stride, 7, true); break;                           \
                    case 4: depthwise_tile(p, c, y, x, width, stride, 4, true); break;                           \
                    default: depthwise_tile(p, c, y, x, width, stride, 1, true); break;                          \
                    }                                                                                            \
                }                                                                                                \
            }                                                                                                    \
        }                                                                                                        \
    }
DEPTHWISE_STRIP(depthwise_1_1, 1, 1)
DEPTHWISE_STRIP(depthwise_2_1, 2, 1)
DEPTHWISE_STRIP(depthwise_3_1, 3, 1)
DEPTHWISE_STRIP(depthwise_5_1, 5, 1)
DEPTHWISE_STRIP(depthwise_3_2, 3, 2)
DEPTHWISE_STRIP(depthwise_5_2, 5, 2)

// Any width of kernel, any stride, one pixel at a time.
#define DEPTHWISE_ANY(strip, type)                                                                          \
    static void strip(const struct depthwise_pass *p, ptrdiff_t width, ptrdiff_t c) {                                 \
        for (ptrdiff_t y = 0; y < p->output_height; y++) {                                                            \
            for (ptrdiff_t x = 0; x < p->output_width; x++) {                                                         \
                const ptrdiff_t row = y * p->stride - p->top, column = x * p->stride - p->left;                       \
                type sum = p->bias ? *(const type *)(p->bias + c) : (type){0};                                        \
                for (ptrdiff_t ky = 0; ky < p->kernel_height; ky++) {                                                 \
                    if (row + ky < 0 || row + ky >= p->input_height) continue;                                        \
                    for (ptrdiff_t kx = 0; kx < width; kx++) {                                                        \
                        if (column + kx < 0 || column + kx >= p->input_width) continue;                               \
                        const float *value = p->input + ((row + ky) * p->input_width + column + kx) * p->pixel + c;   \
                        const float *weight = p->weights + ky * p->weight_row + kx * p->weight_column + c;            \
                        sum += *(const type *)value * *(const type *)weight;                                          \
                    }                                                                                                 \
                }                                                                                                     \
                type##_clamp(&sum, p->clamp);                                                                         \
                *(type *)(p->output + y * p->output_row + x * p->output_pixel + c) = sum;                             \
            }                                                                                                         \
        }                                                                                                             \
    }
DEPTHWISE_ANY(depthwise_any, full)
DEPTHWISE_ANY(depthwise_narrow, one)

// So many rows at a time that what they read stays in the second-level cache for all channels: a vector of channels
// alone touches one line of many, too far apart to be fetched ahead.
INLINE ptrdiff_t depthwise_band(ptrdiff_t row) {
    const ptrdiff_t most = 1 << 16;
    return row < most ? most / row : 1;
}

static void depthwise_channels(const struct depthwise_pass *whole, ptrdiff_t width) {
    const ptrdiff_t channels = whole->pixel;
    const ptrdiff_t rows = depthwise_band(whole->stride * whole->input_width * channels);
    for (ptrdiff_t y = 0; y < whole->output_height; y += rows) {
        struct depthwise_pass band = *whole;
        band.top -= y * band.stride;
        band.output += y * band.output_row;
        band.output_height = y + rows <= band.output_height ? rows : band.output_height - y;
        const struct depthwise_pass *p = &band;
        // The last vector may take in channels of the one before it again, as tiles do.
        for (ptrdiff_t next = 0; next < channels; next += channels < LANES ? 1 : LANES) {
            const ptrdiff_t c = channels < LANES || next + LANES <= channels ? next : channels - LANES;
            if (channels < LANES) depthwise_narrow(p, width, c);
            else if (p->stride == 1 && width == 1) depthwise_1_1(p, c);
            else if (p->stride == 1 && width == 2) depthwise_2_1(p, c);
            else if (p->stride == 1 && width == 3) depthwise_3_1(p, c);
            else if (p->stride == 1 && width == 5) depthwise_5_1(p, c);
            else if (p->stride == 2 && width == 3) depthwise_3_2(p, c);
            else if (p->stride == 2 && width == 5) depthwise_5_2(p, c);
            else depthwise_any(p, width, c);
        }
    }
}

static void depthwise(const struct bagq_windows *s, const float *input, const float *weights, const float *bias, struct bagq_clamp clamp,
    float *output) {
    const struct depthwise_pass p = {
        .input = input, .input_height = s->input_height, .input_width = s->input_width, .pixel = s->channels,
        .kernel_height = s->size, .stride = s->stride, .top = s->top, .left = s->left,
        .weights = weights, .weight_row = s->size * s->channels, .weight_column = s->channels, .bias = bias,
        .output = output, .output_height = s->output_height, .output_width = s->output_width,
        .output_row = s->output_width * s->channels, .output_pixel = s->channels, .clamp = clamp,
    };
    depthwise_channels(&p, s->size);
}

// Input rows and columns that are `stride` apart see the same weights, every `stride`th from the last one down: for
// each of the stride x stride phases, a convolution of the output's gradient with stride 1.
static void depthwise_input_gradient(const struct bagq_windows *s, const float *d_output, const float *weights, float *d_input) {
    const ptrdiff_t stride = s->stride, size = s->size, row = s->input_width * s->channels;
    const ptrdiff_t rows = (depthwise_band(row) + stride - 1) / stride * stride;
    for (ptrdiff_t first = 0; first < s->input_height; first += rows) {
        const ptrdiff_t count = first + rows < s->input_height ? rows : s->input_height - first;
        for (ptrdiff_t phase = 0; phase < stride * stride; phase++) {
            const ptrdiff_t y = phase / stride, x = phase % stride;
            if (y >= count || x >= s->input_width) continue;
            // The first input row of a phase was seen by kernel rows ky = (y + top) mod stride + stride * n, from
            // output row (y + top - ky) / stride.
            const ptrdiff_t ky = (y + s->top) % stride, kx = (x + s->left) % stride;
            const ptrdiff_t height = ky < size ? (size - ky + stride - 1) / stride : 0, width = kx < size ? (size - kx + stride - 1) / stride : 0;
            const struct depthwise_pass p = {
                .input = d_output, .input_height = s->output_height, .input_width = s->output_width, .pixel = s->channels,
                .kernel_height = height, .stride = 1,
                .top = height - 1 - (first + y + s->top) / stride, .left = width - 1 - (x + s->left) / stride,
                .weights = weights + ((ky + (height - 1) * stride) * size + kx + (width - 1) * stride) * s->channels,
                .weight_row = -stride * size * s->channels, .weight_column = -stride * s->channels,
                .output = d_input + (first + y) * row + x * s->channels,
                .output_height = (count - y + stride - 1) / stride, .output_width = (s->input_width - x + stride - 1) / stride,
                .output_row = stride * row, .output_pixel = stride * s->channels, .clamp = plain.clamp,
            };
            depthwise_channels(&p, width);
        }
    }
}

// One kernel row's sums over one row of pixels, of even and of odd columns apart, so that enough of them are under way.
// `width` is a constant where it is called.
INLINE void depthwise_row_gradient(
    const struct bagq_windows *s, const float *input, const float *d_output, float *d_weights, const int width) {
    full sum[2][5];
    UNROLL for (int i = 0; i < 2; i++) UNROLL for (int kx = 0; kx < width; kx++) sum[i][kx] = (full){0};
    const ptrdiff_t channels = s->channels;
    for (ptrdiff_t x = 0; x < s->output_width; x += 2) {
        UNROLL for (int i = 0; i < 2; i++) {
            if (x + i >= s->output_width) break;
            const full gradient = *(const full *)(d_output + (x + i) * channels);
            const ptrdiff_t column = (x + i) * s->stride - s->left;
            if (column >= 0 && column + width <= s->input_width) {
                UNROLL for (int kx = 0; kx < width; kx++) sum[i][kx] += gradient * *(const full *)(input + (column + kx) * channels);
            } else {
                UNROLL for (int kx = 0; kx < width; kx++)
                    if (column + kx >= 0 && column + kx < s->input_width)
                        sum[i][kx] += gradient * *(const full *)(input + (column + kx) * channels);
            }
        }
    }
    UNROLL for (int kx = 0; kx < width; kx++) *(full *)(d_weights + kx * channels) += sum[0][kx] + sum[1][kx];
}

// The channels from `first` on, that no vector holds, or with a kernel of another size.
static void depthwise_any_weight_gradient(
    const struct bagq_windows *s, const float *input, const float *d_output, float *d_weights, ptrdiff_t first) {
    for (ptrdiff_t y = 0; y < s->output_height; y++) {
        for (ptrdiff_t place = 0; place < s->size * s->size; place++) {
            const ptrdiff_t row = y * s->stride - s->top + place / s->size, channels = s->channels;
            if (row < 0 || row >= s->input_height) continue;
            float *restrict sums = d_weights + place * channels;
            for (ptrdiff_t x = 0; x < s->output_width; x++) {
                const ptrdiff_t column = x * s->stride - s->left + place % s->size;
                if (column < 0 || column >= s->input_width) continue;
                const float *restrict values = input + (row * s->input_width + column) * channels;
                const float *restrict gradients = d_output + (y * s->output_width + x) * channels;
                for (ptrdiff_t c = first; c < channels; c++) sums[c] += values[c] * gradients[c];
            }
        }
    }
}

static void depthwise_weight_gradient(const struct bagq_windows *s, const float *input, const float *d_output, float *d_weights) {
    const ptrdiff_t channels = s->channels, whole = s->size == 3 || s->size == 5 ? channels / LANES * LANES : 0;
    const ptrdiff_t rows = depthwise_band(s->stride * s->input_width * channels);
    for (ptrdiff_t first = 0; first < s->output_height; first += rows) {
        const ptrdiff_t end = first + rows < s->output_height ? first + rows : s->output_height;
        for (ptrdiff_t c = 0; c < whole; c += LANES) {
            for (ptrdiff_t y = first; y < end; y++) {
                for (ptrdiff_t ky = 0; ky < s->size; ky++) {
                    const ptrdiff_t row = y * s->stride - s->top + ky;
                    if (row < 0 || row >= s->input_height) continue;
                    const float *values = input + row * s->input_width * channels + c, *gradients = d_output + y * s->output_width * channels + c;
                    float *sums = d_weights + ky * s->size * channels + c;
                    if (s->size == 3) depthwise_row_gradient(s, values, gradients, sums, 3);
                    else depthwise_row_gradient(s, values, gradients, sums, 5);
                }
            }
        }
    }
    depthwise_any_weight_gradient(s, input, d_output, d_weights, whole);
}
