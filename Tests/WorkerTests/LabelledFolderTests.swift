import Foundation
import Intake
import Testing

@testable import Worker

@Suite final class LabelledFolderTests {
    private let root = FileManager.default.temporaryDirectory.appending(path: "bagq-labelled-\(UUID().uuidString)")

    deinit { try? FileManager.default.removeItem(at: root) }

    /// Makes files whose bytes are their names, but for what stands after a `=`.
    private func folder(_ files: [String]) throws -> Path {
        for file in files {
            let parts = file.split(separator: "=").map(String.init)
            let url = root.appending(path: parts[0])
            let isFolder = file.hasSuffix("/")
            try FileManager.default.createDirectory(
                at: isFolder ? url : url.deletingLastPathComponent(), withIntermediateDirectories: true)
            if !isFolder { try Data(parts[parts.count - 1].utf8).write(to: url) }
        }
        return Path(root.path(percentEncoded: false))
    }

    private func names(_ count: Int, in brand: String) -> [String] { (0..<count).map { "\(brand)/\($0).jpg" } }

    private func split(_ files: [String], seed: UInt64 = 0) throws -> DataSplit {
        try #require(try DataSplit(LabelledFolder(folder(files)), seed: seed, threads: 2))
    }

    private func shown(_ pictures: [DataSplit.Picture]) -> [String] {
        pictures.map { $0.picture.path.string?.split(separator: "/").suffix(2).joined(separator: "/") ?? "" }.sorted()
    }

    @Test(arguments: [
        ("train", "val", "test"), ("Train", "Valid", "Test"), ("TRAINING", "validation_set", "Testing"),
        ("training_set", "dev", "test_set"), ("seg_train/seg_train", "eval", "seg_test/seg_test"),
    ])
    func ownPartsAreTakenInTheirUsualSpellings(training: String, validation: String, test: String) throws {
        let root = try folder([
            "\(training)/gucci/a.jpg", "\(training)/Chanel/b.jpg", "\(validation)/gucci/c.jpg", "\(test)/Chanel/d.JPG",
            "\(test)/gucci/e.jpg",
        ])
        let data = try LabelledFolder(root)
        #expect(data.classes == ["Chanel", "gucci"])
        #expect(data.missing.isEmpty)
        #expect(data.given.mapValues(\.count) == [.training: 2, .validation: 1, .test: 2])
        let held = try LabelledFolder.held(root, classes: data.classes)
        #expect(held.part == .test && held.pictures.count == 2)
    }

    /// About 70/15/15, whatever the names; copies stay together.
    @Test func aPlainFolderIsSplitByBytes() throws {
        let split = try split(names(300, in: "a") + names(200, in: "b").map { "\($0)=b\($0)" })
        for (part, share) in [DataPart.training: 0.7, .validation: 0.15, .test: 0.15] {
            for (label, count) in [300.0, 200].enumerated() {
                let found = Double(split[part].filter { $0.picture.label == label }.count)
                #expect(abs(found - share * count) < 0.08 * count)
            }
        }
        #expect(Set(DataPart.allCases.flatMap { split[$0].map(\.picture.path) }).count == 500)
    }

    @Test func copiesStayTogetherAndAnotherSeedIsAnotherSplit() throws {
        let files = (0..<20).flatMap { ["a/\($0).jpg=\($0)", "a/\($0) (1).jpg=\($0)", "b/\($0).jpg=b\($0)"] }
        let (first, second) = (try split(files), try split(files, seed: 1))
        for part in DataPart.allCases {
            let mine = Set(first[part].map(\.fingerprint))
            for other in DataPart.allCases where other != part {
                #expect(mine.isDisjoint(with: first[other].map(\.fingerprint)))
            }
            #expect(first[part].contains { $0.picture.label == 0 } && first[part].contains { $0.picture.label == 1 })
        }
        #expect(shown(first[.test]) != shown(second[.test]))
        #expect(shown(try split(files)[.test]) == shown(first[.test]))
    }

    @Test func aGrowingFolderMovesNoPicture() throws {
        let few = names(40, in: "a") + names(40, in: "b").map { "\($0)=b\($0)" }
        let before = try split(few)
        let after = try split(few + (40..<70).flatMap { ["a/\($0).jpg", "b/\($0).jpg=b\($0)"] })
        for part in DataPart.allCases { #expect(Set(shown(before[part])).isSubset(of: shown(after[part]))) }
    }

    /// From three pictures on each part of each brand gets some, and most are learnt from.
    @Test(arguments: [3, 4, 5, 8, 12], [0, 1, 2, 3] as [UInt64])
    func fewPicturesAreInEveryPart(count: Int, seed: UInt64) throws {
        let split = try split(names(count, in: "a") + names(count, in: "b").map { "\($0)=b\($0)" }, seed: seed)
        for label in [0, 1] {
            let counts = DataPart.allCases.map { part in split[part].count { $0.picture.label == label } }
            #expect(
                counts.allSatisfy { $0 > 0 } && counts.reduce(0, +) == count && 2 * counts[0] >= min(count, 4) / 2 * 2)
            if count > 3 { #expect(2 * counts[0] >= count) }
        }
    }

    @Test func aPictureWithTwoLabelsIsLeftOutAndListed() throws {
        let split = try split(
            names(10, in: "amber") + ["amber/none.jpg=same"] + names(10, in: "blue").map { "\($0)=b\($0)" }
                + ["blue/none.jpg=same"])
        #expect(split.leftOut.map(\.reason) == ["two_labels", "two_labels"])
        #expect(split.leftOut.allSatisfy { $0.message == "the same picture stands in amber and blue" })
        #expect(DataPart.allCases.reduce(0) { $0 + split[$1].count } == 20)
    }

    @Test func sharedPicturesOfGivenPartsAreToldAndLeftOut() throws {
        let split = try split([
            "train/a/1.jpg=1", "train/a/2.jpg=2", "train/b/3.jpg=3", "val/a/4.jpg=1", "val/a/5.jpg=5", "val/b/6.jpg=6",
            "test/a/7.jpg=2", "test/a/8.jpg=5", "test/b/9.jpg=9",
        ])
        #expect(shown(split[.training]) == ["a/1.jpg", "a/2.jpg", "b/3.jpg"])
        #expect(shown(split[.validation]) == ["a/5.jpg", "b/6.jpg"])
        #expect(shown(split[.test]) == ["b/9.jpg"])
        #expect(
            split.remarks == [
                "1 of 3 validation pictures are also among those of training: left out of validation",
                "2 of 3 test pictures are also among those of training or validation: left out of test",
            ])
    }

    @Test(arguments: [[String](), ["test/a/t.jpg", "test/b/t.jpg=bt"]])
    func aMissingValidationPartIsCutFromTraining(more: [String]) throws {
        let split = try split(
            names(20, in: "train/a") + names(20, in: "train/b").map { "\($0)=b\($0)" } + more)
        #expect(!split[.validation].isEmpty && split[.training].count + split[.validation].count == 40)
        #expect(split[.test].count == more.count)
        #expect(split.remarks.contains { $0.hasPrefix("no validation folder is given") })
    }

    @Test(arguments: [
        (["train/a/1.jpg"], "two brands"),
        (["a/1.jpg", "b/"], "no picture in b"),
        (["Gucci/1.jpg", "gucci/1.jpg"], "differ only in case"),
        (["train/a/1.jpg", "train/b/1.jpg", "test/c/1.jpg"], "folder c that is no class"),
        (["x.jpg"], "no folder"),
        (["train/a/1.jpg", "train/b/1.jpg", "more/a/1.jpg"], "has more beside train, which would be ignored"),
        (["train/a/1.jpg", "train/b/1.jpg", "val/a/1.jpg", "dev/a/1.jpg"], "for validation; keep one"),
        (["2024/a/1.jpg", "2024/b/1.jpg", "2025/a/1.jpg", "2025/b/1.jpg"], "one level too deep"),
        (["Val/a/1.jpg", "Val/b/1.jpg", "Test/a/1.jpg", "Test/b/1.jpg"], "one level too deep"),
        (["Caf\u{E9}/1.jpg", "Cafe\u{301}/1.jpg"], "two Unicode spellings of one name"),
    ])
    func saysWhatIsWrong(files: [String], message: String) throws {
        let root = try folder(files)
        let error = #expect(throws: DataFolderError.self) { try LabelledFolder(root) }
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
    }

    @Test func linksAreNamedWhereAFolderLooksEmpty() throws {
        let root = try folder(["a/1.jpg", "b/"])
        for name in ["x.jpg", "y.jpg"] {
            try FileManager.default.createSymbolicLink(
                at: self.root.appending(path: "b/\(name)"), withDestinationURL: self.root.appending(path: "a/1.jpg"))
        }
        let error = #expect(throws: DataFolderError.self) { try LabelledFolder(root) }
        #expect(error?.description.contains("no picture in b (2 links in it are not followed)") == true)
    }

    /// What systems leave behind is no brand.
    @Test func hiddenFoldersAreNoBrands() throws {
        #expect(
            try LabelledFolder(folder(["a/1.jpg", "b/1.jpg", "@eaDir/c/1.jpg", ".x/1.jpg"])).classes == ["a", "b"])
    }
}
