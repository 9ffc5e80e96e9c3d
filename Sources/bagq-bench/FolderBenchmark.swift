import CNN
import Foundation
import Intake
import Queue
import SQLiteStore
import Worker

/// The whole way: a folder is submitted to a new database, a worker lists, reads, decodes, classifies and records it.
func measureFolder(_ options: BenchOptions) throws -> Measurement {
    guard let folder = options.folder else { throw BenchError.usage("the benchmark folder needs --folder F") }
    let model = try benchmarkModel(options)
    let source = PicturePath(URL(filePath: folder).standardizedFileURL.path(percentEncoded: false))
    var items = 0
    let seconds = try medianSeconds(warmUps: 1, runs: 5) {
        items = try classify(source, with: model, threads: options.threads)
    }
    return Measurement(
        name: "folder", value: Double(items) / seconds, unit: "images/s", threads: options.threads,
        batch: PictureClassifier.batchSize)
}

private func classify(_ source: PicturePath, with model: Model, threads: Int) throws -> Int {
    let home = FileManager.default.temporaryDirectory.appending(path: "bagq-bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: home) }
    let store = try SQLiteStore(
        path: PicturePath(home.appending(path: "bagq.db").path(percentEncoded: false)), mode: .create(timeZone: "UTC"))
    let version = try store.add(
        NewModel(
            classes: model.classes, threshold: model.threshold, precision: model.storedPrecision, summary: "benchmark",
            file: model.safetensors()),
        named: "benchmark")
    let job = try store.submit(.classify(ClassifyRequest(source: source, name: "benchmark", model: version)))
    let identity = WorkerIdentity(
        id: WorkerID(rawValue: UUID().uuidString), name: "bench", host: "here", pid: Int(getpid()))
    let level = try benchmarkLevel()
    let worker = WorkerDaemon(
        store: store,
        options: WorkerDaemon.Options(
            identity: identity, threads: threads, level: level, leaseSeconds: 60, ending: .finished(job.id)),
        stop: StopRequest())
    try worker.run()
    let ended = try store.job(job.id)
    guard ended.state == .done else { throw BenchError.folder("\(source): the job ended as \(ended.state.rawValue)") }
    return ended.itemsDone + ended.itemsFailed
}
