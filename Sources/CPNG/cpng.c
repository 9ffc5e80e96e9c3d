#include "cpng.h"

#ifdef BAGQ_PNG

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

/// All that changes while decoding: behind a pointer, so a longjmp leaves it as it is.
struct decoding {
    const uint8_t *next;
    size_t left;
    uint32_t width, height;
    bool is_incomplete, has_alpha;
    uint8_t *pixels;
    int pass;
    uint32_t row;
    bool is_cut_off, is_damaged;
    char *message;
};

static void note(struct decoding *decoding, const char *message) {
    decoding->is_damaged = true;
    if (!decoding->message[0]) snprintf(decoding->message, BAGQ_PNG_MESSAGE_SIZE, "%s", message);
}

static void on_error(png_structp png, png_const_charp message) {
    note(png_get_error_ptr(png), message);
    png_longjmp(png, 1);
}

/// Checksums of ancillary chunks are not looked at, so these warnings are about the pixels, or about something
/// superfluous.
static void on_warning(png_structp png, png_const_charp message) {
    bool is_about_pixels = strstr(message, "CRC error") || !strncmp(message, "IDAT: ", 6);
    bool is_superfluous = strstr(message, "xtra compressed data") || strstr(message, "oo much image data");
    if (is_about_pixels && !is_superfluous) note(png_get_error_ptr(png), message);
}

static void read_bytes(png_structp png, png_bytep target, size_t count) {
    struct decoding *decoding = png_get_io_ptr(png);
    if (count > decoding->left) {
        decoding->is_cut_off = true;
        png_error(png, "the file ends too early");
    }
    memcpy(target, decoding->next, count);
    decoding->next += count;
    decoding->left -= count;
}

static void decode(png_structp png, png_infop info, struct decoding *decoding) {
    if (setjmp(png_jmpbuf(png))) return;
    png_set_read_fn(png, decoding, read_bytes);
    png_set_user_limits(png, decoding->width, decoding->height);
    // Only what pixels are made of is kept, so large chunks cost no memory: all are passed over.
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_chunk_malloc_max(png, 0);
    png_set_crc_action(png, PNG_CRC_WARN_USE, PNG_CRC_QUIET_USE);
    png_set_benign_errors(png, 1);
    // Some encoders state too small a window.
    png_set_option(png, PNG_MAXIMUM_INFLATE_WINDOW, PNG_OPTION_ON);
    // So much before the file's end is lost; else it would be 8 KB, and all of a small picture.
    if (decoding->is_incomplete) png_set_compression_buffer_size(png, 64);

    png_read_info(png, info);
    if (png_get_image_width(png, info) != decoding->width || png_get_image_height(png, info) != decoding->height)
        png_error(png, "the picture's size changes");
    png_set_expand(png);
    png_set_scale_16(png);
    png_set_gray_to_rgb(png);
    // Of files with alpha, the first changes nothing.
    if (decoding->has_alpha) png_set_add_alpha(png, 0xFF, PNG_FILLER_AFTER);
    else png_set_strip_alpha(png);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    size_t stride = (size_t)decoding->width * (decoding->has_alpha ? 4 : 3);
    if (png_get_rowbytes(png, info) != stride) png_error(png, "its rows are of another size than its header says");
    for (decoding->pass = 0; decoding->pass < passes; decoding->pass++)
        for (decoding->row = 0; decoding->row < decoding->height; decoding->row++)
            // As for a display: an early pass's pixels stand for those around them.
            png_read_row(png, NULL, decoding->pixels + decoding->row * stride);
}

bagq_png_progress bagq_png_decode(
    const uint8_t *file, size_t count, bool is_incomplete, uint32_t width, uint32_t height, bool has_alpha,
    uint8_t *pixels, char *message) {
    struct decoding decoding = {
        .next = file, .left = count, .is_incomplete = is_incomplete, .width = width, .height = height,
        .has_alpha = has_alpha, .pixels = pixels, .message = message};
    message[0] = 0;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoding, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (info) decode(png, info, &decoding);
    else note(&decoding, "Out of memory");
    png_destroy_read_struct(&png, &info, NULL);
    return (bagq_png_progress){
        .rows = decoding.pass > 0 ? height : decoding.row, .is_cut_off = decoding.is_cut_off,
        .is_damaged = decoding.is_damaged};
}

#else

// C wants at least one declaration.
typedef int bagq_png_is_absent;

#endif
