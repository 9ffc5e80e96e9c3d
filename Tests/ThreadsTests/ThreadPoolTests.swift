import Testing
import Threads

struct ThreadPoolTests {
    @Test(arguments: [1, 2, 5])
    func runsEveryUnitOnce(_ threads: Int) throws {
        let pool = ThreadPool(threads: threads)
        for count in [0, 1, 2, 100] {
            let counts = Monitor([Int](repeating: 0, count: count))
            try pool.forEach(count) { worker, unit in
                #expect((0..<threads).contains(worker))
                counts.withLock { $0[unit] += 1 }
            }
            #expect(counts.withLock { $0.allSatisfy { $0 == 1 } })
        }
    }

    @Test(arguments: [1, 4])
    func throwsWhatTheLowestUnitThrew(_ threads: Int) {
        struct Failure: Error, Equatable { var unit: Int }
        let pool = ThreadPool(threads: threads)
        for _ in 0..<50 {
            #expect(throws: Failure(unit: 3)) {
                try pool.forEach(40) { _, unit in if unit >= 3 { throw Failure(unit: unit) } }
            }
        }
    }
}
