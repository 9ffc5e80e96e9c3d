import Intake
package import Queue

extension SQLiteStore {
    package func known(
        _ fingerprints: [Fingerprint], for claim: Claim
    ) throws(StoreError) -> [Fingerprint: Prediction] {
        try readBeside { tx in
            guard let keys = try tx.knownKeys(of: claim.job) else { return [:] }
            var known: [Fingerprint: Prediction] = [:]
            for fingerprint in fingerprints where known[fingerprint] == nil {
                guard var prediction = try tx.earlier(keys, keys.key(of: fingerprint))?.prediction else { continue }
                prediction.postTime = nil
                known[fingerprint] = prediction
            }
            return known
        }
    }
}

/// What a job's pictures are known by: 64 bits of a hash that nobody can make collide without the store's own key.
struct KnownKeys {
    let model: Int
    /// What precedes all messages: the store's key and the job's precision.
    private let prefix: [UInt8]
    private let root: Path

    init(model: Int, precision: String, root: Path, key: [UInt8]) {
        self.model = model
        self.root = root
        prefix = key + Array(precision.utf8)
    }

    /// By the bytes.
    func key(of fingerprint: Fingerprint) -> Int64 {
        hash(prefix + [0] + fingerprint.bytes)
    }

    /// By path, slice, size and time. Nil without a stamp.
    func key(of reference: PictureReference) -> Int64? {
        guard let stamp = reference.stamp else { return nil }
        let slice = reference.place.slice
        var message = prefix
        message.reserveCapacity(256)
        message.append(slice == nil ? 1 : 2)
        for number in [stamp.size, Int(stamp.modified), slice?.offset ?? 0, slice?.length ?? 0] {
            for shift in stride(from: 0, to: 64, by: 8) { message.append(UInt8(truncatingIfNeeded: number >> shift)) }
        }
        message += root.appending(reference.place.path).bytes
        return hash(message)
    }

    private func hash(_ message: [UInt8]) -> Int64 {
        Int64(
            truncatingIfNeeded: Fingerprint(of: message.span).bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        )
    }
}

/// An earlier item's prediction.
struct EarlierPrediction {
    /// With the flag `earlier`.
    var prediction: Prediction
    var fingerprint: Fingerprint
    /// What that item's post said.
    private var postedAt: PostTime?

    /// From the columns of `Transaction.earlier`.
    init(_ row: Row) {
        prediction = Prediction(
            brand: row.int(0), probabilities: decodeProbabilities(row.bytes(1)),
            flags: PredictionFlags(rawValue: row.int(2)).union(.earlier), postTime: row.postTime(3))
        fingerprint = Fingerprint(bytes: row.bytes(5))
        postedAt = row.postTime(6)
    }

    /// What comes out for the same file in a post of that time. Nil where that cannot be told: the file's own time
    /// stood back behind the earlier post's and was not kept.
    func outcome(of item: Item) -> Outcome? {
        let time = item.reference.post.time
        var prediction = prediction
        if time != postedAt {
            if let time, time.source > .exif {
                prediction.postTime = time
            } else if prediction.postTime != postedAt {
                prediction.postTime = [time, prediction.postTime].compactMap(\.self).max { $0.source < $1.source }
            } else {
                return nil
            }
        }
        return Outcome(item: item, result: .prediction(prediction, fingerprint))
    }
}

extension Transaction {
    func knownKeys(of job: JobID) throws -> KnownKeys? {
        try db.row(
            """
            SELECT model.id, iif(job.precision = 'auto', model.precision, job.precision), coalesce(job.root, job.path)
            FROM job JOIN model ON model.id = job.model WHERE job.id = ?
            """, job
        ) { KnownKeys(model: $0.int(0), precision: $0.text(1), root: $0.path(2), key: authorKey) }
    }

    func earlier(_ keys: KnownKeys, _ key: Int64) throws -> EarlierPrediction? {
        try db.row(
            """
            SELECT prediction.brand, prediction.probabilities, prediction.flags, prediction.posted_at,
                prediction.time_source, prediction.fingerprint, item.posted_at, item.time_source
            FROM known CROSS JOIN prediction ON prediction.job = known.job AND prediction.number = known.number
            CROSS JOIN item ON item.job = known.job AND item.number = known.number
            WHERE known.model = ? AND known.key = ?
            """, keys.model, key, map: EarlierPrediction.init)
    }

    /// Forgets what the items of a job below a number are known by.
    func removeKnown(of job: JobID, below number: Int) throws {
        guard let keys = try knownKeys(of: job) else { return }
        let found = try db.rows(
            "SELECT fingerprint, stamp_key FROM prediction WHERE job = ? AND number < ?", job, number
        ) { row in
            (
                row.optionalBytes(0).map { keys.key(of: Fingerprint(bytes: $0)) }, row.optionalInt(1).map(Int64.init)
            )
        }
        for key in found.flatMap({ [$0.0, $0.1] }).compactMap(\.self) {
            // A newer job may have it by now.
            try db.run("DELETE FROM known WHERE model = ? AND key = ? AND job = ?", keys.model, key, job)
        }
    }
}
