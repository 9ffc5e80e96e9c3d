import Foundation
import Imaging
import Intake
import Testing

@testable import SQLiteStore

/// A picture that kills whoever decodes it is found out, by invariant 7: two deaths make the worker careful, three more
/// with the picture alone written down make it guilty.
struct GuiltTests {
    @Test func aPictureThatKillsWorkersBecomesAFailure() throws {
        let bagq = try Bagq.withModel()
        // Slow to decode, so that there is time to be the one who kills.
        try FileManager.default.createDirectory(atPath: bagq.path("dump"), withIntermediateDirectories: true)
        try Data(Self.slowPicture().jpeg(quality: 95)).write(to: URL(filePath: bagq.path("dump/slow.jpg")))
        #expect(try bagq.run("submit", "dump").status == 0)

        let database = try Connection(path: Path(bagq.path("bagq.db")), access: .writing)
        for death in 1...5 {
            let worker = try bagq.start("worker", "--drain")
            // From the third on, the picture must be written down as the suspect before it is touched.
            let inHand =
                death <= 2
                ? "SELECT 1 FROM shard WHERE job = 2 AND number = 1 AND state = 1 AND attempt = ?"
                : "SELECT 1 FROM shard WHERE job = 2 AND suspect = 0 AND suspect_attempt = ?"
            while worker.isRunning, try database.row(inHand, death, map: { $0.int(0) }) == nil { usleep(1000) }
            #expect(worker.isRunning)
            kill(worker.processIdentifier, SIGKILL)
            worker.waitUntilExit()
        }
        #expect(try bagq.run("worker", "--drain").status == 0)
        let failures = try bagq.run("failures", "2").lines
        #expect(failures.count == 2)
        #expect(failures.last?.hasPrefix("0,slow.jpg,crashed,") == true)
        #expect(try bagq.run("wait", "2").status == 1)
        #expect(try bagq.run("results", "2").lines.count == 1)
    }

    /// Noise takes long to decode.
    private static func slowPicture() -> RGBImage {
        let side = 4000
        var random = CounterRandom(7)
        let noise = (0..<65_536).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let rows = (0..<side * side * 3 / noise.count + 1).flatMap { _ in noise }
        return RGBImage(width: side, height: side, pixels: Array(rows.prefix(side * side * 3)))
    }
}
