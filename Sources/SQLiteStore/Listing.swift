package import Intake
package import Queue

extension SQLiteStore {
    package func append(
        _ references: [PictureReference], firstNumber: Int, cursor: [UInt8], leftOut: [String: Int], isLast: Bool,
        to claim: Claim
    ) throws(StoreError) -> ClaimStanding {
        try write { tx in
            guard let hold = try tx.hold(claim) else { return .lost }
            let listed = try tx.itemsListed(claim.job)
            // Sent again after a commit whose answer was lost.
            if !references.isEmpty && firstNumber + references.count == listed { return hold.standing }
            guard firstNumber == listed else {
                throw StoreError.refused(why: "the listing continues at item \(listed), not at \(firstNumber)")
            }
            try tx.insertItems(references, firstNumber: firstNumber, job: claim.job)
            try tx.insertShards(firstNumber..<firstNumber + references.count, job: claim.job)
            try tx.db.run(
                "UPDATE job SET cursor = ?, left_out = ? WHERE id = ?", cursor, try json(leftOut), claim.job)
            if !references.isEmpty { try tx.noteProgress(claim) }
            if isLast {
                try tx.db.run(
                    "UPDATE job SET items_total = ?, cursor = NULL WHERE id = ?", listed + references.count, claim.job)
                try tx.set(claim.job, claim.shard, to: .done)
                try tx.endIfNothingRuns(claim.job)
            }
            return hold.standing
        }
    }
}

extension Transaction {
    /// How many items the listing has recorded; the next one gets this number.
    func itemsListed(_ job: JobID) throws -> Int {
        try db.row("SELECT max(number) + 1 FROM item WHERE job = ?", job) { $0.int(0) } ?? 0
    }

    fileprivate func insertItems(_ references: [PictureReference], firstNumber: Int, job: JobID) throws {
        let insert = try db.prepare("INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        var authors: [String: Int] = [:]
        for (offset, reference) in references.enumerated() {
            var author: Int?
            if let name = reference.post.author {
                author = try authors[name] ?? self.author(named: name)
                authors[name] = author
            }
            try insert.run(
                job, firstNumber + offset, reference.place.path, reference.post.time?.timestamp,
                reference.post.time?.source.code, reference.post.platform, reference.post.id, reference.post.place,
                author)
        }
    }

    fileprivate func insertShards(_ numbers: Range<Int>, job: JobID) throws {
        var shard = (try db.row("SELECT max(number) FROM shard WHERE job = ?", job) { $0.int(0) } ?? 0) + 1
        for first in stride(from: numbers.lowerBound, to: numbers.upperBound, by: shardSize) {
            try db.run(
                "INSERT INTO shard (job, number, first, count) VALUES (?, ?, ?, ?)", job, shard, first,
                min(shardSize, numbers.upperBound - first))
            shard += 1
        }
    }

    /// The items of a range that have no outcome, in order.
    func openItems(of job: JobID, numbers: Range<Int>) throws -> [Item] {
        try db.rows(
            """
            SELECT \(itemColumns) FROM item LEFT JOIN author ON author.id = item.author
            WHERE item.job = ?1 AND item.number >= ?2 AND item.number < ?3
                AND NOT EXISTS (SELECT 1 FROM prediction WHERE job = ?1 AND number = item.number)
                AND NOT EXISTS (SELECT 1 FROM failure WHERE job = ?1 AND number = item.number)
            ORDER BY item.number
            """, job, numbers.lowerBound, numbers.upperBound
        ) { $0.item(0) }
    }
}

/// The columns that `Row.item` reads, of `item LEFT JOIN author`.
let itemColumns = """
    item.number, item.path, item.posted_at, item.time_source, item.platform, item.post, item.place,
    iif(item.author IS NULL, NULL, coalesce(author.name, lower(hex(author.hash))))
    """

extension Row {
    /// From the eight `itemColumns`. An author whose name is not kept appears as its keyed hash.
    func item(_ column: Int) -> Item {
        Item(
            number: int(column),
            reference: PictureReference(
                path: path(column + 1),
                post: Post(
                    time: postTime(column + 2), platform: optionalText(column + 4), id: optionalText(column + 5),
                    place: optionalInt(column + 6), author: optionalText(column + 7))))
    }
}
