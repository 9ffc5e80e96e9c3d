/// What a source of one kind does: hands out its pictures in an order that never changes, and can go on from where it
/// stood. One file per kind; `SourceLister` chooses.
protocol SourceReader {
    /// The next pictures, at most `limit`. Fewer or none only mean that it is time to save the cursor; `isAtEnd` tells
    /// the end.
    mutating func read(limit: Int, leftOut: inout [String: Int]) throws(IntakeError) -> [PictureReference]
    var isAtEnd: Bool { get }
    /// What dumps' formats found so far.
    var findings: DumpFindings { get }
    /// Where the reader stands, enough to go on in another process.
    var cursor: [UInt8] { get }
}
