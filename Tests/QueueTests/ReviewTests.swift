import Intake
import Queue
import SQLiteStore
import Testing

/// Looking at the sightings behind a number, and people's answers about them.
@Suite struct ReviewTests {
    private static let time = PostTime(SightingTests.midnight, .sidecar)
    private static let days = CalendarDay(rawValue: SightingTests.day)..<CalendarDay(rawValue: SightingTests.day + 3)

    private static func query(_ strengths: Set<DateStrength> = [.strong], job: JobID? = nil) -> SightingQuery {
        SightingQuery(days: days, strengths: strengths, threshold: 0.5, job: job)
    }

    /// 12 posts: four each of brand 0 and 1 and of `_other`; of each four one is below the threshold, but for `_other`,
    /// which has none.
    private static func answer(_ item: Item) -> Outcome {
        outcome(item, prediction(item.number % 3, confidence: item.number < 3 ? 0.4 : 0.5 + Float(item.number) / 100))
    }

    private static func posts(_ count: Int = 12) -> [PictureReference] {
        (0..<count).map { reference($0, time: time, post: Post(platform: "x", id: "\($0)", author: "me")) }
    }

    private func numbers(_ rows: [SightingRow]) -> [String?] { rows.map(\.post.id) }

    @Test(arguments: StoreKind.allCases) func theMostAndTheLeastConfident(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let job = try h.listed(Self.posts())
        try h.work { Self.answer($0) }
        let model = try h.store.resolve(nil).version
        func shown(_ stratum: Stratum, _ order: SightingOrder = .mostConfident, limit: Int = 9) throws -> [SightingRow]
        {
            try h.store.sightings(of: model, in: stratum, Self.query(), order: order, limit: limit)
        }
        #expect(numbers(try shown(.brand(0))) == ["9", "6", "3"])
        #expect(numbers(try shown(.brand(0), .leastConfident)) == ["3", "6", "9"])
        #expect(numbers(try shown(.brand(1), limit: 2)) == ["10", "7"])
        #expect(numbers(try shown(.other)) == ["11", "8", "5", "2"])
        #expect(numbers(try shown(.unsure)) == ["1", "0"])
        #expect(try shown(.brand(2)).isEmpty && shown(.brand(7)).isEmpty && shown(.other, limit: 0).isEmpty)
        let row = try #require(try shown(.brand(0)).first)
        #expect(row.confidence == 0.5 + Float(9) / 100 && row.confidenceStep == 11 && row.time == Self.time)
        #expect(row.day == Self.days.lowerBound && row.post.platform == "x" && row.post.author == "me")
        #expect(row.picture?.job == job && row.picture?.fingerprint == fingerprint(9))
        #expect(row.picture?.file == PicturePlace(path: Path("/pictures/9.jpg")))
        for (query, count) in [
            (Self.query([.weak]), 0), (Self.query([]), 0), (Self.query(job: job), 3),
            (Self.query(job: JobID(rawValue: 99)), 0),
        ] {
            #expect(
                try h.store.sightings(of: model, in: .brand(0), query, order: .mostConfident, limit: 9).count == count)
        }
    }

    /// The picture is the newest job's, the confidence the model's first answer.
    @Test(arguments: StoreKind.allCases) func aSightingSeenAgain(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        _ = try h.listed(Self.posts(1))
        try h.work { outcome($0, prediction(0, confidence: 0.9)) }
        let model = try h.store.resolve(nil).version
        let second = try h.addModel("other")
        let moved = try h.listed(Self.posts(1), model: second, root: Path("/moved"))
        try h.work { outcome($0, prediction(1, confidence: 0.7)) }
        for (version, stratum, confidence) in [(model, Stratum.brand(0), Float(0.9)), (second, .brand(1), 0.7)] {
            let rows = try h.store.sightings(
                of: version, in: stratum, Self.query(), order: .mostConfident, limit: 9)
            #expect(rows.map(\.confidence) == [confidence])
            #expect(rows.first?.picture?.file.path == Path("/moved/0.jpg"))
        }
        try h.store.forget(moved)
        let rows = try h.store.sightings(
            of: second, in: .brand(1), Self.query(), order: .mostConfident, limit: 9)
        #expect(rows.map(\.picture?.file.path) == [Path("/pictures/0.jpg")])
        // That model's prediction went with its job; what is kept with the sighting is the step.
        #expect(rows.first?.confidence == nil && rows.first?.knownConfidence == 0.7)
    }

    @Test(arguments: StoreKind.allCases) func samplesAreStratified(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        _ = try h.listed(Self.posts(120))
        try h.work { Self.answer($0).bounded }
        let model = try h.store.resolve(nil).version
        let sample = try h.store.drawReview(of: model, Self.query(), perStratum: 10, seed: 1)
        let counts = Dictionary(grouping: sample.drawn, by: \.stratum).mapValues(\.count)
        #expect(counts == [.brand(0): 10, .brand(1): 10, .other: 10, .unsure: 2])
        #expect(sample.number == 1 && sample.model == model && sample.query == Self.query())
        #expect(sample.drawn.allSatisfy { $0.truth == nil && $0.row.picture != nil && $0.row.confidence != nil })
        #expect(Set(sample.drawn.map(\.row.number)).count == 32)
        #expect(try h.store.reviewSample(1) == sample)
        let same = try h.store.drawReview(of: model, Self.query(), perStratum: 10, seed: 1)
        let other = try h.store.drawReview(of: model, Self.query(), perStratum: 10, seed: 2)
        #expect(same.drawn == sample.drawn && other.drawn != sample.drawn)
        #expect(throws: StoreError.self) { try h.store.reviewSample(4) }
        var empty = Self.query()
        empty.days = CalendarDay(rawValue: 1)..<CalendarDay(rawValue: 2)
        #expect(throws: StoreError.self) { try h.store.drawReview(of: model, empty, perStratum: 10, seed: 1) }
    }

    @Test(arguments: StoreKind.allCases) func answersAreKept(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        _ = try h.listed(Self.posts())
        try h.work { Self.answer($0) }
        let model = try h.store.resolve(nil).version
        let sample = try h.store.drawReview(of: model, Self.query(), perStratum: 10, seed: 1)
        #expect(sample.drawn.count == 12)
        var answers: [Int: Truth] = [:]
        for drawn in sample.drawn where drawn.stratum != .other { answers[drawn.row.number] = .brand(0) }
        let others = sample.drawn.filter { $0.stratum == .other }.map(\.row.number)
        answers[others[0]] = .noneOfThem
        try h.store.apply(answers, toReview: 1)
        func sums(_ days: Range<CalendarDay>? = nil) throws -> Set<ReviewSum> {
            let query = days.map { SightingQuery(days: $0, strengths: [.strong], threshold: 0.5) }
            return Set(try h.store.reviews(of: model, query))
        }
        func sum(_ stratum: Stratum, _ truth: Truth, _ count: Int) -> ReviewSum {
            ReviewSum(days: Self.days, threshold: 0.5, stratum: stratum, truth: truth, count: count)
        }
        let expected: Set = [
            sum(.brand(0), .brand(0), 3), sum(.brand(1), .brand(0), 3), sum(.unsure, .brand(0), 2),
            sum(.other, .noneOfThem, 1),
        ]
        #expect(try sums() == expected && sums(Self.days) == expected)
        #expect(try sums(CalendarDay(rawValue: 1)..<CalendarDay(rawValue: 2)).isEmpty)
        #expect(try h.store.reviewSample(1).drawn.count { $0.truth != nil } == 9)

        // Refused as a whole.
        for wrong: [Int: Truth] in [
            [others[1]: .brand(1), 9999: .brand(0)], [others[1]: .brand(2)], [others[1]: .brand(7)],
        ] {
            #expect(throws: StoreError.self) { try h.store.apply(wrong, toReview: 1) }
        }
        #expect(throws: StoreError.self) { try h.store.apply(answers, toReview: 2) }
        #expect(try sums() == expected)

        // In a later sample the same sighting counts once, as it is answered there.
        _ = try h.store.drawReview(of: model, Self.query(), perStratum: 10, seed: 2)
        #expect(try sums() == expected)
        try h.store.apply([others[0]: .brand(1)], toReview: 2)
        #expect(try sums() == expected.subtracting([sum(.other, .noneOfThem, 1)]).union([sum(.other, .brand(1), 1)]))

        // It goes with its sighting.
        #expect(try h.store.forget(author: "me") == 12)
        #expect(try sums().isEmpty && h.store.reviewSample(1).drawn.isEmpty)
        #expect(try h.store.recount().differences.isEmpty)
    }

    /// Answers hold for what their samples left nothing out of, and of the newest such sample.
    @Test(arguments: StoreKind.allCases) func answersHoldForWhatTheyWereDrawnFrom(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let weak = (12..<15).map { reference($0, time: PostTime(SightingTests.midnight, .mtime)) }
        let job = try h.listed(Self.posts() + weak)
        try h.work { Self.answer($0) }
        let second = try h.listed(Self.posts(3))
        try h.work { Self.answer($0) }
        let model = try h.store.resolve(nil).version
        func answered(_ query: SightingQuery, _ truth: Truth) throws {
            let sample = try h.store.drawReview(of: model, query, perStratum: 20, seed: 1)
            let answers = Dictionary(uniqueKeysWithValues: sample.drawn.map { ($0.row.number, truth) })
            try h.store.apply(answers, toReview: sample.number)
        }
        func counted(_ query: SightingQuery?) throws -> [Truth: Int] {
            try h.store.reviews(of: model, query).reduce(into: [:]) { $0[$1.truth, default: 0] += $1.count }
        }
        let (strong, any) = (Self.query(), Self.query([.weak, .strong]))
        var sure = strong
        sure.threshold = 0.6
        try answered(strong, .noneOfThem)
        #expect(try counted(strong) == [.noneOfThem: 12])
        #expect(try counted(any).isEmpty && counted(Self.query([.weak])).isEmpty && counted(sure).isEmpty)
        #expect(try counted(Self.query(job: job)) == [.noneOfThem: 12])
        #expect(try counted(Self.query(job: second)) == [.noneOfThem: 3])
        try answered(Self.query(job: second), .brand(0))
        #expect(try counted(strong) == [.noneOfThem: 12] && counted(Self.query(job: second)) == [.brand(0): 3])
        #expect(try counted(Self.query(job: job)) == [.noneOfThem: 12])
        try answered(any, .brand(1))
        #expect(try counted(strong) == [.brand(1): 12] && counted(Self.query([.weak])) == [.brand(1): 3])
        #expect(try counted(any) == [.brand(1): 15] && counted(nil) == [.brand(1): 15])
        try answered(sure, .brand(0))
        #expect(try counted(strong) == [.brand(1): 12] && counted(sure) == [.brand(0): 12])
        #expect(try counted(nil) == [.brand(1): 15, .brand(0): 12])

        // One drawn from more days holds for each of them; which they were, is said.
        var earlier = strong
        earlier.days = Self.days.lowerBound.advanced(by: -9)..<Self.days.upperBound
        try answered(earlier, .noneOfThem)
        #expect(try counted(strong) == [.noneOfThem: 12])
        #expect(try Set(h.store.reviews(of: model, strong).map(\.days)) == [earlier.days])
    }

    @Test(arguments: StoreKind.allCases) func originsAndWhatIsUnclassified(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let weak = (12..<14).map { reference($0, time: PostTime(SightingTests.midnight, .mtime)) }
        let undated = [reference(14)]
        _ = try h.listed(Self.posts())
        try h.work { Self.answer($0) }
        let job = try h.listed(Self.posts(4) + weak + undated)
        try h.work { $0.number == 3 ? failure($0) : outcome($0) }
        let model = try h.store.resolve(nil).version
        let all = try h.store.origins(days: Self.days, strengths: [.strong, .weak])
        let source = Origins.Source(path: Path("/pictures"), job: job, name: "pictures", sightings: 14)
        #expect(all.sources == [source])
        #expect(all.platforms == ["x": 12, nil: 2] && all.times == [.sidecar: 12, .mtime: 2])
        #expect(try h.store.origins(days: Self.days, strengths: [.weak]).sources.map(\.sightings) == [2])
        #expect(try h.store.failureCounts() == [FailureCount(reason: "corrupt", items: 1, jobs: 1)])

        #expect(try h.store.unclassified(by: model, days: Self.days).isEmpty)
        let second = try h.addModel("other")
        #expect(try h.store.unclassified(by: second, days: Self.days) == [source])
        #expect(try h.store.unclassified(by: second, days: Self.days.upperBound..<Self.days.upperBound).isEmpty)
        _ = try h.listed(Self.posts(), model: second)
        try h.work { Self.answer($0) }
        #expect(try h.store.unclassified(by: second, days: Self.days).map(\.sightings) == [2])
        #expect(throws: StoreError.self) {
            try h.store.unclassified(by: ModelVersion(name: "none", number: 1), days: Self.days)
        }
    }

    @Test func theSmallestKeysAreARandomSample() {
        // Each of 50 is drawn about 2,000 * 5 / 50 times; 4 standard deviations are 54.
        var drawn = [Int](repeating: 0, count: 50)
        for seed in 0..<2000 {
            var keys = SmallestKeys<Int>(limit: 5)
            for value in 0..<50 { keys.insert(value, key: drawingKey(seed: UInt64(seed) &* 77, sighting: value)) }
            #expect(keys.values.count == 5)
            for value in keys.values { drawn[value] += 1 }
        }
        #expect(drawn.allSatisfy { abs($0 - 200) < 54 })
        var few = SmallestKeys<Int>(limit: 3)
        for (value, key) in [(1, 9), (2, 3), (3, 7), (4, 1), (5, 8)] as [(Int, UInt64)] { few.insert(value, key: key) }
        #expect(few.values == [3, 2, 4])
    }
}

extension Outcome {
    /// With a confidence of less than 1.
    fileprivate var bounded: Outcome {
        guard case .prediction(let prediction, let bytes) = result, prediction.confidence > 0.99 else { return self }
        return Outcome(
            item: item, result: .prediction(QueueTests.prediction(prediction.brand, confidence: 0.99), bytes))
    }
}
