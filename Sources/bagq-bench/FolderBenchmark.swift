import CNN
import Foundation
import Intake
import Queue
import SQLiteStore
import Worker

/// The whole way: a folder is submitted to a new database that has the model, a worker starts, lists, reads, decodes,
/// classifies and records it.
func measureFolder(_ options: BenchOptions) throws -> Measurement {
    guard let folder = options.folder else { throw BenchError.usage("the benchmark folder needs --folder F") }
    let model = try benchmarkModel(options)
    let source = Path(URL(filePath: folder).standardizedFileURL.path(percentEncoded: false))
    let runs = try (0..<6).map { _ in try classify(source, with: model, threads: options.threads) }
    let rates = runs.dropFirst().map { Double($0.items) / $0.seconds }.sorted()
    return Measurement(
        name: "folder", value: rates[rates.count / 2], unit: "images/s", threads: options.threads,
        batch: PictureClassifier.batchSize)
}

/// In seconds from the submission to the worker's end.
private func classify(
    _ source: Path, with model: Model, threads: Int
) throws -> (items: Int, seconds: Double) {
    let home = FileManager.default.temporaryDirectory.appending(path: "bagq-bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: home) }
    let store = try SQLiteStore(
        path: Path(home.appending(path: "bagq.db").path(percentEncoded: false)), mode: .create(timeZone: "UTC"))
    let version = try store.add(
        NewModel(
            classes: model.classes, threshold: model.threshold, precision: model.storedPrecision, summary: "benchmark",
            file: model.safetensors()),
        named: "benchmark")
    let clock = ContinuousClock()
    let start = clock.now
    let job = try store.submit(.classify(ClassifyRequest(source: source, name: "benchmark", model: version)))
    let identity = WorkerIdentity(
        id: WorkerID(rawValue: UUID().uuidString), name: "bench", host: "here", pid: Int(getpid()))
    let level = try benchmarkLevel()
    let worker = try WorkerDaemon(
        store: store,
        options: WorkerDaemon.Options(
            identity: identity, threads: threads, level: level, leaseSeconds: 60, ending: .finished(job.id)),
        stop: StopRequest())
    try worker.run()
    let seconds = (clock.now - start) / .seconds(1)
    let ended = try store.job(job.id)
    guard ended.state == .done else { throw BenchError.folder("\(source): the job ended as \(ended.state.rawValue)") }
    return (ended.itemsDone + ended.itemsFailed, seconds)
}
