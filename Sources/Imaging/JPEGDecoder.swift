internal import CTurboJPEG

/// TurboJPEG's decompressor. Works with libjpeg-turbo 2 and 3.
@safe final class JPEGDecoder: PictureFormatDecoder {
    private let handle: tjhandle

    init() throws(PictureError) {
        guard let handle = unsafe tjInitDecompress() else {
            throw PictureError(.unreadable, "the JPEG decompressor cannot start: not enough memory")
        }
        unsafe self.handle = handle
    }

    deinit { unsafe tjDestroy(handle) }

    func header(of file: Span<UInt8>) throws(PictureError) -> JPEGHeader { try JPEGHeader(parsing: file) }

    /// TurboJPEG also has the eighths between, but without SIMD code, and what they give is further from a filtered
    /// picture.
    func size(of header: JPEGHeader, atLeast least: PictureSize) -> PictureSize { header.size.scaled(atLeast: least) }

    func decode(
        _ file: Span<UInt8>, _ header: JPEGHeader, _ size: PictureSize, into pixels: inout [UInt8]
    ) throws(PictureError) -> PictureDamage? {
        let isCMYK = header.componentCount == 4
        pixels.makeRoom(for: size.pixelCount * (isCMYK ? 4 : 3))
        let warning = try decompress(file.extracting(header.start...), size, isCMYK, into: &pixels)
        let damage = damage(file, header, warning)
        if isCMYK {
            var span = pixels.mutableSpan
            Self.convertCMYK(&span, count: size.pixelCount, isInverted: header.isAdobe)
        }
        return damage
    }

    /// Returns the first warning.
    private func decompress(
        _ file: Span<UInt8>, _ size: PictureSize, _ isCMYK: Bool, into pixels: inout [UInt8]
    ) throws(PictureError) -> JPEGWarning? {
        let status = unsafe file.withUnsafeBufferPointer { file in
            unsafe pixels.withUnsafeMutableBufferPointer { pixels in
                unsafe tjDecompress2(
                    handle, file.baseAddress, UInt(file.count), pixels.baseAddress, Int32(size.width), 0,
                    Int32(size.height), Int32((isCMYK ? TJPF_CMYK : TJPF_RGB).rawValue), 0)
            }
        }
        guard status != 0 else { return nil }
        let message = unsafe String(cString: tjGetErrorStr2(handle))
        guard unsafe tjGetErrorCode(handle) == Int32(TJERR_WARNING.rawValue) else {
            let reason = message.contains("nsufficient memory") ? PictureError.Reason.tooLarge : .corrupt
            throw PictureError(reason, "the JPEG cannot be decoded: \(message)")
        }
        return JPEGWarning(message)
    }

    private func damage(
        _ file: Span<UInt8>, _ header: JPEGHeader, _ warning: JPEGWarning?
    ) -> PictureDamage? {
        if !header.isComplete || warning == .premature { return .truncated }
        guard let warning else { return nil }
        if warning == .lostData { return .damaged }
        if case .extraneous(let count, JPEGWarning.endOfImage) = warning {
            return header.areLostData(count, in: file) ? .damaged : nil
        }
        // TurboJPEG keeps the first warning alone, so this one may hide another.
        let clean = JPEGHeader.withoutOddities(file, from: header.start)
        // The compressed data are read whole at any size.
        let isCMYK = header.componentCount == 4
        let size = header.size.scaled(atLeast: PictureSize(width: 1, height: 1))
        var ignored = [UInt8](repeating: 0, count: size.pixelCount * (isCMYK ? 4 : 3))
        let hidden: JPEGWarning?
        do { hidden = try decompress(clean.span, size, isCMYK, into: &ignored) } catch { return .damaged }
        switch hidden {
        case nil, .harmless: return nil
        case .extraneous(let count, JPEGWarning.endOfImage): return header.areLostData(count, in: file) ? .damaged : nil
        case .premature, .lostData, .extraneous: return .damaged
        }
    }

    /// Packs CMYK as RGB at the front of `pixels`. Inverted, 255 is no ink.
    private static func convertCMYK(_ pixels: inout MutableSpan<UInt8>, count: Int, isInverted: Bool) {
        let flip: UInt8 = isInverted ? 0 : 255
        for pixel in 0..<count {
            let black = Int(pixels[4 * pixel + 3] ^ flip)
            for channel in 0..<3 {
                let light = Int(pixels[4 * pixel + channel] ^ flip)
                pixels[3 * pixel + channel] = UInt8(truncatingIfNeeded: (light * black + 127) / 255)
            }
        }
    }
}
