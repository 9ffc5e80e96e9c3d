import Synchronization
import Testing

@testable import Worker

struct ClassifyInOrderTests {
    private struct NoMemory: Error {}

    @Test(arguments: [1, 3, 8])
    func handsOnInOrder(threads: Int) throws {
        var seen: [Int] = []
        let isWhole = try inOrder(200, threads: threads, isStopped: { false }, makeWorker: { { $0 * $0 } }) {
            #expect($0 * $0 == $1)
            seen.append($0)
        }
        #expect(isWhole && seen == Array(0..<200))
    }

    /// The others do not go on for the rest of a hundred million numbers.
    @Test func aFailedThreadStopsTheOthers() throws {
        let made = Atomic(0)
        let computed = Atomic(0)
        #expect(throws: NoMemory.self) {
            _ = try inOrder(100_000_000, threads: 3, isStopped: { false }) {
                if made.add(1, ordering: .relaxed).oldValue == 0 { throw NoMemory() }
                return { number in
                    computed.add(1, ordering: .relaxed)
                    return number
                }
            } each: { _, _ in
            }
        }
        #expect(computed.load(ordering: .relaxed) < 100_000_000)
    }

    @Test func stopsWhenAsked() throws {
        let stop = Atomic(false)
        let isWhole = try inOrder(100_000_000, threads: 2, isStopped: { stop.load(ordering: .relaxed) }) {
            { $0 }
        } each: { number, _ in
            if number == 100 { stop.store(true, ordering: .relaxed) }
        }
        #expect(!isWhole)
    }
}
