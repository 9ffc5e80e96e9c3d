import CKernels
import Testing

@testable import Queue

struct FingerprintTests {
    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// FIPS 180-4's examples (csrc.nist.gov, SHA256.pdf) and the empty message.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ])
    func matchesNIST(message: String, digest: String) {
        let bytes = Array(message.utf8)
        #expect(Self.hex(SHA256.digest(of: bytes.span)) == digest)
        #expect(Self.hex(Fingerprint(of: bytes.span).bytes) == digest.prefix(32))
        var portable = unsafe SHA256(bagq_sha256_portable)
        portable.update(bytes.span)
        #expect(Self.hex(portable.finish()) == digest)
    }

    @Test func isTheSameInPieces() {
        let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        for cut in bytes.indices {
            var hash = SHA256()
            hash.update(bytes.span.extracting(0..<cut))
            hash.update(bytes.span.extracting(cut..<300))
            #expect(hash.finish() == SHA256.digest(of: bytes.span))
        }
    }

    @Test func allKernelsGiveTheSameDigests() {
        let bytes = (0..<1500).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31 >> 3) }
        for count in bytes.indices {
            var portable = unsafe SHA256(bagq_sha256_portable)
            portable.update(bytes.span.extracting(first: count))
            #expect(portable.finish() == SHA256.digest(of: bytes.span.extracting(first: count)))
        }
    }

    /// RFC 4231, cases 1, 2 and 6.
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func keyedHashMatchesRFC4231(key: [UInt8], message: String, digest: String) {
        #expect(Self.hex(keyedHash(of: Array(message.utf8), key: key)) == digest)
    }
}
