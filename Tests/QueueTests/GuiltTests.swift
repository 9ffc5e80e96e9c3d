import Intake
import Queue
import SQLiteStore
import Testing

/// DESIGN.md, invariant 7: what deaths of workers cost.
@Suite struct GuiltTests {
    /// Workers die on item 3 until it is found guilty.
    @Test(arguments: StoreKind.allCases) func aPictureIsGuiltyAfterThreeDeathsAlone(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let id = try h.listed(count: 6)
        for attempt in 1...2 {
            let claim = try #require(try h.claim())
            #expect(!claim.isCautious && claim.attempt == attempt)
            h.workersDie()
        }
        for death in 1...3 {
            let claim = try #require(try h.claim())
            #expect(claim.isCautious)
            #expect(try h.store.failures(of: id, after: -1, limit: 9).isEmpty)
            for item in claim.items {
                #expect(try h.store.suspect(item, of: claim) == .held)
                if item.number == 3 { break }
                #expect(try h.store.record([outcome(item)], for: claim) == .held)
            }
            #expect(try h.store.job(id).itemsDone == 3, "death \(death)")
            h.workersDie()
        }
        let claim = try #require(try h.claim())
        #expect(!claim.isCautious && claim.items.map(\.number) == [4, 5])
        let failures = try h.store.failures(of: id, after: -1, limit: 9)
        #expect(failures.map(\.item.number) == [3] && failures[0].failure.reason == "crashed")
        _ = try h.store.record(claim.items.map { outcome($0) }, for: claim)
        let job = try h.store.job(id)
        #expect(job.state == .done && job.itemsDone == 5 && job.itemsFailed == 1)
        #expect(try h.store.recount().differences.isEmpty)
    }

    @Test(arguments: StoreKind.allCases) func theLastPictureOfAJobCanBeGuilty(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let id = try h.listed(count: 1)
        for _ in 1...3 {
            let claim = try #require(try h.claim())
            _ = try h.store.suspect(claim.items[0], of: claim)
            h.workersDie()
        }
        #expect(try h.claim() == nil)
        #expect(try h.store.job(id).state == .done && h.store.job(id).itemsFailed == 1)
    }

    @Test(arguments: StoreKind.allCases) func aDeathBeforeThePictureIsWrittenDownDoesNotCountAgainstIt(
        _ kind: StoreKind
    ) throws {
        let h = try StoreHarness(kind)
        let id = try h.listed(count: 3)
        for _ in 1...2 {
            let claim = try #require(try h.claim())
            _ = try h.store.suspect(claim.items[0], of: claim)
            h.workersDie()
        }
        // This worker dies with nothing written down, and one stops in order.
        _ = try h.claim()
        h.workersDie()
        let claim = try #require(try h.claim())
        #expect(try h.store.release(claim) == .held)
        #expect(try h.store.failures(of: id, after: -1, limit: 9).isEmpty)
        #expect(try h.claim()?.isCautious == true)
        // Once the picture has its outcome, its deaths are forgotten.
        h.workersDie()
        let last = try #require(try h.claim())
        _ = try h.store.suspect(last.items[0], of: last)
        _ = try h.store.record([outcome(last.items[0])], for: last)
        _ = try h.store.release(last)
        #expect(try h.claim()?.isCautious == false)
    }

    @Test(arguments: StoreKind.allCases) func progressResetsTheCount(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let id = try h.listed(count: 20)
        for _ in 0..<20 {
            let claim = try #require(try h.claim())
            #expect(!claim.isCautious)
            _ = try h.store.record([outcome(claim.items[0])], for: claim)
            h.workersDie()
        }
        #expect(try h.store.job(id).state == .done)
    }

    @Test(arguments: StoreKind.allCases) func sixDeathsWithoutProgressEndAShard(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let id = try h.listed(count: 300)
        for _ in 1...6 {
            _ = try #require(try h.claim())
            h.workersDie()
        }
        let rest = try #require(try h.claim())
        #expect(rest.items.count == 44)
        #expect(try h.store.job(id).state == .running && h.store.job(id).error?.isEmpty == false)
        _ = try h.store.record(rest.items.map { outcome($0) }, for: rest)
        let job = try h.store.job(id)
        #expect(job.state == .failed && job.itemsDone == 44 && job.itemsTotal == 300)
        #expect(try h.store.retry(id) == 256)
        #expect(try h.claim()?.isCautious == false)
    }

    @Test(arguments: StoreKind.allCases) func stopsOnRequestCostNothing(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let id = try h.listed(count: 3)
        for _ in 1...20 {
            let claim = try #require(try h.claim())
            #expect(!claim.isCautious)
            #expect(try h.store.release(claim) == .held)
        }
        #expect(try h.store.job(id).state == .running)
    }
}
