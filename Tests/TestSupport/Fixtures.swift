import Foundation

/// Made once with Pillow 13.0, libturbojpeg 2.1 and SciPy 1.17.
package enum Fixtures {
    /// 32x24 pixels, quality 90, no subsampling: red (200, 30, 30) in the upper left quarter, green (30, 160, 40) right
    /// of it, blue (40, 50, 190) below it, and nearly white (235, 235, 225). `save(progressive=True)`
    package static let progressive = bytes(
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUV"
            + "DA8XGBYUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU"
            + "FBT/wgARCAAYACADAREAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAAYI/8QAGQEBAQADAQAAAAAAAAAAAAAAAAcEBQYI/9oADAMB"
            + "AAIQAxAAAAGA5i4ijw/IgkKfeBoPhpaM4X3OG5Ixtx//xAAXEAADAQAAAAAAAAAAAAAAAAAAFBYg/9oACAEBAAEFAsMDBDENn//EABwR"
            + "AAEDBQAAAAAAAAAAAAAAAGMAFRYgoaLh4v/aAAgBAwEBPwGiXAy5UuBlymYltpmJbdP/xAAbEQAABwEAAAAAAAAAAAAAAAAAFBYgYmOi"
            + "4v/aAAgBAgEBPwFiRvz0EjfnoEJAhJv/xAAZEAABBQAAAAAAAAAAAAAAAAAAIDI0o+H/2gAIAQEABj8CQ0aTatJtWp//xAAXEAADAQAA"
            + "AAAAAAAAAAAAAAARIPAA/9oACAEBAAE/IUg6C/8A/wD/2gAMAwEAAgADAAAAEP29trf/AP/EABQRAQAAAAAAAAAAAAAAAAAAADD/2gAI"
            + "AQMBAT8QQAiP/8QAGBEAAwEBAAAAAAAAAAAAAAAAESDh8AD/2gAIAQIBAT8QYAyL2RV//8QAFxAAAwEAAAAAAAAAAAAAAAAAIPDxAP/a"
            + "AAgBAQABPxAGnNJiP//Z")

    /// `convert("L")`
    package static let grey = bytes(
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUV"
            + "DA8XGBYUGBIUFRT/wAALCAAYACABAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9"
            + "AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZn"
            + "aGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP0"
            + "9fb3+Pn6/9oACAEBAAA/APAqK9ForyL/AISH/p3/APH/AP61H/CQ/wDTv/4//wDWr9Bv+GGf+p2/8pP/ANvo/wCGGf8Aqdv/ACk//b6/"
            + "OGiv3Ior/9k=")

    /// CMYK with Adobe's marker, as Pillow writes it: 255 is no ink.
    package static let adobeCMYK = bytes(
        "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwADAgIDAgIDAwMDBAMDBAUIBQUEBAUKBwcGCAwKDAwLCgsLDQ4SEA0OEQ4LCxAWEBETFBUVFQwP"
            + "FxgWFBgSFBUU/8AAFAgAGAAgBEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMF"
            + "BQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldY"
            + "WVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn"
            + "6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkASwAAPwD7Ar8+q/Pqv1Toooor8Oq/VqtqiiiiivvD/h5F/wBU7/8AK3/9z1+X/wDwjf8A08/+"
            + "Of8A16+u/wDh27/1UT/yif8A3RRR/wAPIv8Aqnf/AJW//uej/hG/+nn/AMc/+vR/w7d/6qJ/5RP/ALoorof+HRf/AFVf/wAtz/7rr9pP"
            + "+Gd/+pg/8kv/ALZXef8ADrD/AKqd/wCUD/7qoo/4dF/9VX/8tz/7ro/4Z3/6mD/yS/8AtlH/AA6w/wCqnf8AlA/+6qK+CK/Havpmiiii"
            + "iv6CK/e2vXqKKKKK/9k=")

    /// The inverse of that, without the marker: 0 is no ink.
    package static let plainCMYK = bytes(
        "/9j/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/wAAUCAAY"
            + "ACAEQxEATREAWREASxEA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIh"
            + "MUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4"
            + "eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oA"
            + "DgRDAE0AWQBLAAA/APjyv0Dr9A6/Kqiiiiv3Gr8pKxKKKKKK+D/+Hbv/AFUT/wAon/3RX6gf8JJ/07f+P/8A1q+RP+HkX/VO/wDyt/8A"
            + "3PRR/wAO3f8Aqon/AJRP/uij/hJP+nb/AMf/APrUf8PIv+qd/wDlb/8Aueiud/4e6f8AVKP/AC4//uSvxb/4aI/6l/8A8nf/ALXXB/8A"
            + "D0//AKpj/wCV/wD+5aKP+Hun/VKP/Lj/APuSj/hoj/qX/wDyd/8AtdH/AA9P/wCqY/8Alf8A/uWivvev2Jr5mooooor+fevwSryKiiii"
            + "iv/Z")

    /// `tjCompress2(TJPF_CMYK)`
    package static let adobeYCCK = bytes(
        "/9j/7gAOQWRvYmUAZAAAAAAC/9sAQwADAgIDAgIDAwMDBAMDBAUIBQUEBAUKBwcGCAwKDAwLCgsLDQ4SEA0OEQ4LCxAWEBETFBUVFQwP"
            + "FxgWFBgSFBUU/9sAQwEDBAQFBAUJBQUJFA0LDRQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU"
            + "/8AAFAgAGAAgBAERAAIRAQMRAQQRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQEC"
            + "AwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hp"
            + "anN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX2"
            + "9/j5+v/EAB8BAAMBAQEBAQEBAQEAAAAAAAABAgMEBQYHCAkKC//EALURAAIBAgQEAwQHBQQEAAECdwABAgMRBAUhMQYSQVEHYXETIjKB"
            + "CBRCkaGxwQkjM1LwFWJy0QoWJDThJfEXGBkaJicoKSo1Njc4OTpDREVGR0hJSlNUVVZXWFlaY2RlZmdoaWpzdHV2d3h5eoKDhIWGh4iJ"
            + "ipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uLj5OXm5+jp6vLz9PX29/j5+v/aAA4EAQACEQMRBAAA"
            + "PwD3uv00/hw/VOigArzmvYP9dgooAK9e/wCEe/6eP/HP/r1/MP8AxFz/AKgf/Kn/ANzP4Q/4hH/1Hf8AlP8A+6BR/wAI9/08f+Of/Xo/"
            + "4i5/1A/+VP8A7mH/ABCP/qO/8p//AHQK/Pj/AIbo/wCpJ/8AKt/9pr9y/t7/AKdfj/wD+pP9c/8AqH/8m/8AtQo/4bo/6kn/AMq3/wBp"
            + "o/t7/p1+P/AD/XP/AKh//Jv/ALUK/R+v4GPCCigAr8N6/s0+RCigAr//2Q==")

    /// `save(optimize=True)`; each channel is larger by (3 x + 5 y) modulo 16.
    package static let png = bytes(
        "iVBORw0KGgoAAAANSUhEUgAAACAAAAAYCAIAAAAUMWhjAAAAwklEQVR42u2VMQ7DIBAEZbNX5gsu/YLU6fMg/y51FOU76EpLKWwhQAfc"
            + "SukSuuVGsFoOmF7LEsoRY+zI+7ZTPESkqqWZSh4zIheKPzdorGXszfIQkVbNlCwPVR1lUkjVmeKR0x5fLH9G5DjbIiI/X0Tk8ZVH5OHR"
            + "MtLyxfJGRH1fLG9E1PfF8qB6LoSQbrKTn6639/A9yeXzsVI8VNXfc0dEFA+q5/xnm6T92HXWYvk6oqEvlsfXM/n/Byz/k/8Bx38AnOrI"
            + "4/fZ1VgAAAAASUVORK5CYII=")

    /// `save(save_all=True, append_images=[blue])`: red, then blue.
    package static let animatedPNG = bytes(
        "iVBORw0KGgoAAAANSUhEUgAAACAAAAAYCAIAAAAUMWhjAAAACGFjVEwAAAACAAAAAPONk3AAAAAaZmNUTAAAAAAAAAAgAAAAGAAAAAAA"
            + "AAAAAAAAAQAAqDyI7QAAACZJREFUeJxjPCEnx0BLwERT00ctGLVg1IJRC0YtGLVg1IJRC6gGAB7wATR6kEtgAAAAGmZjVEwAAAABAAAA"
            + "IAAAABgAAAAAAAAAAAAAAAEAADNPYjkAAAAqZmRBVAAAAAJ4nGNkYPjPQEvARFPTRy0YtWDUglELRi0YtWDUglELqAYA78oBL9DLg1AA"
            + "AAAASUVORK5CYII=")

    /// A picture of bytes 37 i + 11, modulo 256.
    package static func pattern(width: Int, height: Int) -> [UInt8] {
        (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) }
    }

    /// The 23x17 pattern after Pillow's `resize((7, 5), BILINEAR)`.
    package static let pillow23x17To7x5 = bytes(
        "jGNxeYt2fWiKiZJucG+UlpJvZouWlYFkcISRlHV1eJKPgG5/gZNwZ3aSfZl3g3OLiX5ua4KTjnNta46Oi2GDboqDjGt7eI55f2+OiJFy"
            + "cnaXkYRrc3WWl4RydIOQlHd8eI6Fd2qGho1W")

    /// The 5x4 pattern after Pillow's `resize((9, 8), BILINEAR)`.
    package static let pillow5x4To9x8 = bytes(
        "CzBVMFV6bpO4q1+E6Q4zmExxZImSosdBx+wRFjtgO2CFeZ7DmmqPtBk+h1d8b42dradM0rccK1B1UHWajrPYd3+kSS5TZGyRhJSywmdh"
            + "50wxQWaLZoubpMm1cJWWH0RpXYKnk6PIrVJ3vSJHVnuge6CGud5YhapkNFl+cpe8mrjdbWeMUjdcbJG2kaGGz7s1m5xWSm+UiK2uqc66"
            + "WH2NKE1ygabLpoyb5F5KsGprX4SpncJ8vuNdbZJ4PWKHjLHWsYGm7zBVu1F2ao+0qM1jye4veJ1tSG2S")

    /// A picture of bytes 2654435761 i modulo 2^32 / 2^24.
    package static func noise(width: Int, height: Int) -> [UInt8] {
        (0..<width * height * 3).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 24) }
    }

    package struct PillowDigest: Sendable, CustomStringConvertible {
        package let (width, height, newWidth, newHeight): (Int, Int, Int, Int)
        /// The first 8 bytes of the pixels' SHA-256.
        package let digest: [UInt8]

        init(_ width: Int, _ height: Int, _ newWidth: Int, _ newHeight: Int, _ digest: UInt64) {
            (self.width, self.height, self.newWidth, self.newHeight) = (width, height, newWidth, newHeight)
            self.digest = (0..<8).map { UInt8(truncatingIfNeeded: digest >> (56 - 8 * $0)) }
        }

        package var description: String { "\(width)x\(height) to \(newWidth)x\(newHeight)" }
    }

    /// Noise resized by Pillow:
    ///
    ///     i = np.arange(w * h * 3, dtype=np.uint64)
    ///     noise = (i * 2654435761 % 2**32 >> 24).astype(np.uint8).reshape(h, w, 3)
    ///     resized = Image.fromarray(noise).resize((new_w, new_h), Image.BILINEAR)
    ///     hashlib.sha256(resized.tobytes()).hexdigest()[:16]
    package static let pillowDigests: [PillowDigest] = [
        .init(200, 267, 150, 150, 0x5ef6f36d95f5f37f),
        .init(267, 200, 150, 150, 0xbfac048cae97337a),
        .init(150, 150, 150, 150, 0xfc618366c002182d),
        .init(150, 100, 150, 150, 0x931bca4d2f5a76aa),
        .init(100, 150, 150, 150, 0xc66a6fe91b245831),
        .init(299, 301, 150, 128, 0xe4b1b8c9568605f8),
        .init(31, 17, 97, 64, 0x6da0e767392e90b3),
        .init(640, 48, 33, 150, 0xad538bcf6395ec9e),
        .init(1, 1, 5, 3, 0x18a033adcd10360c),
        .init(1, 40, 7, 9, 0x952b2dfe604bab04),
        .init(40, 1, 9, 7, 0x5b974931f0a3379c),
        .init(37, 29, 1, 1, 0x79a3837141c281bf),
        .init(64, 3, 1, 200, 0xf6a441af3f2fbd9f),
        .init(1999, 3, 2, 2, 0xa209dc9f44421323),
        .init(2, 3, 311, 257, 0x195101fc78ce91b1),
        .init(7, 2001, 64, 3, 0x05aa2bf3f055f115),
    ]

    /// The same noise after Pillow's `resize(size, BICUBIC)`.
    package static let pillowBicubicDigests: [PillowDigest] = [
        .init(200, 267, 150, 150, 0x12d9e03aab4317e2),
        .init(267, 200, 150, 150, 0xee2bef4992c2f297),
        .init(150, 150, 150, 150, 0xfc618366c002182d),
        .init(150, 100, 150, 150, 0x95e9c90402a3a195),
        .init(100, 150, 150, 150, 0x0ad7d96098b75b22),
        .init(299, 301, 150, 128, 0x5fcdaedfe352891d),
        .init(31, 17, 97, 64, 0xe83e17c6b69525cc),
        .init(640, 48, 33, 150, 0x2a0f68b029b6d1bb),
        .init(1, 1, 5, 3, 0x18a033adcd10360c),
        .init(1, 40, 7, 9, 0xf576235a19d15768),
        .init(40, 1, 9, 7, 0x15f90c9fc37e260e),
        .init(37, 29, 1, 1, 0x79a3837141c281bf),
        .init(64, 3, 1, 200, 0x12f14fdf5ba58d02),
        .init(1999, 3, 2, 2, 0xa209dc9f44421323),
        .init(2, 3, 311, 257, 0x8f2c80b2b1db9f22),
        .init(7, 2001, 64, 3, 0xd82e4a23c7c6f24d),
    ]

    /// The 7x6 pattern after Keras's `random_transform` with shear 0.2 rad, zx 1.15, zy 0.9 and a flip:
    ///
    ///     m = np.array([[1, -np.sin(0.2)], [0, np.cos(0.2)]]) @ np.diag([1.15, 0.9]); o = np.array([6 / 2 + 0.5, 7 / 2
    ///     + 0.5]) ndimage.affine_transform(channel, m, o - m @ o, order=1, mode="nearest")[:, ::-1]
    package static let kerasWarped: [Float] = [
        138.817, 175.817, 212.817, 71.101, 108.101, 114.909, 199.000, 236.000, 17.000, 101.091, 138.091,
        144.899, 198.797, 40.183, 77.183, 161.377, 107.799, 144.799, 65.077, 102.077, 139.077, 141.224,
        178.224, 215.224, 75.117, 112.117, 118.924, 204.625, 241.625, 22.625, 108.326, 145.326, 152.133,
        207.641, 49.026, 86.026, 171.727, 118.149, 155.149, 75.427, 112.427, 149.427, 151.574, 188.574,
        143.925, 85.467, 122.467, 129.274, 214.975, 251.975, 32.975, 118.676, 155.676, 162.483, 192.051,
        59.376, 96.376, 153.870, 128.499, 165.499, 85.777, 122.777, 159.777, 161.924, 198.924, 40.309,
        95.817, 110.287, 139.624, 225.325, 25.525, 43.325, 129.026, 135.833, 172.833, 32.726, 69.726,
        106.726, 101.849, 138.849, 175.849, 96.127, 133.127, 170.127, 172.274, 209.274, 50.659, 106.167,
        112.974, 149.974, 235.675, 16.675, 53.675, 139.376, 146.183, 183.183, 43.076, 80.076, 117.076,
        112.199, 149.199, 186.199, 106.477, 143.477, 180.477, 182.624, 219.624, 61.009, 116.101, 122.909,
        159.909, 244.000, 25.000, 62.000, 146.091, 152.899, 189.899, 48.183, 85.183, 122.183, 115.696,
        152.696, 189.696, 108.365, 145.365, 182.365,
    ]

    private static func bytes(_ base64: String) -> [UInt8] { Array(Data(base64Encoded: base64) ?? Data()) }
}
