package import Intake
package import Queue

/// A picture as it would come to be counted, made up by a benchmark.
package struct MadeSighting: Sendable {
    package var post: Post
    package var fingerprint: Fingerprint
    /// Index in the classes of the job's model.
    package var brand: Int
    /// A `ConfidenceStep`.
    package var step: Int

    package init(post: Post, fingerprint: Fingerprint, brand: Int, step: Int) {
        self.post = post
        self.fingerprint = fingerprint
        self.brand = brand
        self.step = step
    }
}

extension SQLiteStore {
    /// Counts the sightings of a job that has no items, by the steps that recording takes: so benchmarks come to sums
    /// of many millions in minutes. One transaction, with as many bytes of memory for it as `cacheBytes`.
    package func see(
        _ sightings: some Sequence<MadeSighting>, in job: JobID, cacheBytes: Int = 1 << 30
    ) throws(StoreError) {
        try alone { try $0.execute("PRAGMA cache_size = -\(cacheBytes / 1024)") }
        try write { tx in
            let model = try tx.db.row(
                "SELECT model.id, model.classes FROM job JOIN model ON model.id = job.model WHERE job.id = ?", job
            ) { (id: $0.int(0), classes: try $0.json(1, as: [String].self)) }
            guard let model else { throw StoreError.notFound(what: "there is no job \(job)") }
            var authors: [String: Author] = [:]
            var sums = SumChanges()
            for (number, made) in sightings.enumerated() {
                var author: Author?
                if let name = made.post.author {
                    author = try authors[name] ?? tx.author(named: name)
                    authors[name] = author
                }
                try tx.see(
                    Sight(
                        job: job, number: number, model: model.id, brand: made.brand,
                        brandName: model.classes[made.brand], step: made.step, fingerprint: made.fingerprint,
                        origin: Origin(post: made.post, author: author), time: made.post.time), &sums)
            }
            try sums.apply(tx.db)
        }
    }
}
