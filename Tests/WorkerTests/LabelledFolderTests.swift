import Foundation
import Intake
import Testing

@testable import Worker

@Suite final class LabelledFolderTests {
    private let root = FileManager.default.temporaryDirectory.appending(path: "bagq-labelled-\(UUID().uuidString)")

    deinit { try? FileManager.default.removeItem(at: root) }

    /// Makes empty files, which is all that reading names needs.
    private func folder(_ files: [String]) throws -> Path {
        for file in files {
            let url = root.appending(path: file)
            let isFolder = file.hasSuffix("/")
            try FileManager.default.createDirectory(
                at: isFolder ? url : url.deletingLastPathComponent(), withIntermediateDirectories: true)
            if !isFolder { try Data().write(to: url) }
        }
        return Path(root.path(percentEncoded: false))
    }

    private func names(_ count: Int, in brand: String) -> [String] { (0..<count).map { "\(brand)/\($0).jpg" } }

    @Test func ownPartsAreTakenAsTheyAre() throws {
        let root = try folder([
            "train/gucci/a.jpg", "train/Chanel/b.jpg", "val/gucci/c.jpg", "test/Chanel/d.JPG", "test/gucci/e.jpg",
        ])
        let data = try LabelledFolder(root)
        #expect(data.classes == ["Chanel", "gucci"])
        #expect(data.hasOwnParts)
        #expect(data.pictures(.training).map(\.label) == [0, 1])
        #expect(data.pictures(.validation).count == 1)
        #expect(data.pictures(.test).map(\.path).allSatisfy { $0.description.contains("/test/") })
    }

    @Test func onePlainFolderIsSplitTheSameWayEachTime() throws {
        let root = try folder(names(40, in: "a") + names(20, in: "b"))
        let data = try LabelledFolder(root)
        for (part, counts) in [LabelledFolder.Part.training: [28, 14], .validation: [6, 3], .test: [6, 3]] {
            #expect([0, 1].map { label in data.pictures(part).filter { $0.label == label }.count } == counts)
        }
        let all = LabelledFolder.Part.allCases.flatMap { data.pictures($0).map(\.path) }
        #expect(Set(all).count == 60)
        #expect(try LabelledFolder(root).pictures(.test) == data.pictures(.test))
    }

    @Test(arguments: [
        (["train/a/1.jpg"], "two brands"),
        (["a/1.jpg", "b/"], "no picture in b"),
        (["Gucci/1.jpg", "gucci/1.jpg"], "differ only in case"),
        (["train/a/1.jpg", "train/b/1.jpg", "test/c/1.jpg"], "folder c that is no class"),
        (["x.jpg"], "no folder"),
    ])
    func saysWhatIsWrong(files: [String], message: String) throws {
        let root = try folder(files)
        let error = #expect(throws: DataFolderError.self) { try LabelledFolder(root) }
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
    }
}
