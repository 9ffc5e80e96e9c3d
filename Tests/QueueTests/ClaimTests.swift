import Intake
import Queue
import SQLiteStore
import Testing

@Suite struct ClaimTests {
    @Test(arguments: StoreKind.allCases) func workIsGivenByPriorityThenAge(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let (old, new, urgent) = (try h.submit(), try h.submit(), try h.submit(priority: 5))
        let listings = try (0..<3).compactMap { try h.claim("\($0)") }
        #expect(listings.map(\.job) == [urgent, old, new])
        for (listing, count) in zip(listings, [10, 300, 10]) {
            let references = (0..<count).map { reference($0) }
            _ = try h.store.append(
                references, firstNumber: 0, root: Path("/pictures"), cursor: [], leftOut: [:], isLast: true, to: listing
            )
        }
        let claims = try (0..<5).compactMap { try h.claim("\($0)") }
        #expect(claims.map(\.job) == [urgent, old, old, new])
        #expect(claims.map { $0.items.first?.number } == [0, 0, 256, 0])
        #expect(claims.map { $0.items.count } == [10, 256, 44, 10])
        #expect(claims.allSatisfy { $0.attempt == 1 && !$0.isCautious })
    }

    @Test(arguments: StoreKind.allCases) func aListingGoesOnWhereItWasRecorded(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let id = try h.submit()
        let first = try #require(try h.claim())
        #expect(first.listing == ListWork(source: Path("/pictures"), itemsListed: 0, cursor: nil, leftOut: [:]))
        #expect(try h.store.job(id).state == .running && h.store.job(id).startedAt == h.clock.now)
        let batch = (0..<300).map { reference($0) }
        for _ in 1...2 {  // sent twice, written once
            #expect(
                try h.store.append(
                    batch, firstNumber: 0, root: Path("/pictures"), cursor: [4], leftOut: ["hidden": 2], isLast: false,
                    to: first)
                    == .held)
        }
        #expect(throws: StoreError.self) {
            try h.store.append(
                batch, firstNumber: 700, root: Path("/pictures"), cursor: [5], leftOut: [:], isLast: false, to: first)
        }
        // What is listed can be claimed while the listing goes on.
        let shard = try #require(try h.claim("b"))
        #expect(shard.items.count == 256 && shard.items[3].reference == reference(3))
        #expect(try h.store.job(id).itemsTotal == nil && h.store.job(id).leftOut == ["hidden": 2])
        #expect(try h.store.release(first) == .held)
        let second = try #require(try h.claim("c"))
        #expect(
            second.listing
                == ListWork(source: Path("/pictures"), itemsListed: 300, cursor: [4], leftOut: ["hidden": 2]))
        #expect(
            try h.store.append(
                batch, firstNumber: 300, root: Path("/pictures"), cursor: [5], leftOut: [:], isLast: false, to: first)
                == .lost)
        #expect(
            try h.store.append(
                [reference(300)], firstNumber: 300, root: Path("/pictures"), cursor: [], leftOut: [:], isLast: true,
                to: second)
                == .held)
        #expect(try h.store.job(id).itemsTotal == 301)
        #expect(try h.store.standing(of: second) == .lost)
    }

    @Test(arguments: StoreKind.allCases) func aFailedListingFailsTheJobOnceTheRestIsDone(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let id = try h.submit()
        let listing = try #require(try h.claim())
        _ = try h.store.append(
            [reference(0), reference(1)], firstNumber: 0, root: Path("/pictures"), cursor: [1], leftOut: [:],
            isLast: false, to: listing)
        #expect(try h.store.fail(listing, because: "the folder is gone") == .held)
        #expect(try h.store.job(id).state == .running)
        try h.work()
        let job = try h.store.job(id)
        #expect(job.state == .failed && job.error == "the folder is gone" && job.itemsDone == 2)
        #expect(try h.store.retry(id) == 0)
        #expect(try h.claim()?.listing?.cursor == [1])
    }

    @Test(arguments: StoreKind.allCases) func recordingTwiceWritesOnce(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let id = try h.listed(count: 4)
        let claim = try #require(try h.claim())
        let batch = [outcome(claim.items[0]), failure(claim.items[1])]
        for _ in 1...3 { #expect(try h.store.record(batch, for: claim) == .held) }
        // The first outcome holds.
        #expect(try h.store.record([failure(claim.items[0]), outcome(claim.items[1])], for: claim) == .held)
        let job = try h.store.job(id)
        #expect(job.itemsDone == 1 && job.itemsFailed == 1)
        #expect(try h.store.recount().sightings == 1)
        #expect(try h.store.results(of: id, after: -1, limit: 9).map(\.item.number) == [0])
        #expect(throws: StoreError.self) {
            try h.store.record([outcome(Item(number: 4, reference: reference(4)))], for: claim)
        }
        #expect(try h.store.record(claim.items.map { outcome($0) }, for: claim) == .held)
        #expect(try h.store.job(id).state == .done && h.store.job(id).itemsFailed == 1)
        #expect(try h.store.record(batch, for: claim) == .lost)
    }

    @Test(arguments: StoreKind.allCases) func aLeaseThatRanOutIsRescuedAndItsClaimFenced(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let id = try h.listed(count: 5)
        let old = try #require(try h.claim("a"))
        h.clock.advance(seconds: 40)
        #expect(try h.store.renew(old, itemsDone: nil, itemsTotal: nil) == .held)
        h.clock.advance(seconds: 59)
        #expect(try h.claim("b") == nil)
        // Expired, but nobody took it: the worker may go on.
        h.clock.advance(seconds: 2)
        #expect(try h.store.record([outcome(old.items[0])], for: old) == .held)
        h.clock.advance(seconds: 60)
        let new = try #require(try h.claim("b"))
        #expect(new.items.map(\.number) == [1, 2, 3, 4] && new.attempt == 2)
        let writes: [() throws -> ClaimStanding] = [
            { try h.store.record([outcome(old.items[1])], for: old) }, { try h.store.standing(of: old) },
            { try h.store.renew(old, itemsDone: 1, itemsTotal: 2) }, { try h.store.release(old) },
            { try h.store.fail(old, because: "late") }, { try h.store.suspect(old.items[1], of: old) },
            {
                try h.store.append(
                    [], firstNumber: 5, root: Path("/pictures"), cursor: [], leftOut: [:], isLast: true, to: old)
            },
            {
                try h.store.save(Checkpoint(kernelLevel: "avx2", precision: "fp32", itemsDone: 1, bytes: [1]), for: old)
            },
            { try h.store.finish(old, with: StoreHarness.newModel, note: nil) },
        ]
        for write in writes { #expect(try write() == .lost) }
        #expect(try h.store.standing(of: new) == .held)
        #expect(try h.store.job(id).itemsDone == 1)
    }

    @Test(arguments: StoreKind.allCases) func theSameWorkerIsFencedByItsAttempt(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        _ = try h.listed(count: 5)
        let old = try #require(try h.claim("a"))
        h.workersDie()
        let new = try #require(try h.claim("a"))
        #expect(try h.store.record([outcome(old.items[0])], for: old) == .lost)
        #expect(try h.store.record([outcome(old.items[0])], for: new) == .held)
    }

    /// A machine that starts again takes its time; another boot id alone is no proof that it did.
    @Test(arguments: StoreKind.allCases) func aRestartOfTheMachineEndsLeasesOnceTheirWorkerIsSilent(_ kind: StoreKind)
        throws
    {
        let h = try StoreHarness(kind)
        _ = try h.listed(count: 5)
        try h.store.heartbeat(worker("a"), WorkerReport(state: .working))
        let claim = try #require(try h.claim("a"))
        h.clock.restartMachine()
        #expect(try h.claim("b") == nil)
        #expect(try h.store.workers().map(\.identity.name) == ["a"])
        h.workersDie()
        #expect(try h.store.workers().isEmpty)
        #expect(try h.claim("b")?.shard == claim.shard)
    }

    /// A job in trouble is nobody's for a quarter of a lease, says why, and costs nothing; others go on.
    @Test(arguments: StoreKind.allCases) func aJobInTroubleWaits(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let other = try h.listed(count: 1)
        let id = try h.listed(count: 300, priority: 1)
        for _ in 0..<20 {
            let claim = try #require(try h.claim())
            #expect(claim.job == id && !claim.isCautious)
            #expect(try h.store.release(claim, because: "the disk is away") == .held)
            #expect(try h.store.job(id).trouble == "the disk is away")
            let next = try #require(try h.claim("b"))
            #expect(try next.job == other && !h.store.isOutranked(next, abilities: allWork))
            _ = try h.store.release(next)
            #expect(try h.store.hasUnfinishedWork(for: allWork))
            h.clock.advance(seconds: 16)
        }
        let claim = try #require(try h.claim())
        _ = try h.store.record([outcome(claim.items[0])], for: claim)
        #expect(try h.store.job(id).trouble == nil)
        _ = try h.store.release(claim, because: "again")
        try h.store.cancel(id)
        #expect(try h.store.job(id).trouble == nil)
        _ = try h.store.retry(id)
        #expect(try h.claim()?.job == id)
    }

    @Test(arguments: StoreKind.allCases) func cancelRevokesClaims(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let id = try h.listed(count: 300)
        let claim = try #require(try h.claim())
        _ = try h.store.record([outcome(claim.items[0])], for: claim)
        try h.store.cancel(id)
        #expect(try h.store.record([outcome(claim.items[1])], for: claim) == .lost)
        #expect(try h.claim() == nil)
        #expect(try h.store.job(id).itemsDone == 1)
        #expect(try h.store.retry(id) == 299)
        #expect(try h.claim()?.items.count == 255)
    }

    @Test(arguments: StoreKind.allCases) func workOfHigherPriorityOutranks(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        _ = try h.listed(count: 5)
        let claim = try #require(try h.claim())
        _ = try h.submit()
        #expect(try !h.store.isOutranked(claim, abilities: allWork))
        let urgent = try h.submit(priority: 1)
        #expect(try h.store.isOutranked(claim, abilities: allWork))
        #expect(try !h.store.isOutranked(claim, abilities: WorkerAbilities(kinds: [.train], kernelLevels: [])))
        try h.store.pause(urgent)
        #expect(try !h.store.isOutranked(claim, abilities: allWork))
    }

    @Test(arguments: StoreKind.allCases) func workersAreListedWhileTheyLive(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let id = try h.listed(count: 600)
        let first = try #require(try h.claim("a"))
        _ = try h.claim("b")
        for (name, rate) in [("b", 10.5), ("a", 4.0)] {
            try h.store.heartbeat(worker(name), WorkerReport(state: .working, job: id, ratePerSecond: rate))
        }
        try h.store.heartbeat(worker("c"), WorkerReport(state: .idle))
        #expect(try h.store.workers().map(\.identity.name) == ["a", "b", "c"])
        #expect(try h.store.workers()[0].report.ratePerSecond == 4 && h.store.workers()[0].heartbeatAt == h.clock.now)
        #expect(try h.store.job(id).ratePerSecond == 14.5)
        h.clock.advance(seconds: 30)
        try h.store.heartbeat(worker("a"), WorkerReport(state: .stopping, job: id, ratePerSecond: 3))
        h.clock.advance(seconds: 31)
        #expect(try h.store.workers().map(\.identity.name) == ["a"])
        #expect(try h.store.job(id).ratePerSecond == 3 && h.store.jobs(limit: 1)[0].ratePerSecond == 3)
        try h.store.leave(worker("a"))
        #expect(try h.store.workers().isEmpty && h.store.job(id).ratePerSecond == nil)
        #expect(try h.store.standing(of: first) == .lost)
    }
}
