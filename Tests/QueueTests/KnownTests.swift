import Intake
import Queue
import SQLiteStore
import Testing

/// Pictures that a model has classified before are not run again.
@Suite struct KnownTests {
    private static let evening = PostTime(Timestamp(milliseconds: 1_594_843_140_000), .id)
    private static let taken = PostTime(Timestamp(milliseconds: 1_590_000_000_000), .exif)

    /// Answers for all that is open, by number, as a worker does that has read the files.
    private func work(_ h: StoreHarness, stamp: Int = 1, time: PostTime? = nil) throws {
        try h.work { item in
            var item = item
            item.reference.stamp = stamped(item.number, stamp: stamp).stamp
            return outcome(item, prediction(item.number % 3, time: item.reference.post.time ?? time))
        }
    }

    private func flags(_ h: StoreHarness, _ id: JobID) throws -> [[String]] {
        try h.store.results(of: id, after: -1, limit: 999).map(\.prediction.flags.names)
    }

    @Test(arguments: StoreKind.allCases) func anUnchangedFolderIsDoneAtOnce(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let references = (0..<300).map { stamped($0, time: $0 % 2 == 0 ? Self.evening : nil) }
        let first = try h.listed(references)
        try work(h, time: Self.taken)
        let model = try h.store.resolve(nil).version
        let sums = try h.store.trends(of: model, TrendQuery(days: SightingTests.allDays))
        let rows = try h.store.results(of: first, after: -1, limit: 999)
        for count in [300, 303] {
            let id = try h.listed((0..<count).map { stamped($0, time: $0 % 2 == 0 ? Self.evening : nil) })
            var job = try h.store.job(id)
            #expect(job.itemsEarlier == 300 && job.itemsDone == 300 && job.itemsTotal == count)
            #expect(job.state == (count == 300 ? .done : .running))
            #expect(try h.store.trends(of: model, TrendQuery(days: SightingTests.allDays)) == sums)
            let again = try h.store.results(of: id, after: -1, limit: 999)
            #expect(again.map(\.prediction.probabilities) == rows.map(\.prediction.probabilities))
            #expect(again.map(\.prediction.postTime) == rows.map(\.prediction.postTime))
            #expect(again.allSatisfy { $0.prediction.flags == .earlier })
            #expect(
                try h.store.trends(of: model, TrendQuery(days: SightingTests.allDays, job: id)).sightings
                    == sums.sightings)
            if count == 303 {
                let claim = try #require(try h.claim())
                #expect(claim.items.map(\.number) == [300, 301, 302])
                _ = try h.store.record(claim.items.map { outcome($0) }, for: claim)
                job = try h.store.job(id)
                #expect(job.state == .done && job.itemsDone == 303 && job.itemsEarlier == 300)
            }
        }
        #expect(try h.store.recount().differences.isEmpty)
    }

    /// Another size or time, path, slice, precision or model is another picture.
    @Test(arguments: StoreKind.allCases) func whatDiffersIsAsked(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        _ = try h.listed([stamped(0)])
        try work(h)
        func isKnown(
            _ reference: PictureReference, precision: Precision = .auto, model: ModelVersion? = nil,
            root: Path = Path("/pictures")
        ) throws -> Bool {
            let id = try h.listed([reference], model: model, precision: precision, root: root)
            defer { try? h.store.cancel(id) }
            return try h.store.job(id).itemsEarlier == 1
        }
        #expect(try isKnown(stamped(0)) && isKnown(stamped(0), precision: .int8))
        #expect(
            try isKnown(
                PictureReference(place: PicturePlace(path: Path("/pictures/0.jpg")), stamp: stamped(0).stamp),
                root: Path("/")))
        #expect(try !isKnown(stamped(0, stamp: 2)) && !isKnown(stamped(1)) && !isKnown(reference(0)))
        #expect(try !isKnown(stamped(0), precision: .fp32) && !isKnown(stamped(0), root: Path("/others")))
        #expect(try !isKnown(stamped(0), model: h.addModel("other")))
        for offset in [512, 1024] {
            var slice = stamped(0)
            slice.place.slice = FileSlice(offset: offset, length: 9, name: Path("a"))
            #expect(try !isKnown(slice))
            _ = try h.listed([slice])
            try h.work { item in
                var item = item
                item.reference.stamp = slice.stamp
                return outcome(item)
            }
            slice.place.slice?.name = Path("renamed")
            #expect(try isKnown(slice))
        }
        #expect(try h.store.recount().differences.isEmpty)
    }

    /// A post's time is its own; the file's own is that of before, where it was kept.
    @Test(arguments: StoreKind.allCases) func timesAreThoseOfPostAndFile(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        _ = try h.listed([stamped(0), stamped(1, time: Self.evening), stamped(2)])
        try work(h, time: Self.taken)
        let later = PostTime(Timestamp(milliseconds: 1_599_999_999_000), .sidecar)
        let id = try h.listed([
            stamped(0, time: later), stamped(1), stamped(2, time: PostTime(later.timestamp, .mtime)),
        ])
        let rows = try h.store.results(of: id, after: -1, limit: 9)
        #expect(rows.map(\.item.number) == [0, 2] && rows.map(\.prediction.postTime) == [later, Self.taken])
        #expect(try h.claim()?.items.map(\.number) == [1])
        #expect(try h.store.recount().differences.isEmpty)
    }

    @Test(arguments: StoreKind.allCases) func theSameBytesAreFound(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let first = try h.listed([stamped(0), stamped(1)])
        let claim = try #require(try h.claim())
        #expect(claim.asksForKnown == false)
        _ = try h.store.record(
            [outcome(claim.items[0], prediction(1, time: Self.taken, flags: .truncated)), failure(claim.items[1])],
            for: claim)
        let copies = try h.listed([stamped(7, stamp: 7)])
        let second = try #require(try h.claim())
        #expect(second.asksForKnown)
        let known = try h.store.known([fingerprint(1), fingerprint(0), fingerprint(0)], for: second)
        #expect(known == [fingerprint(0): prediction(1, flags: [.truncated, .earlier])])
        let forced = try h.listed([stamped(8, stamp: 7)], precision: .fp32)
        let third = try #require(try h.claim())
        #expect(try h.store.known([fingerprint(0)], for: third).isEmpty)
        for claim in [second, third] {
            let outcomes = claim.items.map {
                Outcome(item: $0, result: .prediction(prediction(flags: .earlier), fingerprint(7)))
            }
            _ = try h.store.record(outcomes, for: claim)
        }
        #expect(try h.store.job(copies).itemsEarlier == 1 && h.store.job(forced).itemsEarlier == 1)
        // What is forgotten is not known any more.
        try h.store.forget(first)
        #expect(try h.store.known([fingerprint(0)], for: second).isEmpty)
        #expect(try h.store.known([fingerprint(7)], for: second).count == 1)
        #expect(try h.store.recount().differences.isEmpty)
    }

    /// Forgetting the oldest of jobs over a growing folder makes nothing run again; forgetting all does, and so does a
    /// new model.
    @Test(arguments: StoreKind.allCases) func theNewestJobRemembers(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let model = try h.addModel()
        let jobs = try (0..<2).map { _ in
            let id = try h.listed([stamped(0)], model: model)
            try work(h)
            return id
        }
        try h.store.forget(jobs[0])
        let third = try h.listed([stamped(0)], model: model)
        #expect(try h.store.job(third).itemsEarlier == 1)
        for id in [jobs[1], third] { try h.store.forget(id) }
        #expect(try h.store.recount() == RecountReport(sightings: 0, sums: 0, differences: []))
        _ = try h.submit(model: model)
        let listing = try #require(try h.claim())
        #expect(listing.listing?.takesStamps == false)
        _ = try h.store.append(
            [stamped(0)], firstNumber: 0, root: Path("/pictures"), cursor: [], leftOut: [:], isLast: true, to: listing)
        try work(h)
        _ = try h.submit(model: model)
        #expect(try h.claim()?.listing?.takesStamps == true)
        _ = try h.submit(model: h.addModel("other"))
        #expect(try h.claim()?.listing?.takesStamps == false)
    }

    /// A job that keeps out of the trends leaves nothing in them that another would miss.
    @Test(arguments: StoreKind.allCases) func trendsTakeWhatWasNotCountedBefore(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        _ = try h.listed([stamped(0), stamped(1)], countsInTrends: false)
        try work(h)
        let id = try h.listed([stamped(0), stamped(1, post: Post(author: "me"))])
        #expect(try h.store.job(id).state == .done && h.store.recount().sightings == 2)
        #expect(try h.store.forget(author: "me") == 1)
        _ = try h.listed([stamped(0), stamped(1, post: Post(author: "me"))])
        #expect(try h.store.recount().sightings == 1 && h.store.recount().differences.isEmpty)
    }

    @Test func aRemovedModelLeavesNothingKnown() throws {
        let h = try StoreHarness(.sqlite)
        _ = try h.addModel("active")
        let model = try h.addModel()
        _ = try h.listed([stamped(0)], model: model)
        try work(h)
        #expect(try RawDatabase(h.path).column("SELECT count(*) FROM known") == ["2"])
        try h.store.remove(model)
        #expect(try RawDatabase(h.path).column("SELECT count(*) FROM known") == ["0"])
        #expect(try h.store.recount().differences.isEmpty)
    }
}
