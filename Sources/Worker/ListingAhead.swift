import Glibc
import Intake
import Queue
import Threads

/// Lists a source on a thread of its own, one batch ahead of whoever records the batches: to read what a dump says of
/// its pictures takes about as long as to record it.
final class ListingAhead: Sendable {
    /// The first batch is small: other threads and workers can begin. Later ones fill a transaction well.
    private static let batchSizes = (first: 1024, later: 8192)

    struct Batch: Sendable {
        var references: [PictureReference]
        /// Where the listing stands after this batch.
        var cursor: [UInt8]
        /// Since the start of the source.
        var leftOut: [String: Int]
        /// Nothing follows, and it is empty.
        var isLast: Bool
    }

    private enum Slot {
        case empty
        case full(Result<Batch, any Error>)
        case closed
    }

    private let slot = Monitor(Slot.empty)

    /// - root: What the references' paths are relative to.
    init(_ work: ListWork, under root: Path, _ context: IntakeContext) {
        WorkerThread("list") { [slot] in
            var isLast = false
            /// False once nobody takes it.
            func put(_ batch: Result<Batch, any Error>) -> Bool {
                _ = slot.wait { slot -> Bool? in if case .full = slot { nil } else { true } }
                return slot.withLock { state in
                    if case .closed = state { return false }
                    state = .full(batch)
                    return true
                }
            }
            do {
                var lister = try SourceLister(
                    source: work.source, cursor: work.cursor, leftOut: work.leftOut, context: context)
                var limit = Self.batchSizes.first
                while !isLast {
                    let found = try lister.next(limit: limit)
                    isLast = found == nil
                    var batch = Batch(
                        references: found?.references ?? [], cursor: found?.cursor ?? [], leftOut: lister.leftOut,
                        isLast: isLast)
                    if work.takesStamps { batch.references.stamp(under: root) }
                    guard put(.success(batch)) else { return }
                    limit = Self.batchSizes.later
                }
            } catch {
                _ = put(.failure(error))
            }
        }
    }

    /// Waits for the next batch. Not to be called after the last one or after an error; nil once it is closed.
    func next() throws -> Batch? {
        let batch = slot.wait { slot -> Result<Batch, any Error>?? in
            switch slot {
            case .empty: nil
            case .full(let batch): .some(batch)
            case .closed: .some(nil)
            }
        }
        slot.withLock { if case .full = $0 { $0 = .empty } }
        return try batch??.get()
    }

    /// Ends the thread after the batch that it is at. Nothing more is to be taken.
    func close() {
        slot.withLock { $0 = .closed }
    }
}

extension [PictureReference] {
    /// Looks at the files of those whose reader has not.
    fileprivate mutating func stamp(under root: Path) {
        for index in indices where self[index].stamp == nil {
            self[index].stamp = FileStamp(of: self[index].place.under(root).path)
        }
    }
}

extension FileStamp {
    /// Of a regular file; links are not followed. Nil where there is none.
    fileprivate init?(of path: Path) {
        var status = stat()
        guard unsafe lstat(path.cString, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        self.init(status)
    }
}
