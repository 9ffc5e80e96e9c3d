/// A path as the file system has it: bytes, not necessarily UTF-8, without NUL.
package struct PicturePath: Hashable, Comparable, Sendable {
    package var bytes: [UInt8]

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(_ string: String) {
        bytes = Array(string.utf8)
    }

    /// This path with `relative` below it.
    package func appending(_ relative: PicturePath) -> PicturePath {
        if bytes.isEmpty { return relative }
        return PicturePath(bytes: bytes + (bytes.last == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]) + relative.bytes)
    }

    package static func < (left: PicturePath, right: PicturePath) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}
