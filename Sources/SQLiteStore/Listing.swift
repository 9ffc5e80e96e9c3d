package import Intake
package import Queue

extension SQLiteStore {
    package func append(
        _ references: [PictureReference], firstNumber: Int, root: Path, cursor: [UInt8], leftOut: [String: Int],
        isLast: Bool, to claim: Claim
    ) throws(StoreError) -> ClaimStanding {
        try write { tx in
            guard let hold = try tx.hold(claim) else { return .lost }
            let listed = try tx.itemsListed(claim.job)
            // Sent again after a commit whose answer was lost.
            if !references.isEmpty && firstNumber + references.count == listed { return hold.standing }
            guard firstNumber == listed else {
                throw StoreError.refused(why: "the listing continues at item \(listed), not at \(firstNumber)")
            }
            try tx.db.run(
                "UPDATE job SET root = coalesce(root, ?), cursor = ?, left_out = ? WHERE id = ?", root, cursor,
                try json(leftOut), claim.job)
            let items = references.enumerated().map { Item(number: firstNumber + $0, reference: $1) }
            let known = try tx.insert(items, job: claim.job)
            try tx.insertShards(firstNumber..<firstNumber + references.count, without: known, job: claim.job)
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

    /// Returns the numbers of those whose prediction was known.
    fileprivate func insert(_ items: [Item], job: JobID) throws -> Set<Int> {
        var authors: [String: Author] = [:]
        var recorder = try OutcomeRecorder(self, job: job)
        var known: Set<Int> = []
        for item in items {
            var author: Author?
            if let name = item.reference.post.author {
                author = try authors[name] ?? self.author(named: name)
                authors[name] = author
            }
            try insert(item, author: author, job: job)
            if try recorder.recordIfKnown(item, origin: Origin(post: item.reference.post, author: author)) {
                known.insert(item.number)
            }
        }
        try recorder.finish()
        return known
    }

    /// - known: Items that are not open.
    fileprivate func insertShards(_ numbers: Range<Int>, without known: Set<Int>, job: JobID) throws {
        var shard = (try db.row("SELECT max(number) FROM shard WHERE job = ?", job) { $0.int(0) } ?? 0) + 1
        for first in stride(from: numbers.lowerBound, to: numbers.upperBound, by: shardSize) {
            let end = min(first + shardSize, numbers.upperBound)
            let state = (first..<end).allSatisfy(known.contains) ? ShardState.done : .open
            try db.run(
                "INSERT INTO shard (job, number, first, count, state) VALUES (?, ?, ?, ?, ?)", job, shard, first,
                end - first, state.rawValue)
            shard += 1
        }
    }
}
