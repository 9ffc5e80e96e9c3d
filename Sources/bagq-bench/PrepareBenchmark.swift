import CNN
import Foundation
import Imaging
import Intake
import Worker
import Threads

/// From files to the network's input: read, fingerprint, decode, resize, as a worker's threads do it. Bad pictures
/// count too.
func measurePrepare(_ options: BenchOptions) throws -> Measurement {
    guard let folder = options.folder else { throw BenchError.usage("the benchmark prepare needs --folder F") }
    let source = Path(URL(filePath: folder).standardizedFileURL.path(percentEncoded: false))
    var lister = try SourceLister(source: source, cursor: nil, leftOut: [:])
    let root = try SourceLister.root(of: source)
    var paths: [Path] = []
    while let batch = try lister.next(limit: 8192) { paths += batch.references.map { root.appending($0.place.path) } }
    guard !paths.isEmpty else { throw BenchError.folder("\(source): there is no picture") }

    let preprocessing = try benchmarkModel(options).preprocessing
    let threads = try (0..<options.threads).map { _ in try PreparerBox(preprocessing) }
    let pool = ThreadPool(threads: options.threads)
    let all = paths
    let seconds = try medianSeconds(warmUps: 1, runs: 5) {
        try pool.forEach(all.count) { thread, picture in threads[thread].prepare(all[picture]) }
    }
    return Measurement(
        name: "prepare", value: Double(all.count) / seconds, unit: "images/s", threads: options.threads, batch: 1)
}

/// Each is used by the one thread that has its number.
private final class PreparerBox: @unchecked Sendable {
    private var preparer: PicturePreparer
    private var pixels: [UInt8]
    private let preprocessing: Preprocessing

    init(_ preprocessing: Preprocessing) throws {
        preparer = try PicturePreparer(zone: .gmt)
        pixels = [UInt8](repeating: 0, count: preprocessing.byteCount)
        self.preprocessing = preprocessing
    }

    func prepare(_ path: Path) {
        var target = pixels.mutableSpan
        _ = try? preparer.prepare(PicturePlace(path: path), for: preprocessing, into: &target)
    }
}
