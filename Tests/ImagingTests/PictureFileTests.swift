import Foundation
import Intake
import Testing

@testable import Imaging

final class PictureFileTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "bagq-imaging-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func read(_ path: [UInt8], limit: Int = 1000) throws -> (bytes: [UInt8], modified: Int64) {
        var buffer: [UInt8] = [1, 2, 3]
        let modified = try PictureFile.read(PicturePlace(path: Path(bytes: path)), limit: limit, into: &buffer)
            .modifiedAt
        return (buffer, modified.milliseconds)
    }

    private func path(_ name: String) -> [UInt8] { Array(folder.appending(path: name).path.utf8) }

    @Test func readsBytesAndTime() throws {
        let url = folder.appending(path: "a.jpg")
        for bytes in [[], [7], [UInt8](repeating: 9, count: 1000)] as [[UInt8]] {
            try Data(bytes).write(to: url)
            let date = Date(timeIntervalSince1970: 1_500_000_000)
            try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: url.path)
            let file = try read(path("a.jpg"))
            #expect(file.bytes == bytes && file.modified == 1_500_000_000_000)
        }
        #expect(throws: PictureError(.tooLarge, "the file has 1000 bytes, over the limit of 999")) {
            try read(path("a.jpg"), limit: 999)
        }
    }

    @Test func readsNamesThatAreNoText() throws {
        let name = path("") + [0x2F, 0xFF, 0xFE]
        let file = unsafe fopen((name + [0]).map { CChar(bitPattern: $0) }, "w")
        _ = unsafe file.map { unsafe fclose($0) }
        #expect(try read(name).bytes == [])
    }

    @Test func refusesWhatIsNoRegularFile() throws {
        unsafe mkfifo(folder.appending(path: "pipe.jpg").path, 0o600)
        try FileManager.default.createSymbolicLink(
            at: folder.appending(path: "link.jpg"), withDestinationURL: URL(fileURLWithPath: "/dev/null"))
        let cases: [([UInt8], String)] = [
            (path("pipe.jpg"), "pipe"), (path("link.jpg"), "link"), (path(""), "folder"),
            (Array("/dev/null".utf8), "device"), (path("gone.jpg"), "No such file"), (path("a") + [0, 1], "zero byte"),
            ([], "No such file"),
        ]
        for (path, word) in cases {
            let error = try #require(throws: PictureError.self) { try read(path) }
            #expect(error.reason == .unreadable && error.message.contains(word), "\(error)")
        }
    }

    /// Longer than the system opens at once.
    @Test func opensWhatLiesDeeperThanPathsReach() throws {
        let name = String(repeating: "d", count: 250)
        let depth = 20
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/bash")
        shell.arguments = [
            "-c",
            "cd \"$0\" && for i in $(seq \(depth)); do mkdir \(name) && cd -P \(name) || exit 1; done; printf picture > p.jpg",
            folder.path,
        ]
        try shell.run()
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 0)
        let path = Array((folder.path + "/" + String(repeating: name + "/", count: depth) + "p.jpg").utf8)
        #expect(path.count > 5000)
        #expect(try read(path).bytes == Array("picture".utf8))
        let error = #expect(throws: PictureError.self) { try read(path + [120]) }
        #expect(error?.cause?.saysMissing == true)
    }
}
