/// The first 16 bytes of a file's SHA-256: equal bytes, equal fingerprint.
package struct Fingerprint: Hashable, Sendable {
    package var bytes: [UInt8]

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(of file: Span<UInt8>) {
        bytes = Array(SHA256.digest(of: file).prefix(16))
    }
}
