import CNN
import Foundation
import Intake
import Queue

/// Every line that a worker logs, made harmless here whatever stands in it. Lines go to stderr as `event key=value …`;
/// under systemd each starts with its journal priority (sd-daemon(3)), elsewhere with nothing.
enum Log {
    static func started(_ worker: WorkerIdentity, threads: Int, kernels: String) {
        write(.info, "started worker=\(worker.name) pid=\(worker.pid) threads=\(threads) kernels=\(kernels)")
    }

    static func stopped(_ worker: WorkerIdentity, pictures: Int) {
        write(.info, "stopped worker=\(worker.name) pictures=\(pictures)")
    }

    static func stopRequested() {
        write(.notice, "stopping: finishing the batch and giving the work back")
    }

    static func listed(_ claim: Claim, items: Int) {
        write(.info, "listed job=\(claim.job) items=\(items)")
    }

    static func cautious(_ claim: Claim) {
        write(.warning, "shard=\(claim.shard) job=\(claim.job) has killed workers: taking one picture at a time")
    }

    static func lost(_ claim: Claim) {
        write(.warning, "lost job=\(claim.job) shard=\(claim.shard) attempt=\(claim.attempt): dropped its work")
    }

    static func late(by seconds: Double) {
        write(
            .warning,
            String(format: "no lease was renewed for %.1f s, ", seconds)
                + "longer than a lease: others may have taken what was in hand")
    }

    static func postponed(_ claim: Claim, because trouble: String) {
        write(.warning, "job=\(claim.job) waits: \(trouble)")
    }

    static func failed(_ claim: Claim, because message: String) {
        write(.error, "failed job=\(claim.job) shard=\(claim.shard): \(message)")
    }

    static func badPicture(_ claim: Claim, _ bad: BadPicture) {
        write(.warning, "left out job=\(claim.job) picture=\(bad.path) reason=\(bad.reason): \(bad.message)")
    }

    static func trainingStarted(_ claim: Claim, summary: String) {
        write(.info, "training job=\(claim.job): \(summary)")
    }

    static func expected(_ claim: Claim, _ pace: TrainingPace, _ options: TrainingOptions) {
        let epochs = options.epochs
        var text = String(
            format: "%d epoch%@ of about %.3g s, %.1f min in all, as measured on this machine", epochs,
            epochs == 1 ? "" : "s", pace.secondsPerEpoch, pace.seconds(of: epochs) / 60)
        if let minutes = options.minutes, pace.secondsPerEpoch > 60 * Double(minutes) {
            text += "; one alone is longer than --minutes \(minutes)"
        } else if options.minutes != nil, epochs == TrainingPace.mostEpochs {
            text += "; --minutes chooses no more"
        }
        write(.info, "training job=\(claim.job): \(text)")
    }

    static func remark(_ claim: Claim, _ text: String) {
        write(.notice, "training job=\(claim.job): \(text)")
    }

    /// Which epoch is the best is only of interest where that one is kept.
    static func epoch(_ claim: Claim, _ report: EpochReport, of options: TrainingOptions) {
        func shown(_ name: String, _ loss: Double?, _ accuracy: Double?) -> String {
            guard let loss, let accuracy else { return "" }
            return String(format: " \(name)loss=%.4f \(name)accuracy=%.4f", loss, accuracy)
        }
        write(
            .info,
            "epoch job=\(claim.job) epoch=\(report.epoch)/\(options.epochs)"
                + shown("", report.trainingLoss, report.trainingAccuracy)
                + shown("validation_", report.validationLoss, report.validationAccuracy)
                + (report.isBest && options.keep == .best ? " best" : ""))
    }

    static func stopForced() {
        write(.error, "stopped without an answer from the store or a disk: what is in hand is left to its lease")
    }

    static func store(_ news: StorePatience.News) {
        switch news {
        case .trouble(let error): write(.error, "the store does not answer, trying again: \(error)")
        case .answer(let seconds): write(.notice, String(format: "the store answers again after %.1f s", seconds))
        }
    }

    static func checkpointNotSaved(_ claim: Claim, _ error: StoreError) {
        write(.warning, "training job=\(claim.job): goes on without a checkpoint, which could not be written: \(error)")
    }

    private enum Priority: Int {
        case error = 3, warning, notice, info
    }

    private static func write(_ priority: Priority, _ text: String) {
        // On a terminal a progress line may stand where this goes; it is drawn again below.
        let start = isJournal ? "<\(priority.rawValue)>" : isTerminal ? "\r\u{1B}[Kbagq: " : "bagq: "
        let line = start + Escaping.terminal(text) + "\n"
        FileHandle.standardError.write(Data(line.utf8))
    }

    private static let isTerminal = isatty(STDERR_FILENO) == 1

    /// systemd names the journal's stream by device and inode; a redirected stderr no longer is that stream.
    private static let isJournal: Bool = {
        guard let stream = ProcessInfo.processInfo.environment["JOURNAL_STREAM"] else { return false }
        var status = stat()
        guard unsafe fstat(STDERR_FILENO, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }()
}
