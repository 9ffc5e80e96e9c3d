import Intake
import Queue
import SQLiteStore
import Testing

/// What counts once, and what is left out. Both stores are asked.
@Suite struct TrendQueryTests {
    private static let first = CalendarDay(rawValue: SightingTests.day)

    /// At noon, so many days after the first.
    private static func time(_ day: Int, _ source: TimeSource = .id) -> PostTime {
        PostTime(
            Timestamp(milliseconds: SightingTests.midnight.milliseconds + Int64(day) * 86_400_000 + 43_200_000), source)
    }

    private static func post(
        _ id: String?, _ author: String?, platform: String = "x", hashtags: [String] = [], mentions: [String] = [],
        likes: Int? = nil, comments: Int? = nil
    ) -> Post {
        var post = Post(platform: platform, id: id, author: author)
        (post.hashtags, post.mentions) = (hashtags, mentions)
        post.engagement = Engagement(likes: likes, comments: comments)
        return post
    }

    /// Pictures with what is seen in them: brand 0 with a confidence in per cent.
    private func store(_ kind: StoreKind, _ pictures: [(post: Post, time: PostTime?, percent: Int)]) throws
        -> StoreHarness
    {
        let h = try StoreHarness(kind)
        _ = try h.listed(pictures.enumerated().map { reference($0, time: $1.time, post: $1.post) })
        try h.work { outcome($0, prediction(0, confidence: Float(pictures[$0.number].percent) / 100)) }
        return h
    }

    private func trends(_ h: StoreHarness, _ query: TrendQuery) throws -> TrendWindow {
        try h.store.trends(of: h.store.resolve(nil).version, query)
    }

    @Test(arguments: StoreKind.allCases) func postsAndAuthorsCountOnce(_ kind: StoreKind) throws {
        let h = try store(
            kind,
            [
                // A post of two pictures; the surer has the weaker date.
                (Self.post("1", "me"), Self.time(0), 60), (Self.post("1", "me"), Self.time(0, .mtime), 90),
                // The same author on the same day and on another; the same id elsewhere.
                (Self.post("2", "me"), Self.time(0), 70), (Self.post("3", "me"), Self.time(1), 50),
                (Self.post("1", "you", platform: "y"), Self.time(1), 50),
                // Of nobody, in no post.
                (Self.post(nil, nil), Self.time(1), 50), (Self.post(nil, nil), Self.time(1), 50),
            ])
        let days = Self.first..<Self.first.advanced(by: 2)
        func counted(_ unit: CountingUnit) throws -> [[Int]] {
            merged(try trends(h, TrendQuery(days: days, unit: unit)).sums).map {
                [
                    $0.strength.rawValue, $0.day.rawValue - Self.first.rawValue, $0.confidenceStep,
                    $0.count,
                ]
            }
        }
        #expect(try counted(.sightings) == [[1, 0, 18, 1], [2, 0, 12, 1], [2, 0, 14, 1], [2, 1, 10, 4]])
        #expect(try counted(.posts) == [[2, 0, 14, 1], [2, 0, 18, 1], [2, 1, 10, 4]])
        #expect(try counted(.authors) == [[2, 0, 18, 1], [2, 1, 10, 4]])
    }

    @Test(arguments: StoreKind.allCases) func filtersLeaveOut(_ kind: StoreKind) throws {
        let h = try store(
            kind,
            [
                (Self.post("1", "me", hashtags: ["bag", "dupe"]), Self.time(0), 60),
                (Self.post("2", "you", hashtags: ["bags"]), Self.time(0), 60),
                (Self.post("3", nil, platform: "y"), Self.time(0), 60), (Self.post("4", "you"), nil, 60),
            ])
        let all = SightingTests.allDays
        func counted(_ filter: TrendFilter) throws -> [DateStrength: Int] {
            let window = try trends(h, TrendQuery(days: all, filter: filter))
            #expect(window.sums.reduce(0) { $0 + $1.count } == window.sightings[.strong] ?? 0)
            #expect(window.newestDay == [.strong: Self.first])
            return window.sightings
        }
        #expect(try counted(TrendFilter()) == [.strong: 3, .undated: 1])
        #expect(try counted(TrendFilter(excludedAuthors: ["you", "nobody"])) == [.strong: 2])
        #expect(try counted(TrendFilter(platforms: ["y"])) == [.strong: 1])
        #expect(try counted(TrendFilter(hashtags: ["bag", "none"])) == [.strong: 1])
        #expect(try counted(TrendFilter(excludedHashtags: ["dupe"])) == [.strong: 2, .undated: 1])
        #expect(try counted(TrendFilter(authors: ["you"])) == [.strong: 1, .undated: 1])
        #expect(try counted(TrendFilter(authors: [])) == [:])
        #expect(try h.store.unseenAuthors(among: ["me", "nobody", "you"]) == ["nobody"])
    }

    /// An author whose name is not kept can be left out by the hash that results print.
    @Test func anAuthorIsKnownByItsHashToo() throws {
        let h = try store(
            .sqlite, [(Self.post("1", "me"), Self.time(0), 60), (Self.post("2", "you"), Self.time(0), 60)])
        let hash = try RawDatabase(h.path).column("SELECT lower(hex(hash)) FROM author WHERE name = 'me'")
        let window = try trends(h, TrendQuery(days: SightingTests.allDays, filter: TrendFilter(excludedAuthors: hash)))
        #expect(window.sightings == [.strong: 1])
    }

    @Test(arguments: StoreKind.allCases) func textsNameBrands(_ kind: StoreKind) throws {
        let h = try store(
            kind,
            [
                (Self.post("1", nil, mentions: ["CHANEL", "dior"]), Self.time(0), 60),
                (Self.post("2", nil, mentions: ["dior"]), Self.time(0), 60),
                (Self.post("3", nil, hashtags: ["bag"]), Self.time(0), 60),
                (Self.post("4", nil), Self.time(0), 60),
            ])
        for unit in CountingUnit.allCases {
            let window = try trends(h, TrendQuery(days: SightingTests.allDays, unit: unit))
            let sums = merged(window.sums)
            #expect(sums.map(\.named) == [1] && sums.map(\.count) == [4] && window.texts == 3)
        }
        #expect(try h.store.recount().differences.isEmpty)
        // A richer dump tells what a bare sighting's text says; the sums follow.
        _ = try h.listed([reference(3, time: Self.time(0), post: Self.post("4", nil, mentions: ["chanel"]))])
        try h.work { Outcome(item: $0, result: .prediction(prediction(0, confidence: 0.6), fingerprint(3))) }
        let sums = merged(try trends(h, TrendQuery(days: SightingTests.allDays)).sums)
        #expect(sums.map(\.named) == [2] && sums.map(\.texts) == [4] && sums.map(\.count) == [4])
        #expect(try h.store.recount().differences.isEmpty)
    }

    /// Long windows come added up by span, and by whether the confidence reaches the threshold.
    @Test(arguments: StoreKind.allCases) func spansAndThresholdsAddUp(_ kind: StoreKind) throws {
        let h = try store(kind, (0..<10).map { (Self.post("\($0)", nil), Self.time($0), 50 + 5 * $0) })
        let query = TrendQuery(
            days: Self.first.advanced(by: 1)..<Self.first.advanced(by: 9),
            spans: [-3, 4, 6].map { Self.first.advanced(by: $0) }, thresholdStep: 15)
        for unit in CountingUnit.allCases {
            var query = query
            query.unit = unit
            let sums = merged(try trends(h, query).sums).map {
                [$0.day.rawValue - Self.first.rawValue, $0.confidenceStep, $0.count]
            }
            #expect(sums == [[1, 0, 3], [4, 0, 1], [4, 15, 1], [6, 15, 3]])
        }
        let daily = try trends(h, query).daily[.strong] ?? [:]
        #expect(daily == Dictionary(uniqueKeysWithValues: (1..<9).map { (Self.first.advanced(by: $0), 1) }))
    }

    @Test(arguments: StoreKind.allCases) func engagementIsOfPosts(_ kind: StoreKind) throws {
        let h = try store(
            kind,
            [
                // Two pictures of one post; the second post of that author; a stranger's; one that is not sure enough,
                // one that says nothing.
                (Self.post("1", "me", likes: 10, comments: 1), Self.time(0), 60),
                (Self.post("1", "me", likes: 12), Self.time(0), 60),
                (Self.post("2", "me", likes: 20), Self.time(0), 60),
                (Self.post("3", nil, likes: 8), Self.time(0), 60), (Self.post("4", nil, likes: 999), Self.time(0), 40),
                (Self.post("5", nil), Self.time(0), 60), (Self.post("6", nil, comments: 4), Self.time(0), 60),
                (Self.post("7", nil, likes: 999), Self.time(0, .mtime), 60),
            ])
        let rows = try h.store.engagement(
            of: h.store.resolve(nil).version, TrendQuery(days: SightingTests.allDays), strengths: [.strong],
            threshold: 0.5)
        #expect(
            rows == [EngagementRow(brand: 0, posts: 4, likes: 12, comments: 2.5, mostLikedAuthorShare: 32.0 / 40)])
    }

    /// A job is read whole where it is smaller than the window, else the window; the answer is the same.
    @Test(arguments: [3, 300]) func aJobIsReadFromEitherEnd(others: Int) throws {
        for kind in StoreKind.allCases {
            let h = try StoreHarness(kind)
            _ = try h.listed((0..<others).map { reference($0, time: Self.time($0 % 5)) })
            try h.work()
            let id = try h.listed((0..<40).map { reference($0, time: Self.time($0 % 5)) })
            try h.work()
            let query = TrendQuery(days: Self.first.advanced(by: 1)..<Self.first.advanced(by: 3), job: id)
            let window = try trends(h, query)
            #expect(window.sightings == [.strong: 16] && window.sums.reduce(0) { $0 + $1.count } == 16)
            #expect(window.firstDay == [.strong: Self.first])
            #expect(window.newestDay == [.strong: Self.first.advanced(by: 4)])
        }
    }
}
