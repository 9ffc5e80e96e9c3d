#pragma once
#include "kernels.h"
#include "tile.h"

// The places of a window within the input.
struct window {
    ptrdiff_t first_row, end_row, first_column, end_column;
};

INLINE struct window window_at(const struct bagq_windows *s, ptrdiff_t y, ptrdiff_t x) {
    const ptrdiff_t row = y * s->stride - s->top, column = x * s->stride - s->left;
    return (struct window){
        .first_row = row < 0 ? 0 : row,
        .end_row = row + s->size < s->input_height ? row + s->size : s->input_height,
        .first_column = column < 0 ? 0 : column,
        .end_column = column + s->size < s->input_width ? column + s->size : s->input_width,
    };
}
