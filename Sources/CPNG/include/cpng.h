#ifndef BAGQ_CPNG_H
#define BAGQ_CPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// libpng behind one function, within which its longjmps end. There without the trait PNG, but not to be linked.

/// How far a decoding came.
typedef struct bagq_png_progress {
    /// From the top; `height` where all came out, be it coarsely.
    uint32_t rows;
    /// libpng wanted bytes behind the last one.
    bool is_cut_off;
    /// libpng gave up or checksums do not fit: see the message.
    bool is_damaged;
} bagq_png_progress;

enum { BAGQ_PNG_MESSAGE_SIZE = 128 };

/// Decodes a PNG file of 1 to 16 bits, any colour type, interlaced or not; an animation's default picture. Nothing but
/// the pixels is kept of it: no colour profile, no gamma, no text.
/// - is_incomplete: the file is cut off: all that is left of it is to come out, be it slowly.
/// - width, height: what the file says. A file that says something else is an error.
/// - pixels: receives height x width x 3 bytes (RGB), or x 4 (RGBA, not premultiplied) with `has_alpha`.
/// - message: what was wrong, at most BAGQ_PNG_MESSAGE_SIZE bytes with a zero at the end; empty where nothing was.
bagq_png_progress bagq_png_decode(
    const uint8_t *file, size_t count, bool is_incomplete, uint32_t width, uint32_t height, bool has_alpha,
    uint8_t *pixels, char *message);

#endif
