import Foundation
import Intake
import Queue
import SQLiteStore
import Synchronization
import Testing

final class Locked<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>

    init(_ value: Value) { mutex = Mutex(value) }

    func change(_ body: (inout Value) -> Void) {
        mutex.withLock { value in
            var copy = value
            body(&copy)
            value = copy
        }
    }

    var value: Value { mutex.withLock { $0 } }
}

/// Workers on connections of their own, as processes have them.
@Suite struct SQLiteConcurrencyTests {
    @Test func shardsGoToOneWorkerEach() throws {
        let h = try StoreHarness(.sqlite)
        let id = try h.listed(count: 256 * 30)
        let path = h.path
        let claims = concurrently(6) { index in
            let store = try SQLiteStore(path: path, mode: .open)
            var mine: [Int] = []
            while let claim = try store.claim(for: worker("w\(index)"), abilities: allWork) {
                mine.append(claim.shard)
                _ = try store.record(claim.items.map { outcome($0) }, for: claim)
            }
            return mine
        }
        let shards = try claims.flatMap { try $0.get() }
        #expect(shards.sorted() == Array(1...30))
        #expect(try h.store.job(id).state == .done)
        let report = try h.store.recount()
        #expect(report.sightings == 256 * 30 && report.differences.isEmpty)
    }

    /// A container and a shell on one machine may be shown two boot ids: neither takes the other's live claims, and
    /// nothing is guilty of deaths that did not happen.
    @Test func aLiveClaimOfAnotherBootIsNotTaken() throws {
        let h = try StoreHarness(.sqlite)
        let id = try h.listed(count: 8)
        let clock = h.clock
        let shell = try SQLiteStore(
            path: h.path, mode: .open,
            clock: StoreClock(
                now: { clock.now },
                boot: { StoreClock.Boot(id: "shell's", milliseconds: clock.boot.milliseconds) }))
        let unit = worker("unit")
        try h.store.heartbeat(unit, WorkerReport(state: .working))
        let claim = try #require(try h.store.claim(for: unit, abilities: allWork))
        for _ in 0..<20 {
            clock.advance(seconds: 10)
            #expect(try h.store.renew(claim, itemsDone: nil, itemsTotal: nil) == .held)
            try h.store.heartbeat(unit, WorkerReport(state: .working))
            try shell.heartbeat(worker("shell"), WorkerReport(state: .idle))
            #expect(try shell.claim(for: worker("shell"), abilities: allWork) == nil)
            #expect(try Set(shell.workers().map(\.identity.name)) == ["shell", "unit"])
        }
        #expect(try h.store.failures(of: id, after: -1, limit: 9).isEmpty)
        clock.advance(seconds: 61)
        #expect(try shell.claim(for: worker("shell"), abilities: allWork)?.shard == claim.shard)
        #expect(try h.store.renew(claim, itemsDone: nil, itemsTotal: nil) == .lost)
    }

    @Test func threadsShareOneStore() throws {
        let h = try StoreHarness(.sqlite)
        let id = try h.listed(count: 256 * 10)
        let store = h.store
        let done = concurrently(4) { index in
            var count = 0
            while let claim = try store.claim(for: worker("w\(index)"), abilities: allWork) {
                for start in stride(from: 0, to: claim.items.count, by: 64) {
                    let batch = claim.items[start..<min(start + 64, claim.items.count)]
                    _ = try store.record(batch.map { outcome($0) }, for: claim)
                    _ = try store.job(id)
                    count += batch.count
                }
            }
            return count
        }
        #expect(try done.map { try $0.get() }.reduce(0, +) == 2560)
        #expect(try h.store.job(id).itemsDone == 2560)
    }

    @Test func speed() throws {
        let h = try StoreHarness(.sqlite)
        #if DEBUG
        let count = 10_000
        #else
        let count = 200_000
        #endif
        let id = try h.submit()
        let listing = try #require(try h.claim())
        let references = (0..<count).map { number in
            stamped(
                number, time: PostTime(Timestamp(milliseconds: 1_600_000_000_000 + Int64(number) * 60_000), .id),
                post: Post(
                    platform: "instagram", id: String(number / 2), place: number % 2, author: "author \(number % 999)"))
        }
        let listed = try threadSeconds {
            for first in stride(from: 0, to: count, by: 2000) {
                _ = try h.store.append(
                    Array(references[first..<min(first + 2000, count)]), firstNumber: first, root: Path("/pictures"),
                    cursor: [1],
                    leftOut: [:], isLast: first + 2000 >= count, to: listing)
            }
        }
        var claiming = 0.0
        var recording = 0.0
        while true {
            var next: Claim?
            claiming += try threadSeconds { next = try h.claim() }
            guard let claim = next else { break }
            let outcomes = claim.items.map { item in
                var item = item
                item.reference.stamp = references[item.number].stamp
                return outcome(item, prediction(item.number % 3, confidence: Float(item.number % 60 + 40) / 100))
            }
            recording += try threadSeconds { _ = try h.store.record(outcomes, for: claim) }
        }
        #expect(try h.store.job(id).itemsDone == count)
        // The same folder again.
        let model = try h.store.resolve(nil).version
        let sums = try h.store.trends(of: model, TrendQuery(days: SightingTests.allDays))
        let again = try h.submit()
        let relisting = try #require(try h.claim())
        let known = try threadSeconds {
            for first in stride(from: 0, to: count, by: 2000) {
                _ = try h.store.append(
                    Array(references[first..<min(first + 2000, count)]), firstNumber: first, root: Path("/pictures"),
                    cursor: [1], leftOut: [:], isLast: first + 2000 >= count, to: relisting)
            }
        }
        #expect(try h.store.job(again).state == .done && h.store.job(again).itemsEarlier == count)
        #expect(try h.store.trends(of: model, TrendQuery(days: SightingTests.allDays)) == sums)
        func rate(_ seconds: Double) -> Int { Int(Double(count) / seconds) }
        print(
            "items a second of processor time: listed \(rate(listed)), claimed \(rate(claiming)), recorded \(rate(recording)), known \(rate(known))"
        )
        #if !DEBUG
        #expect(rate(listed) > 100_000 && rate(recording) > 25_000)
        #endif
    }
}

/// Processor time of this thread: what others do on the machine does not count.
private func threadSeconds(_ body: () throws -> Void) rethrows -> Double {
    func now() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let start = now()
    try body()
    return now() - start
}
