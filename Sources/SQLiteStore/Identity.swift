import Imaging
import Intake

/// What makes two pictures one sighting: the picture's bytes, and its place in its post or, without a post, its author.
enum SightingIdentity {
    /// 16 bytes: SHA-256 of the parts, each after its length, so that no two lists of parts run together alike.
    static func bytes(_ fingerprint: Fingerprint, _ origin: Origin) -> [UInt8] {
        var parts = [fingerprint.bytes]
        if let post = origin.post {
            parts += [Array((origin.platform ?? "").utf8), Array(post.utf8), Array(String(origin.place ?? 0).utf8)]
        } else {
            parts.append(origin.authorHash ?? [])
        }
        let message = parts.flatMap { part in
            stride(from: 0, to: 64, by: 8).map { UInt8(truncatingIfNeeded: part.count >> $0) } + part
        }
        return Fingerprint(of: message.span).bytes
    }

    /// The author group, 0 to 19: from the author's hash, or the identity where no author is known.
    static func group(of hash: [UInt8]) -> Int {
        Int(hash.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } % 20)
    }
}

extension Transaction {
    /// The row of an author, made if it is new. Its name is kept only where the options say so.
    func author(named name: String) throws -> Int {
        let hash = authorHash(name)
        if let known = try db.row("SELECT id FROM author WHERE hash = ?", hash, map: { $0.int(0) }) { return known }
        try db.run("INSERT INTO author (hash, name) VALUES (?, ?)", hash, options.keepsAuthorNames ? name : nil)
        return Int(db.lastInsertedRow)
    }

    /// Keyed with the database's own key, so that nobody can try names out on hashes that got about.
    func authorHash(_ name: String) -> [UInt8] {
        Array(keyedHash(of: Array(name.utf8), key: authorKey).prefix(16))
    }
}
