import Foundation
import Intake
import Synchronization
import Threads

/// The made-up pictures of `bagq demo`: five houses' handbags to train on, and two months of posts in which one rises,
/// with some of the same months a year before.
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
        let written = Atomic(0)
        try ThreadPool(threads: threads).forEach(files.count) { _, index in
            let file = files[index]
            var random = DemoRandom(seed: seed, stream: index)
            let bytes = try file.bytes(longSide: size.longSide, random: &random)
            try Data(bytes).write(to: folder.appending(path: file.path))
            progress(written.add(1, ordering: .relaxed).newValue, files.count)
        }
        return DemoSummary(of: plan, in: folder, size: size)
    }
}
