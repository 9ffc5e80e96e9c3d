import Foundation
import Testing

@testable import Intake

@Suite struct AuthorPanelTests {
    private func panels(_ text: String) throws -> [AuthorPanels.Panel] {
        let tree = Tree()
        tree.file("panels.csv", text)
        return try AuthorPanels(readingFrom: tree.path("panels.csv")).panels
    }

    @Test func authorsStandInTheirPanels() throws {
        let found = try panels("Panel;note;Author\nedgy;;me\nmain;x; you \nedgy;;you\nedgy;;me\n")
        #expect(found.map(\.name) == ["edgy", "main"] && found.map(\.authors) == [["me", "you"], ["you"]])
    }

    @Test(arguments: [
        ("", "begin it with a line `author,panel`"), ("me,edgy\n", "begin it with a line `author,panel`"),
        ("author,panel\n", "names no panels"), ("author,panel\nme,\n", "line 2 lacks its panel"),
        ("author,panel\nme,edgy\n ,edgy\n", "line 3 lacks its author"),
    ]) func whatIsNoPanelIsSaid(text: String, message: String) {
        let error = #expect(throws: AuthorPanelsError.self) { try panels(text) }
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
    }

    @Test func aMissingFileIsNamed() {
        let error = #expect(throws: AuthorPanelsError.self) { try AuthorPanels(readingFrom: Tree().path("none.csv")) }
        #expect(error?.description.contains("none.csv: No such file") == true)
    }

    @Test func namesAreTheSameWhateverTheirSpelling() {
        #expect(
            BrandNames.isSame("Hermès", "HERMES") && BrandNames.isSame("👜", "👜")
                && BrandNames.isSame("miu_miu", "Miu Miu"))
        #expect(!BrandNames.isSame("miumiu", "dior") && !BrandNames.isSame("👜", "🎒") && !BrandNames.isSame("", "dior"))
    }

    @Test func aTextIsKnownByItsWords() {
        let context = IntakeContext(zone: .gmt)
        for (text, tags, isKnown) in [("", [], false), (" \n", [], false), ("look", [], true), ("", ["bag"], true)]
            as [(String, [String], Bool)]
        {
            var post = Post()
            post.take(texts: [text], hashtags: tags, context)
            #expect(post.hasText == isKnown)
        }
    }
}
