// Convolution by F(2x2, 3x3): a tile of 2 x 2 outputs from 4 x 4 inputs by 16 products of transformed values, where a
// sum over the kernel takes 36. Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks", 4.1. Included
// by body.h.

// U = G g G' for every channel and filter, with G = [1 0 0; 1/2 1/2 1/2; 1/2 -1/2 1/2; 0 0 1].
static void winograd_weights(ptrdiff_t channels, ptrdiff_t filters, const float *restrict weights, float *restrict transformed) {
    const ptrdiff_t square = channels * filters;
    for (ptrdiff_t i = 0; i < square; i++) {
        float down[4][3];
        UNROLL for (int x = 0; x < 3; x++) {
            const float top = weights[x * square + i], middle = weights[(3 + x) * square + i], bottom = weights[(6 + x) * square + i];
            down[0][x] = top;
            down[1][x] = (top + middle + bottom) * 0.5f;
            down[2][x] = (top - middle + bottom) * 0.5f;
            down[3][x] = bottom;
        }
        UNROLL for (int y = 0; y < 4; y++) {
            transformed[(4 * y + 0) * square + i] = down[y][0];
            transformed[(4 * y + 1) * square + i] = (down[y][0] + down[y][1] + down[y][2]) * 0.5f;
            transformed[(4 * y + 2) * square + i] = (down[y][0] - down[y][1] + down[y][2]) * 0.5f;
            transformed[(4 * y + 3) * square + i] = down[y][2];
        }
    }
}

// A row of tiles, among the `plane_tiles` of a block. Where the output ends in the middle of a tile, the input that it
// lacks reaches only outputs that are not written, so any other value stands in for it.
struct winograd_row {
    ptrdiff_t channels, filters, tiles, plane_tiles;
    const float *input[4];
    // Columns of the input and the output from the first tile on.
    ptrdiff_t input_width, output_width;
    // The second is null where the output ends with the first.
    float *output[2];
    const float *bias;
    // Its `skip` lies as the first output row does; that of the second is `skip_row` on.
    struct bagq_finish finish;
    ptrdiff_t skip_row;
    // [16][tile of the block][channel] and [16][tile of the block][filter], from the row's first tile on
    float *values, *products;
};

// V = B' d B of one vector of channels, with B' = [1 0 -1 0; 0 1 1 0; 0 -1 1 0; 0 1 0 -1]. Two columns are the next
// tile's too. Then Y = A' M A of one vector of filters, with A' = [1 1 1 0; 0 1 -1 -1].
#define WINOGRAD(transform_input, transform_output, type)                                                                  \
    INLINE void transform_input(const struct winograd_row *p, ptrdiff_t c) {                                               \
        type column[4][4];                                                                                                 \
        for (ptrdiff_t tile = 0; tile < p->tiles; tile++) {                                                                \
            UNROLL for (int x = 0; x < 4; x++) {                                                                           \
                if (tile > 0 && x < 2) {                                                                                   \
                    UNROLL for (int y = 0; y < 4; y++) column[x][y] = column[x + 2][y];                                    \
                    continue;                                                                                              \
                }                                                                                                          \
                ptrdiff_t at = 2 * tile + x;                                                                               \
                at = c + (at < p->input_width ? at : p->input_width - 1) * p->channels;                                    \
                const type d0 = *(const type *)(p->input[0] + at), d1 = *(const type *)(p->input[1] + at),                 \
                           d2 = *(const type *)(p->input[2] + at), d3 = *(const type *)(p->input[3] + at);                 \
                column[x][0] = d0 - d2;                                                                                    \
                column[x][1] = d1 + d2;                                                                                    \
                column[x][2] = d2 - d1;                                                                                    \
                column[x][3] = d1 - d3;                                                                                    \
            }                                                                                                              \
            const ptrdiff_t plane = p->plane_tiles * p->channels;                                                          \
            UNROLL for (int y = 0; y < 4; y++) {                                                                           \
                float *values = p->values + 4 * y * plane + tile * p->channels + c;                                        \
                *(type *)values = column[0][y] - column[2][y];                                                             \
                *(type *)(values + plane) = column[1][y] + column[2][y];                                                   \
                *(type *)(values + 2 * plane) = column[2][y] - column[1][y];                                               \
                *(type *)(values + 3 * plane) = column[1][y] - column[3][y];                                               \
            }                                                                                                              \
        }                                                                                                                  \
    }                                                                                                                      \
    INLINE void transform_output(const struct winograd_row *p, ptrdiff_t k) {                                              \
        const type bias = p->bias ? *(const type *)(p->bias + k) : (type){0};                                              \
        const ptrdiff_t plane = p->plane_tiles * p->filters;                                                               \
        for (ptrdiff_t tile = 0; tile < p->tiles; tile++) {                                                                \
            const float *products = p->products + tile * p->filters + k;                                                   \
            type down[2][4];                                                                                               \
            UNROLL for (int x = 0; x < 4; x++) {                                                                           \
                const type m0 = *(const type *)(products + x * plane), m1 = *(const type *)(products + (4 + x) * plane),   \
                           m2 = *(const type *)(products + (8 + x) * plane), m3 = *(const type *)(products + (12 + x) * plane); \
                down[0][x] = m0 + m1 + m2;                                                                                 \
                down[1][x] = m1 - m2 - m3;                                                                                 \
            }                                                                                                              \
            UNROLL for (int y = 0; y < 2; y++) {                                                                           \
                if (!p->output[y]) continue;                                                                               \
                float *output = p->output[y] + 2 * tile * p->filters + k;                                                  \
                type left = bias + (down[y][0] + down[y][1] + down[y][2]), right = bias + (down[y][1] - down[y][2] - down[y][3]); \
                const float *skip = p->finish.skip ? p->finish.skip + y * p->skip_row + 2 * tile * p->filters + k : 0;      \
                const bool both = 2 * tile + 1 < p->output_width;                                                          \
                if (skip) left += *(const type *)skip;                                                                     \
                if (skip && both) right += *(const type *)(skip + p->filters);                                             \
                type##_clamp(&left, p->finish.clamp);                                                                      \
                *(type *)output = left;                                                                                    \
                if (!both) continue;                                                                                       \
                type##_clamp(&right, p->finish.clamp);                                                                     \
                *(type *)(output + p->filters) = right;                                                                    \
            }                                                                                                              \
        }                                                                                                                  \
    }
WINOGRAD(transform_input_full, transform_output_full, full)
WINOGRAD(transform_input_one, transform_output_one, one)

// A picture is done in blocks of tiles: parts of a row of tiles or, where rows are short, several of them.
static void convolve_winograd(const struct bagq_convolution *s, const float *input, const float *transformed, const float *bias,
    struct bagq_finish finish, float *scratch, float *output) {
    const ptrdiff_t down = (s->output_height + 1) / 2, across = (s->output_width + 1) / 2, channels = s->channels, filters = s->filters;
    const ptrdiff_t rows = across < bagq_winograd_tiles ? bagq_winograd_tiles / across : 1;
    const ptrdiff_t parts = (across + bagq_winograd_tiles - 1) / bagq_winograd_tiles;
    for (ptrdiff_t top = 0; top < down; top += rows) {
        const ptrdiff_t block_rows = top + rows <= down ? rows : down - top;
        for (ptrdiff_t i = 0, first = 0; i < parts; i++) {
            const ptrdiff_t count = (across - first + parts - i - 1) / (parts - i), x = 2 * first;
            struct winograd_row row[bagq_winograd_tiles];
            for (ptrdiff_t r = 0; r < block_rows; r++) {
                const ptrdiff_t y = 2 * (top + r);
                const bool two = y + 1 < s->output_height;
                const float *above = input + y * s->input_row + x * channels;
                float *target = output + y * s->output_row + x * filters;
                row[r] = (struct winograd_row){
                    .channels = channels, .filters = filters, .tiles = count, .plane_tiles = block_rows * count,
                    .input = {above, above + s->input_row, above + 2 * s->input_row, above + (two ? 3 : 2) * s->input_row},
                    .input_width = s->output_width + 2 - x, .output_width = s->output_width - x,
                    .output = {target, two ? target + s->output_row : 0},
                    .bias = bias, .finish = {finish.clamp, finish.skip ? finish.skip + y * s->output_row + x * filters : 0},
                    .skip_row = s->output_row, .values = scratch + r * count * channels,
                    .products = scratch + 16 * bagq_winograd_tiles * channels + r * count * filters,
                };
                ptrdiff_t c = 0;
                for (; c + LANES <= channels; c += LANES) transform_input_full(&row[r], c);
                for (; c < channels; c++) transform_input_one(&row[r], c);
            }
            for (ptrdiff_t plane = 0; plane < 16; plane++) {
                const struct bagq_product product_of_plane = {
                    .rows = block_rows * count, .columns = channels, .segments = 1, .outputs = filters,
                    .a = row->values + plane * block_rows * count * channels, .a_row = channels, .a_column = 1,
                    .b = transformed + plane * channels * filters, .b_row = filters,
                    .c = row->products + plane * block_rows * count * filters, .c_row = filters, .finish = plain,
                };
                product(&product_of_plane);
            }
            for (ptrdiff_t r = 0; r < block_rows; r++) {
                ptrdiff_t k = 0;
                for (; k + LANES <= filters; k += LANES) transform_output_full(&row[r], k);
                for (; k < filters; k++) transform_output_one(&row[r], k);
            }
            first += count;
        }
    }
}
