// Max-pooling and average pooling. Included by body.h.

static void max_pool(const struct bagq_windows *s, const float *restrict input, float *restrict output, uint8_t *restrict places) {
    const ptrdiff_t channels = s->channels;
    for (ptrdiff_t y = 0; y < s->output_height; y++) {
        for (ptrdiff_t x = 0; x < s->output_width; x++) {
            const struct window window = window_at(s, y, x);
            const ptrdiff_t top = y * s->stride - s->top, left = x * s->stride - s->left;
            bool is_first = true;
            for (ptrdiff_t row = window.first_row; row < window.end_row; row++) {
                for (ptrdiff_t column = window.first_column; column < window.end_column; column++) {
                    const float *restrict value = input + (row * s->input_width + column) * channels;
                    const uint8_t place = (uint8_t)((row - top) * s->size + column - left);
                    if (is_first) {
                        __builtin_memcpy(output, value, (size_t)channels * sizeof(float));
                        if (places) __builtin_memset(places, place, (size_t)channels);
                        is_first = false;
                    } else if (places) {
                        for (ptrdiff_t c = 0; c < channels; c++) {
                            const bool larger = value[c] > output[c];
                            output[c] = larger ? value[c] : output[c];
                            places[c] = larger ? place : places[c];
                        }
                    } else {
                        for (ptrdiff_t c = 0; c < channels; c++) output[c] = value[c] > output[c] ? value[c] : output[c];
                    }
                }
            }
            output += channels;
            if (places) places += channels;
        }
    }
}

static void max_pool_gradient(
    const struct bagq_windows *s, const float *restrict d_output, const uint8_t *restrict places, float *restrict d_input) {
    const ptrdiff_t channels = s->channels;
    for (ptrdiff_t y = 0; y < s->output_height; y++) {
        for (ptrdiff_t x = 0; x < s->output_width; x++) {
            const struct window window = window_at(s, y, x);
            const ptrdiff_t top = y * s->stride - s->top, left = x * s->stride - s->left;
            for (ptrdiff_t row = window.first_row; row < window.end_row; row++) {
                for (ptrdiff_t column = window.first_column; column < window.end_column; column++) {
                    float *restrict value = d_input + (row * s->input_width + column) * channels;
                    const ptrdiff_t place = (row - top) * s->size + column - left;
                    for (ptrdiff_t c = 0; c < channels; c++) value[c] += places[c] == place ? d_output[c] : 0;
                }
            }
            d_output += channels;
            places += channels;
        }
    }
}

INLINE float share_of(struct window window) {
    return 1 / (float)((window.end_row - window.first_row) * (window.end_column - window.first_column));
}

static void average_pool(const struct bagq_windows *s, const float *restrict input, float *restrict output) {
    const ptrdiff_t channels = s->channels;
    for (ptrdiff_t y = 0; y < s->output_height; y++) {
        for (ptrdiff_t x = 0; x < s->output_width; x++) {
            const struct window window = window_at(s, y, x);
            const float share = share_of(window);
            __builtin_memset(output, 0, (size_t)channels * sizeof(float));
            for (ptrdiff_t row = window.first_row; row < window.end_row; row++) {
                for (ptrdiff_t column = window.first_column; column < window.end_column; column++) {
                    const float *restrict value = input + (row * s->input_width + column) * channels;
                    for (ptrdiff_t c = 0; c < channels; c++) output[c] += value[c];
                }
            }
            for (ptrdiff_t c = 0; c < channels; c++) output[c] *= share;
            output += channels;
        }
    }
}

static void average_pool_gradient(const struct bagq_windows *s, const float *restrict d_output, float *restrict d_input) {
    const ptrdiff_t channels = s->channels;
    for (ptrdiff_t y = 0; y < s->output_height; y++) {
        for (ptrdiff_t x = 0; x < s->output_width; x++) {
            const struct window window = window_at(s, y, x);
            const float share = share_of(window);
            for (ptrdiff_t row = window.first_row; row < window.end_row; row++) {
                for (ptrdiff_t column = window.first_column; column < window.end_column; column++) {
                    float *restrict value = d_input + (row * s->input_width + column) * channels;
                    for (ptrdiff_t c = 0; c < channels; c++) value[c] += d_output[c] * share;
                }
            }
            d_output += channels;
        }
    }
}
