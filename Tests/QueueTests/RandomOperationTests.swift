import Foundation
import Intake
import Queue
import SQLiteStore
import TestSupport
import Testing

/// Random calls on both stores at once: whatever is done, both must answer alike, and what must always hold, holds.
@Suite struct RandomOperationTests {
    static let seeds: UInt64 = ProcessInfo.processInfo.environment["BAGQ_SLOW_TESTS"] == nil ? 6 : 100

    @Test(arguments: 1...seeds) func storesAgree(seed: UInt64) throws {
        var run = RandomRun(
            memory: try StoreHarness(.memory), sqlite: try StoreHarness(.sqlite),
            random: Generator(state: seed))
        for step in 0..<150 {
            try run.step("seed \(seed), step \(step)")
        }
    }
}

private struct RandomRun {
    let memory: StoreHarness
    let sqlite: StoreHarness
    var random: Generator
    var jobs: [JobID] = [JobID(rawValue: 77)]
    var models: [ModelVersion] = [ModelVersion(name: "none", number: 1)]
    /// Also those that are lost: they must be refused.
    var claims: [Claim] = []
    var comment = Comment("")

    mutating func step(_ text: String) throws {
        comment = Comment(rawValue: text)
        switch Int.random(in: 0..<30, using: &random) {
        case 0, 1: try submit()
        case 2: try agree { try $0.add(StoreHarness.newModel, named: "luxe") }.map { models.append($0) }
        case 3: try train()
        case 4: try onJob { store, id in try store.cancel(id) }
        case 5: try onJob { store, id in try store.pause(id) }
        case 6, 7: try onJob { store, id in try store.resume(id) }
        case 8:
            let id = jobs.randomElement(using: &random, or: jobs[0])
            try agree { try $0.retry(id) }
        case 9: try onJob { store, id in try store.forget(id) }
        case 10:
            let author = "author \(Int.random(in: 0..<4, using: &random))"
            try agree { try $0.forget(author: author) }
        case 11:
            let threshold = [nil, 0.5, 0.7].randomElement(using: &random, or: nil)
            try onModel { store, model in try store.activate(model, threshold: threshold) }
        case 12: try onModel { store, model in try store.remove(model) }
        case 13:
            let seconds: Double = [1, 20, 61].randomElement(using: &random, or: 1)
            for harness in [memory, sqlite] { harness.clock.advance(seconds: seconds) }
        case 14: for harness in [memory, sqlite] { harness.clock.restartMachine() }
        case 15:
            let who = worker("\(Int.random(in: 0..<3, using: &random))")
            try agree { try $0.leave(who) }
        case 16:
            let who = worker("\(Int.random(in: 0..<3, using: &random))")
            let report = WorkerReport(state: .working, job: jobs.randomElement(using: &random), ratePerSecond: 2)
            try agree { try $0.heartbeat(who, report) }
        case 17..<22: try claim()
        default: try work()
        }
        try compare()
    }

    private mutating func submit() throws {
        let model = models.randomElement(using: &random, or: models[0])
        let request = JobRequest.classify(
            ClassifyRequest(
                source: Path("/pictures"), name: "n", priority: Int.random(in: 0..<3, using: &random),
                model: model, countsInTrends: Int.random(in: 0..<5, using: &random) > 0,
                precision: [.auto, .auto, .fp32, .int8].randomElement(using: &random) ?? .auto))
        try agree { try $0.submit(request) }.map { jobs.append($0.id) }
    }

    private mutating func train() throws {
        let request = JobRequest.train(
            TrainRequest(
                data: Path("/data"), modelName: "luxe", priority: Int.random(in: 0..<3, using: &random),
                options: "{}"))
        if let job = try agree({ try $0.submit(request) }) {
            jobs.append(job.id)
            models.append(job.model)
        }
    }

    private mutating func onJob(_ call: (any JobStore, JobID) throws -> Void) throws {
        let id = jobs.randomElement(using: &random, or: jobs[0])
        try agree { try call($0, id) }
    }

    private mutating func onModel(_ call: (any JobStore, ModelVersion) throws -> Void) throws {
        let model = models.randomElement(using: &random, or: models[0])
        try agree { try call($0, model) }
    }

    private mutating func claim() throws {
        let who = worker("\(Int.random(in: 0..<3, using: &random))")
        let abilities = WorkerAbilities(
            kinds: [[.classify, .train], [.classify], [.train]].randomElement(using: &random) ?? [],
            kernelLevels: Bool.random(using: &random) ? ["avx2"] : ["avx2", "portable"],
            precisions: Bool.random(using: &random) ? ["fp32"] : ["bf16", "fp32"])
        let claim = try agree { store in
            var claim = try store.claim(for: who, abilities: abilities)
            if case .classify(var work) = claim?.work {
                work.items = work.items.map(\.withoutAuthor)
                claim?.work = .classify(work)
            }
            return claim
        }
        if let claim = claim ?? nil { claims.append(claim) }
    }

    /// Something that a worker does with one of its claims, old ones too.
    private mutating func work() throws {
        // Mostly a recent one, so that jobs come to an end.
        guard let claim = Bool.random(using: &random) ? claims.last : claims.randomElement(using: &random) else {
            return
        }
        switch Int.random(in: 0..<12, using: &random) {
        case 0:
            let trouble = Bool.random(using: &random) ? "the disk is away" : nil
            try agree { try $0.release(claim, because: trouble) }
        case 1: try agree { try $0.fail(claim, because: "bad luck") }
        case 2: try agree { try $0.renew(claim, itemsDone: 5, itemsTotal: 50) }
        case 3: try agree { try $0.isOutranked(claim, abilities: allWork) }
        default:
            switch claim.work {
            case .list(let work): try list(claim, work)
            case .classify(let work): try classify(claim, work)
            case .train: try train(claim)
            }
        }
    }

    private mutating func list(_ claim: Claim, _ work: ListWork) throws {
        // A gap, now and then, must be refused.
        let first = work.itemsListed + (Int.random(in: 0..<8, using: &random) == 0 ? 1 : 0)
        let references = (0..<[0, 3, 260].randomElement(using: &random, or: 3)).map { _ in randomReference() }
        let isLast = Bool.random(using: &random)
        try agree {
            try $0.append(
                references, firstNumber: first, root: Path("/pictures"), cursor: [UInt8(truncatingIfNeeded: first)],
                leftOut: ["hidden": first],
                isLast: isLast, to: claim)
        }
        // Go on from there, as a lister does.
        if let index = claims.firstIndex(of: claim), case .list(var next) = claims[index].work {
            next.itemsListed = first + references.count
            claims[index].work = .list(next)
        }
    }

    private mutating func classify(_ claim: Claim, _ work: ClassifyWork) throws {
        if work.isCautious || Int.random(in: 0..<6, using: &random) == 0, let item = work.items.first {
            try agree { try $0.suspect(item, of: claim) }
            if Bool.random(using: &random) { return }
        }
        let whole = Bool.random(using: &random)
        var outcomes: [Outcome] = []
        for item in work.items where whole || Int.random(in: 0..<4, using: &random) == 0 {
            outcomes.append(randomOutcome(item))
        }
        let fingerprints = (0..<6).map(fingerprint)
        try agree { try $0.known(fingerprints, for: claim) }
        try agree { try $0.record(outcomes, for: claim) }
        if Bool.random(using: &random) { try agree { try $0.record(outcomes, for: claim) } }
    }

    private mutating func train(_ claim: Claim) throws {
        if Int.random(in: 0..<3, using: &random) == 0 {
            try agree { try $0.finish(claim, with: StoreHarness.newModel, note: "a note") }
        } else {
            let checkpoint = Checkpoint(
                kernelLevel: Bool.random(using: &random) ? "avx2" : "portable",
                precision: Bool.random(using: &random) ? "bf16" : "fp32",
                itemsDone: Int.random(in: 0..<9, using: &random), bytes: [1, 2])
            try agree { try $0.save(checkpoint, for: claim) }
        }
    }

    private mutating func randomTime() -> PostTime? {
        let source = [TimeSource.mtime, .exif, .id, .sidecar].randomElement(using: &random)
        let time = Timestamp(milliseconds: 1_600_000_000_000 + Int64.random(in: 0..<400_000_000, using: &random))
        return Bool.random(using: &random) ? nil : source.map { PostTime(time, $0) }
    }

    private mutating func randomQuery(_ job: JobID?) -> TrendQuery {
        // 13 September 2020 and the four days after it are those of `randomTime`.
        let first = CalendarDay(rawValue: 18518 + Int.random(in: 0..<4, using: &random))
        func some(_ words: [String], of odds: Int) -> [String] {
            Int.random(in: 0..<odds, using: &random) == 0
                ? words.filter { _ in Bool.random(using: &random) } : []
        }
        let authors = (0..<4).map { "author \($0)" } + ["nobody"]
        let filter = TrendFilter(
            excludedAuthors: some(authors, of: 3), platforms: some(["x", "y", "z"], of: 3),
            hashtags: some(["a", "ab"], of: 3), excludedHashtags: some(["b", "ab"], of: 3),
            authors: Int.random(in: 0..<4, using: &random) == 0 ? some(authors, of: 1) : nil)
        var query = TrendQuery(
            days: first..<first.advanced(by: Int.random(in: 0..<4, using: &random)),
            unit: CountingUnit.allCases.randomElement(using: &random) ?? .sightings,
            job: Bool.random(using: &random) ? job : nil, filter: filter,
            spans: Bool.random(using: &random) ? [] : [18519, 18521].map(CalendarDay.init(rawValue:)),
            thresholdStep: Bool.random(using: &random) ? nil : 14)
        query.includesUndated = Bool.random(using: &random)
        query.dates = TrendDates.allCases.randomElement(using: &random) ?? .any
        return query
    }

    private mutating func randomReference() -> PictureReference {
        let author = Bool.random(using: &random) ? nil : "author \(Int.random(in: 0..<4, using: &random))"
        var post = Post(
            platform: "x", id: Bool.random(using: &random) ? nil : "\(Int.random(in: 0..<9, using: &random))",
            place: [nil, 0, 1].randomElement(using: &random) ?? nil, author: author)
        if Bool.random(using: &random) {
            post.platform = ["x", "y"].randomElement(using: &random)
            post.hashtags = [[], ["a"], ["a", "b"], ["ab"]].randomElement(using: &random, or: [])
            post.mentions = [[], ["chanel"], ["Chánel", "gucci"]].randomElement(using: &random, or: [])
            post.hasText = Bool.random(using: &random)
            post.engagement = Engagement(
                likes: Bool.random(using: &random) ? nil : Int.random(in: 0..<9, using: &random),
                comments: Bool.random(using: &random) ? nil : Int.random(in: 0..<9, using: &random))
            post.isRepost = Bool.random(using: &random)
            post.role = Int.random(in: 0..<4, using: &random) == 0 ? .thumbnail : .picture
        }
        var reference = reference(
            Int.random(in: 0..<9, using: &random), time: randomTime(), post: Bool.random(using: &random) ? Post() : post
        )
        if Int.random(in: 0..<3, using: &random) == 0 {
            let offset = 512 * Int.random(in: 0..<2, using: &random)
            reference.place.slice = FileSlice(offset: offset, length: 9, name: Path("\(offset)"))
        }
        reference.stamp = randomStamp()
        return reference
    }

    private mutating func randomStamp() -> FileStamp? {
        Bool.random(using: &random) ? nil : FileStamp(size: Int.random(in: 0..<3, using: &random), modified: 1)
    }

    private mutating func randomOutcome(_ item: Item) -> Outcome {
        var item = item
        item.reference.stamp = randomStamp()
        if Int.random(in: 0..<5, using: &random) == 0 { return failure(item) }
        let prediction = prediction(
            Int.random(in: 0..<3, using: &random), confidence: Float.random(in: 0.34...1, using: &random),
            time: item.reference.post.time ?? randomTime(),
            flags: Int.random(in: 0..<9, using: &random) == 0 ? .truncated : [])
        return Outcome(
            item: item, result: .prediction(prediction, fingerprint(Int.random(in: 0..<6, using: &random))))
    }

    // MARK: Agreement

    /// Makes the call on both; returns the answer, nil where both threw the same kind of error.
    @discardableResult
    private func agree<T: Equatable>(_ call: (any JobStore) throws -> T) throws -> T? {
        let expected = Result { try call(memory.store) }
        let found = Result { try call(sqlite.store) }
        switch (expected, found) {
        case (.success(let expected), .success(let found)):
            if expected == found { return found }
            Issue.record("\(comment): \("\(expected)".prefix(500)) but \("\(found)".prefix(500))")
            throw HarnessError.disagreement
        case (.failure(let expected as StoreError), .failure(let found as StoreError)):
            try #require(expected.kind == found.kind, comment)
            return nil
        default:
            Issue.record("\(comment): \("\(expected)".prefix(500)) but \("\(found)".prefix(500))")
            throw HarnessError.disagreement
        }
    }

    private func agree(_ call: (any JobStore) throws -> Void) throws {
        try agree { store -> Bool in
            try call(store)
            return true
        }
    }

    /// All that can be read is the same, and adds up.
    private mutating func compare() throws {
        let all = try agree { try $0.jobs(limit: 1000).map(\.withoutError) } ?? []
        for job in all {
            let results =
                try agree { try $0.results(of: job.id, after: -1, limit: 10_000).map(\.withoutAuthor) } ?? []
            let failures =
                try agree { try $0.failures(of: job.id, after: -1, limit: 10_000).map(\.withoutAuthor) } ?? []
            #expect(Set(results.map(\.item.number)).isDisjoint(with: failures.map(\.item.number)), comment)
            #expect(Set(results.map(\.item.number)).count == results.count, comment)
            if job.request.kind == .classify {
                #expect(job.itemsDone == results.count && job.itemsFailed == failures.count, comment)
            }
            #expect(job.state.isFinal == (job.finishedAt != nil), comment)
        }
        let live = try claims.filter { claim in try agree { try $0.standing(of: claim) } != .lost }
        #expect(Set(live.map { [Int64($0.shard), $0.job.rawValue] }).count == live.count, comment)
        for model in try agree({ try $0.models() }) ?? [] where model.state == .ready {
            let queries = [nil, all.first?.id].map { TrendQuery(days: SightingTests.allDays, job: $0) }
            for query in queries + [randomQuery(all.randomElement(using: &random)?.id)] {
                let before = comment
                comment = Comment(rawValue: "\(before.rawValue), \(query)")
                defer { comment = before }
                try agree { store in
                    var window = try store.trends(of: model.version, query)
                    window.sums = merged(window.sums)
                    return window
                }
                let strengths: Set<DateStrength> = [.strong, Bool.random(using: &random) ? .weak : .undated]
                try agree { store in
                    try store.engagement(of: model.version, query, strengths: strengths, threshold: 0.5)
                }
            }
        }
        try agree { Set(try $0.failureCounts()) }
        let strengths: Set = [DateStrength.strong]
        try agree { try $0.origins(days: SightingTests.allDays, strengths: strengths) }
        for model in try agree({ try $0.models() }) ?? [] where model.state == .ready {
            try agree { Set(try $0.unclassified(by: model.version, days: SightingTests.allDays)) }
            let query = SightingQuery(
                days: SightingTests.allDays, strengths: strengths, threshold: 0.5, job: all.first?.id)
            for stratum in Stratum.all(of: model.classes) {
                try agree { store in
                    // Numbers are each store's own, and so is the order of equals.
                    try store.sightings(
                        of: model.version, in: stratum, query, order: .mostConfident, limit: 1000
                    ).map(\.confidence)
                }
                try agree { store in
                    Set(
                        try store.sightings(
                            of: model.version, in: stratum, query, order: .leastConfident, limit: 1000
                        ).map(\.withoutNumber))
                }
            }
        }
        try agree { try $0.workers() }
        try agree { try $0.resolve(nil) }
        for kinds in [[JobKind.classify], [.train], [.classify, .train]] {
            try agree { try $0.hasUnfinishedWork(for: WorkerAbilities(kinds: Set(kinds), kernelLevels: ["avx2"])) }
        }
        try agree { try $0.recount().sightings }
        #expect(try sqlite.store.recount().differences.isEmpty, comment)
    }
}

extension StoreError {
    fileprivate var kind: Int {
        switch self {
        case .notFound: 0
        case .refused: 1
        case .busy: 2
        case .newer: 3
        case .unavailable, .outOfMemory, .damaged, .defect: 4
        }
    }
}

extension Item {
    /// A forgotten author's name is gone from one store and not from the other.
    fileprivate var withoutAuthor: Item {
        var item = self
        item.reference.post.author = nil
        return item
    }
}

extension ResultRow {
    fileprivate var withoutAuthor: ResultRow {
        var row = self
        row.item = item.withoutAuthor
        return row
    }
}

extension SightingRow {
    fileprivate var withoutNumber: SightingRow {
        var row = self
        (row.number, row.post.author) = (0, nil)
        return row
    }
}

extension FailureRow {
    fileprivate var withoutAuthor: FailureRow {
        FailureRow(item: item.withoutAuthor, failure: failure)
    }
}

extension Job {
    /// Sentences are each store's own.
    fileprivate var withoutError: Job {
        var job = self
        job.error = error.map { _ in "an error" }
        return job
    }
}

extension Array {
    fileprivate func randomElement(using random: inout Generator, or other: Element) -> Element {
        randomElement(using: &random) ?? other
    }
}
