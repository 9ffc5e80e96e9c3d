import Imaging
import Intake

/// Authors and sightings are known by hashes.
extension Transaction {
    /// The row of an author, made if it is new. Its name is kept only where the options say so.
    func author(named name: String) throws -> Int {
        let hash = authorHash(name)
        if let known = try db.row("SELECT id FROM author WHERE hash = ?", hash, map: { $0.int(0) }) { return known }
        try db.run("INSERT INTO author (hash, name) VALUES (?, ?)", hash, options.keepsAuthorNames ? name : nil)
        return Int(db.lastInsertedRow)
    }

    /// Keyed with the database's own key, so that nobody can try names out against a copied hash.
    func authorHash(_ name: String) -> [UInt8] {
        Array(Digest.keyed(authorKey, Array(name.utf8)).prefix(16))
    }
}

/// What makes two pictures one sighting: the bytes of the picture and its place in its post; without a post, its author.
struct SightingIdentity {
    var bytes: [UInt8]

    init(_ fingerprint: Fingerprint, platform: String?, post: String?, place: Int?, authorHash: [UInt8]?) {
        var text: [UInt8] = []
        func add(_ field: [UInt8]) {
            text += withUnsafeCount(field.count)
            text += field
        }
        add(fingerprint.bytes)
        if let post {
            add(Array((platform ?? "").utf8))
            add(Array(post.utf8))
            add(Array(String(place ?? 0).utf8))
        } else {
            add(authorHash ?? [])
        }
        bytes = Array(Digest.sha256(text).prefix(16))
    }

    /// Sightings of an author share a group; one without author is its own.
    static func group(_ hash: [UInt8]) -> Int {
        Int(hash.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } % 20)
    }
}

private func withUnsafeCount(_ count: Int) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) }
}

/// Stands in for SHA-256 and HMAC until Imaging has them.
enum Digest {
    static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        for seed in 0..<4 as Range<UInt64> {
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325 &+ seed &* 0x9E37_79B9_7F4A_7C15
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            hash ^= hash >> 29
            hash = hash &* 0xBF58_476D_1CE4_E5B9
            hash ^= hash >> 32
            out += (0..<8).map { UInt8(truncatingIfNeeded: hash >> ($0 * 8)) }
        }
        return out
    }
    static func keyed(_ key: [UInt8], _ bytes: [UInt8]) -> [UInt8] { sha256(key + bytes) }
}
