/// What makes two pictures one sighting: the picture's bytes, and its place in its post or, without a post, its author.
package struct SightingIdentity: Hashable, Sendable {
    /// 16 bytes: SHA-256 of the parts, each after its length, so that no two lists of parts run together alike.
    package let bytes: [UInt8]

    /// - postID: Nil where no post is known.
    /// - place: Of the picture in the post.
    /// - authorHash: See `authorHash(of:key:)`; nil where no author is known.
    package init(
        _ fingerprint: Fingerprint, platform: String?, postID: String?, place: Int?, authorHash: [UInt8]?
    ) {
        var message: [UInt8] = []
        message.reserveCapacity(128)
        func append(_ part: some Collection<UInt8>) {
            for shift in stride(from: 0, to: 64, by: 8) {
                message.append(UInt8(truncatingIfNeeded: part.count >> shift))
            }
            message += part
        }
        append(fingerprint.bytes)
        if let postID {
            append((platform ?? "").utf8)
            append(postID.utf8)
            append(String(place ?? 0).utf8)
        } else {
            append(authorHash ?? [])
        }
        bytes = Fingerprint(of: message.span).bytes
    }
}

/// An author's name hashed with a store's own key, so that nobody can try names out on hashes that got about. 16 bytes.
package func authorHash(of name: String, key: [UInt8]) -> [UInt8] {
    Array(keyedHash(of: Array(name.utf8), key: key).prefix(16))
}

/// One of 20 groups, 0 to 19, that all sightings of an author share: intervals resample groups, not sightings.
/// - hash: The author's, or the sighting's identity where no author is known.
package func authorGroup(of hash: [UInt8]) -> Int {
    Int(hash.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } % 20)
}
