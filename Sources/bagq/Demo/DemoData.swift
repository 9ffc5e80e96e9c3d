import Dispatch
import Foundation
import Intake
import Synchronization

/// The made-up pictures of `bagq demo`: five houses' handbags to train on, and two months of posts in which one rises.
enum DemoData {
    static let risingBrand = HandbagBrand.vespardi

    /// Writes `training/` and `dump/` below `folder`. The same seed and day make the same bytes, whatever the threads.
    /// - today: any moment of the day (UTC) before which the last pictures were taken.
    /// - progress: called from several threads with the files written so far and in all.
    /// - throws: what the file system says.
    static func write(
        to folder: URL, seed: UInt64, today: Timestamp = .now, threads: Int, size: DemoSize = DemoSize(),
        progress: @Sendable (_ written: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> DemoSummary {
        let plan = DemoPlan(seed: seed, today: today, size: size)
        let files = plan.files
        for directory in Set(files.map { folder.appending(path: $0.path).deletingLastPathComponent() }) {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        }
        let state = Mutex((next: 0, written: 0, error: (any Error)?.none))
        DispatchQueue.concurrentPerform(iterations: max(threads, 1)) { _ in
            while true {
                let index = state.withLock { state in
                    defer { state.next += 1 }
                    return state.error == nil ? state.next : files.count
                }
                guard index < files.count else { return }
                do {
                    let file = files[index]
                    var random = DemoRandom(seed: seed, stream: index)
                    let bytes = try file.bytes(longSide: size.longSide, random: &random)
                    try Data(bytes).write(to: folder.appending(path: file.path))
                    let written = state.withLock { state in
                        state.written += 1
                        return state.written
                    }
                    progress(written, files.count)
                } catch {
                    state.withLock { $0.error = error }
                }
            }
        }
        if let error = state.withLock({ $0.error }) { throw error }
        return DemoSummary(of: plan, in: folder, size: size)
    }
}
