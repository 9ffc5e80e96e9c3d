import Queue

extension Transaction {
    /// The row of an author, made if it is new. Its name is kept only where the options say so.
    func author(named name: String) throws -> Int {
        let hash = authorHash(of: name, key: authorKey)
        if let known = try db.row("SELECT id FROM author WHERE hash = ?", hash, map: { $0.int(0) }) { return known }
        try db.run("INSERT INTO author (hash, name) VALUES (?, ?)", hash, options.keepsAuthorNames ? name : nil)
        return Int(db.lastInsertedRow)
    }
}
