/// SHA-256 as FIPS 180-4 defines it.
struct SHA256 {
    /// Bytes of a digest.
    static let byteCount = 32

    private var state: InlineArray<8, UInt32> = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    /// The beginning of a block that is not full yet.
    private var pending: [UInt8] = []
    private var byteCount: UInt64 = 0

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
            state = Self.compress(pending.span, from: 0, to: 64, state)
            pending.removeAll(keepingCapacity: true)
        }
        let end = start + (bytes.count - start) / 64 * 64
        state = Self.compress(bytes, from: start, to: end, state)
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

    /// Section 6.2.2, over whole blocks.
    private static func compress(
        _ bytes: Span<UInt8>, from start: Int, to end: Int, _ initial: InlineArray<8, UInt32>
    ) -> InlineArray<8, UInt32> {
        let constants = roundConstants
        var state = initial
        /// The last 16 words of the message schedule, in a ring.
        var words = InlineArray<16, UInt32>(repeating: 0)
        for block in stride(from: start, to: end, by: 64) {
            for index in 0..<16 {
                let at = block + 4 * index
                words[index] =
                    UInt32(bytes[at]) << 24 | UInt32(bytes[at + 1]) << 16 | UInt32(bytes[at + 2]) << 8
                    | UInt32(bytes[at + 3])
            }
            var (a, b, c, d) = (state[0], state[1], state[2], state[3])
            var (e, f, g, h) = (state[4], state[5], state[6], state[7])
            for round in 0..<64 {
                if round >= 16 {
                    let early = words[(round + 1) & 15]
                    let late = words[(round + 14) & 15]
                    let sigma0 = early.rotated(7) ^ early.rotated(18) ^ early >> 3
                    let sigma1 = late.rotated(17) ^ late.rotated(19) ^ late >> 10
                    words[round & 15] = words[round & 15] &+ sigma0 &+ words[(round + 9) & 15] &+ sigma1
                }
                let sum1 = e.rotated(6) ^ e.rotated(11) ^ e.rotated(25)
                let choice = (e & f) ^ (~e & g)
                let first = h &+ sum1 &+ choice &+ constants[round] &+ words[round & 15]
                let sum0 = a.rotated(2) ^ a.rotated(13) ^ a.rotated(22)
                let majority = (a & b) ^ (a & c) ^ (b & c)
                (h, g, f, e) = (g, f, e, d &+ first)
                (d, c, b, a) = (c, b, a, first &+ sum0 &+ majority)
            }
            state[0] &+= a
            state[1] &+= b
            state[2] &+= c
            state[3] &+= d
            state[4] &+= e
            state[5] &+= f
            state[6] &+= g
            state[7] &+= h
        }
        return state
    }

    private static let roundConstants: InlineArray<64, UInt32> = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ]
}

extension UInt32 {
    fileprivate func rotated(_ count: UInt32) -> UInt32 { self &>> count | self &<< (32 - count) }
}

/// HMAC-SHA-256 (RFC 2104): tells nothing about `message` to whoever lacks the key. 32 bytes.
package func keyedHash(of message: [UInt8], key: [UInt8]) -> [UInt8] {
    let short = key.count > 64 ? SHA256.digest(of: key.span) : key
    let block = short + [UInt8](repeating: 0, count: 64 - short.count)
    let inner = block.map { $0 ^ 0x36 } + message
    let outer = block.map { $0 ^ 0x5c } + SHA256.digest(of: inner.span)
    return SHA256.digest(of: outer.span)
}
