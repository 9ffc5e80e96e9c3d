import Queue

/// An author as items and sightings need it.
struct Author {
    var id: Int
    var hash: [UInt8]
    /// Its pictures make no sighting.
    var isForgotten: Bool
}

extension Transaction {
    /// An author's row, made if it is new. Its name is kept only where the options say so.
    func author(named name: String) throws -> Author {
        let hash = authorHash(of: name, key: authorKey)
        let known = try db.row("SELECT id, forgotten FROM author WHERE hash = ?", hash) {
            Author(id: $0.int(0), hash: hash, isForgotten: $0.int(1) > 0)
        }
        if let known { return known }
        try db.run("INSERT INTO author (hash, name) VALUES (?, ?)", hash, options.keepsAuthorNames ? name : nil)
        return Author(id: Int(db.lastInsertedRow), hash: hash, isForgotten: false)
    }
}
