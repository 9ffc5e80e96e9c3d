import CKernels

/// SHA-256 as FIPS 180-4 defines it.
@safe struct SHA256 {
    /// Bytes of a digest.
    static let byteCount = 32

    private static let fastest = unsafe bagq_fastest_sha256()
    private let kernel: bagq_sha256

    private var state: InlineArray<8, UInt32> = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    /// The beginning of a block that is not full yet.
    private var pending: [UInt8] = []
    private var byteCount: UInt64 = 0

    init() { unsafe kernel = Self.fastest }

    /// All kernels give the same digests.
    init(_ kernel: @escaping bagq_sha256) { unsafe self.kernel = kernel }

    static func digest(of bytes: Span<UInt8>) -> [UInt8] {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finish()
    }

    mutating func update(_ bytes: Span<UInt8>) {
        byteCount += UInt64(bytes.count)
        var start = 0
        if !pending.isEmpty {
            while pending.count < 64, start < bytes.count {
                pending.append(bytes[start])
                start += 1
            }
            guard pending.count == 64 else { return }
            state = compress(pending.span)
            pending.removeAll(keepingCapacity: true)
        }
        let end = start + (bytes.count - start) / 64 * 64
        state = compress(bytes.extracting(start..<end))
        for index in end..<bytes.count { pending.append(bytes[index]) }
    }

    consuming func finish() -> [UInt8] {
        let bitCount = byteCount &* 8
        var padding: [UInt8] = [0x80]
        padding += repeatElement(0, count: (119 - Int(byteCount % 64)) % 64)
        for shift in stride(from: 56, through: 0, by: -8) {
            padding.append(UInt8(truncatingIfNeeded: bitCount >> UInt64(shift)))
        }
        update(padding.span)
        var digest: [UInt8] = []
        digest.reserveCapacity(Self.byteCount)
        for index in state.indices {
            for shift in stride(from: 24, through: 0, by: -8) {
                digest.append(UInt8(truncatingIfNeeded: state[index] >> UInt32(shift)))
            }
        }
        return digest
    }

    /// The state after whole blocks.
    private func compress(_ blocks: Span<UInt8>) -> InlineArray<8, UInt32> {
        var next = state
        var words = next.mutableSpan
        unsafe words.withUnsafeMutableBufferPointer { state in
            unsafe blocks.withUnsafeBufferPointer { blocks in
                guard let state = state.baseAddress, let first = blocks.baseAddress else { return }
                unsafe kernel(state, first, blocks.count / 64)
            }
        }
        return next
    }
}

/// HMAC-SHA-256 (RFC 2104): tells nothing about `message` to whoever lacks the key. 32 bytes.
package func keyedHash(of message: [UInt8], key: [UInt8]) -> [UInt8] {
    let short = key.count > 64 ? SHA256.digest(of: key.span) : key
    let block = short + [UInt8](repeating: 0, count: 64 - short.count)
    let inner = block.map { $0 ^ 0x36 } + message
    let outer = block.map { $0 ^ 0x5c } + SHA256.digest(of: inner.span)
    return SHA256.digest(of: outer.span)
}
