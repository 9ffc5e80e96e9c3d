import Foundation
import Intake
import Queue
import SQLiteStore
import Testing

@Suite struct SightingTests {
    /// Around midnight in Paris of 15 September 2020, which is 22:00 UTC.
    static let evening = Timestamp(milliseconds: 1_600_120_799_999)
    static let midnight = Timestamp(milliseconds: 1_600_120_800_000)
    static let day = 18520
    static let allDays = CalendarDay(rawValue: -1000)..<CalendarDay(rawValue: 100_000)

    @Test(arguments: StoreKind.allCases) func daysAreThoseOfTheTimeZone(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        #expect(try h.store.timeZone == "Europe/Paris")
        let winter = Timestamp(milliseconds: 1_606_777_200_000)  // 2020-12-01 00:00 in Paris
        let before = Timestamp(milliseconds: -1)
        _ = try h.listed(
            [Self.evening, Self.midnight, winter, before].enumerated().map {
                reference($0, time: PostTime($1, .id))
            })
        try h.work()
        let window = try h.store.trends(of: h.store.resolve(nil).version, TrendQuery(days: Self.allDays))
        #expect(window.sums.map(\.day.rawValue).sorted() == [0, Self.day - 1, Self.day, 18597])
    }

    @Test(arguments: StoreKind.allCases) func aSightingCountsOnceForAModel(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let time = PostTime(Self.midnight, .sidecar)
        let posts = [
            Post(platform: "x", id: "1", place: 0), Post(platform: "x", id: "1", place: 1),
            Post(platform: "y", id: "1"),
            Post(platform: "x", id: "2"), Post(author: "me"), Post(author: "you"), Post(),
        ]
        let references = posts.enumerated().map { reference($0, time: time, post: $1) }
        _ = try h.listed(references + references)
        try h.work { Outcome(item: $0, result: .prediction(prediction(), fingerprint(1))) }
        #expect(try h.store.recount().sightings == posts.count)
        let model = try h.store.resolve(nil).version
        // A second job, and another model, make no new sighting; the first answer of a model holds.
        let second = try h.listed(references)
        try h.work { Outcome(item: $0, result: .prediction(prediction(1), fingerprint(1))) }
        let other = try h.addModel("other")
        let third = try h.listed(references, model: other)
        try h.work { Outcome(item: $0, result: .prediction(prediction(1, confidence: 0.99), fingerprint(1))) }
        #expect(try h.store.recount().sightings == posts.count)
        for (version, brand, step) in [(model, 0, 15), (other, 1, 19)] {
            for job in [nil, second, third] {
                let window = try h.store.trends(of: version, TrendQuery(days: Self.allDays, job: job))
                #expect(window.sums.map(\.count).reduce(0, +) == posts.count)
                #expect(
                    window.sums.allSatisfy {
                        $0.brand == brand && $0.confidenceStep == step && $0.strength == .strong
                            && $0.day.rawValue == Self.day
                    })
                #expect(window.sightings == [.strong: posts.count])
                #expect(window.newestDay == [.strong: CalendarDay(rawValue: Self.day)])
            }
        }
        let report = try h.store.recount()
        #expect(report.differences.isEmpty)
    }

    @Test(arguments: StoreKind.allCases) func whatDoesNotCountMakesNoSighting(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        _ = try h.listed([reference(0)], countsInTrends: false)
        try h.work()
        _ = try h.listed([reference(0), reference(1)])
        try h.work { $0.number == 0 ? outcome($0, prediction(flags: .truncated)) : failure($0) }
        #expect(try h.store.recount().sightings == 0)
    }

    /// A video's thumbnail and an author's picture are predicted and listed, but are nobody's post; a repost is one.
    @Test(arguments: StoreKind.allCases) func onlyPicturesOfPostsMakeSightings(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        var post = Post(platform: "x", id: "1", place: 2, author: "me")
        post.hashtags = ["dior", "prêt à"]
        post.mentions = ["chanel"]
        post.engagement = Engagement(likes: 5, views: 0)
        var posts = [post, post, post]
        posts[0].role = .thumbnail
        posts[1].role = .profile
        posts[2].isRepost = true
        var references = posts.enumerated().map { reference($0, post: $1) }
        references[2].place.slice = FileSlice(offset: 512, length: 9, name: Path("a/b.jpg"))
        let id = try h.listed(references)
        let claim = try #require(try h.claim())
        #expect(claim.items.map(\.reference) == references)
        _ = try h.store.record(claim.items.map { outcome($0) }, for: claim)
        let rows = try h.store.results(of: id, after: -1, limit: 9)
        #expect(rows.map(\.flagNames) == [["thumbnail"], ["profile"], ["repost"]])
        #expect(rows.map(\.item.reference) == references)
        #expect(try h.store.recount() == h.store.recount() && h.store.recount().sightings == 1)
    }

    /// What a sighting knows of its post is what the first dump said that knew it.
    @Test func aSightingKeepsWhatItsPostSaid() throws {
        let h = try StoreHarness(.sqlite)
        var post = Post(platform: "x", id: "1", place: 2)
        let details = """
            SELECT platform || ' ' || post || ' ' || place || ' ' || ifnull(hashtags || ' ' || mentions || ' ' || likes
                || ' ' || comments || ' ' || shares || ' ' || views, '-') || ' ' || is_repost FROM sighting
            """
        func sees() throws -> [String] {
            _ = try h.listed([reference(0, post: post)])
            try h.work { Outcome(item: $0, result: .prediction(prediction(), fingerprint(1))) }
            return try RawDatabase(h.path).column(details)
        }
        #expect(try sees() == ["x 1 2 - 0"])
        post.hashtags = ["a", "b"]
        post.mentions = ["chanel"]
        post.engagement = Engagement(likes: 1, comments: 2, shares: 3, views: 4)
        post.isRepost = true
        #expect(try sees() == ["x 1 2 a\nb chanel 1 2 3 4 1"])
        post.engagement.likes = 100
        #expect(try sees() == ["x 1 2 a\nb chanel 1 2 3 4 1"])
    }

    @Test(arguments: StoreKind.allCases) func aStrongerTimeReplacesAWeakerOne(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let model = try h.addModel()
        let other = try h.addModel("other")
        func sees(_ time: PostTime?, model: ModelVersion) throws -> TrendWindow {
            _ = try h.listed([reference(0)], model: model)
            try h.work { outcome($0, prediction(time: time)) }
            #expect(try h.store.recount() == h.store.recount())
            #expect(try h.store.recount().sightings == 1 && h.store.recount().differences.isEmpty)
            return try h.store.trends(of: other, TrendQuery(days: Self.allDays))
        }
        var window = try sees(nil, model: other)
        #expect(window.sums.isEmpty && window.newestDay.isEmpty)
        #expect(window.sightings == [.undated: 1])
        window = try sees(PostTime(Self.evening, .mtime), model: model)
        #expect(window.sums.map(\.day.rawValue) == [Self.day - 1] && window.sums[0].strength == .weak)
        #expect(window.sightings == [.weak: 1])
        window = try sees(PostTime(Self.midnight, .mtime), model: model)
        #expect(window.sums.map(\.day.rawValue) == [Self.day - 1])
        window = try sees(PostTime(Self.midnight, .exif), model: model)
        #expect(window.sums.map(\.day.rawValue) == [Self.day] && window.sums[0].strength == .strong)
        #expect(window.newestDay == [.strong: CalendarDay(rawValue: Self.day)])
        window = try sees(PostTime(Self.evening, .sidecar), model: model)
        #expect(window.sums.map(\.day.rawValue) == [Self.day - 1])
        window = try sees(PostTime(Self.midnight, .name), model: model)
        #expect(window.sums.map(\.day.rawValue) == [Self.day - 1])
        #expect(window.sums.map(\.count) == [1] && window.sightings == [.strong: 1])
    }

    @Test(arguments: StoreKind.allCases) func aWindowHoldsItsDaysOnly(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let model = try h.addModel()
        _ = try h.listed(
            (0..<10).map { number in
                let time = Timestamp(milliseconds: Self.midnight.milliseconds + Int64(number) * 86_400_000)
                return reference(number, time: number == 9 ? nil : PostTime(time, number % 2 == 0 ? .id : .mtime))
            })
        try h.work { outcome($0, prediction($0.number % 3)) }
        let days = CalendarDay(rawValue: Self.day + 2)..<CalendarDay(rawValue: Self.day + 5)
        let window = try h.store.trends(of: model, TrendQuery(days: days))
        #expect(window.sightings == [.strong: 2, .weak: 1, .undated: 1])
        #expect(Set(window.sums.map { $0.day.rawValue - Self.day }) == [2, 3, 4])
        #expect(
            window.newestDay == [
                .strong: CalendarDay(rawValue: Self.day + 8), .weak: CalendarDay(rawValue: Self.day + 7),
            ])
        let none = CalendarDay(rawValue: 5)..<CalendarDay(rawValue: 5)
        #expect(try h.store.trends(of: model, TrendQuery(days: none)).sightings == [.undated: 1])
        for unit in CountingUnit.allCases {
            var query = TrendQuery(days: days, unit: unit)
            query.includesUndated = false
            let dated = try h.store.trends(of: model, query)
            #expect(dated.sums == window.sums && dated.sightings == [.strong: 2, .weak: 1])
        }
    }

    /// What benchmarks make counts like what is recorded.
    @Test func madeSightingsCount() throws {
        let h = try StoreHarness(.sqlite)
        let model = try h.addModel()
        let posts = (0..<6).map { number in
            var post = Post(
                time: PostTime(Self.midnight, number == 5 ? .mtime : .sidecar), platform: "x", id: "\(number)",
                author: number < 3 ? "me" : "you")
            post.mentions = number == 0 ? ["chanel"] : []
            return post
        }
        let listed = try h.listed(posts.enumerated().map { reference($0, time: $1.time, post: $1) })
        try h.work { outcome($0, prediction(0, confidence: 0.6)) }
        let recorded = try h.store.trends(of: model, TrendQuery(days: Self.allDays, job: listed)).sums
        // The other pictures of the same posts.
        let job = try h.store.submit(.classify(ClassifyRequest(source: Path("/made"), name: "made", model: model))).id
        let made = posts.enumerated().map {
            MadeSighting(post: $1, fingerprint: fingerprint(100 + $0), brand: 0, step: 12)
        }
        try #require(h.store as? SQLiteStore).see(made, in: job)
        #expect(try h.store.trends(of: model, TrendQuery(days: Self.allDays, job: job)).sums == recorded)
        #expect(try h.store.recount().differences.isEmpty && h.store.recount().sightings == 12)
    }

    @Test(arguments: StoreKind.allCases) func forgettingAJobLeavesWhatOthersShow(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let references = (0..<300).map { reference($0, time: PostTime(Self.midnight, .id)) }
        let first = try h.listed(references)
        try h.work { $0.number == 5 ? failure($0) : outcome($0) }
        let second = try h.listed(Array(references.prefix(100)))
        #expect(throws: StoreError.self) { try h.store.forget(second) }
        try h.work()
        try h.store.forget(first)
        #expect(throws: StoreError.self) { try h.store.job(first) }
        #expect(throws: StoreError.self) { try h.store.results(of: first, after: -1, limit: 1) }
        #expect(try h.store.jobs(limit: 9).map(\.id) == [second])
        var report = try h.store.recount()
        #expect(report.sightings == 100 && report.differences.isEmpty)
        try h.store.forget(second)
        report = try h.store.recount()
        #expect(report.sightings == 0 && report.sums == 0 && report.differences.isEmpty)
        #expect(try h.submit() == JobID(rawValue: 3))
    }

    @Test(arguments: StoreKind.allCases) func forgettingAnAuthor(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let model = try h.addModel()
        let id = try h.listed(
            (0..<30).map { reference($0, post: Post(id: "\($0)", author: $0 % 3 == 0 ? "me" : "you")) })
        try h.work()
        #expect(throws: StoreError.self) { try h.store.forget(author: "nobody") }
        #expect(try h.store.forget(author: "me") == 10)
        #expect(try h.store.forget(author: "me") == 0)
        let report = try h.store.recount()
        #expect(report.sightings == 20 && report.differences.isEmpty)
        #expect(
            try h.store.trends(of: model, TrendQuery(days: Self.allDays, job: id)).sightings == [.undated: 20])
    }
}
