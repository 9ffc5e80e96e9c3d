import Testing

@testable import Intake

@Suite struct BrandNameTests {
    static let brands = BrandNames([
        ("louis_vuitton", ["LV", "@louisvuitton", "#lvbag", "路易威登", "ルイ・ヴィトン"]), ("hermes", ["Hermès", "Kelly bag"]),
        ("prada", ["프라다"]),
        ("levis", ["Levi's"]),
    ])

    static let texts: [(String, String)] = [
        ("my louis vuitton", "louis_vuitton"), ("LOUIS-VUITTON!", "louis_vuitton"), ("@louisvuitton", "louis_vuitton"),
        ("#LouisVuitton", "louis_vuitton"), ("louis_vuitton", "louis_vuitton"), ("Louïs Vuittön", "louis_vuitton"),
        ("Louis  \n Vuitton", "louis_vuitton"), ("我的路易威登包包", "louis_vuitton"), ("我的LV包", "louis_vuitton"),
        ("ルイ・ヴィトンのバッグ", "louis_vuitton"), ("Ｌｏｕｉｓ　Ｖｕｉｔｔｏｎ", "louis_vuitton"), ("👜LV👜", "louis_vuitton"),
        ("louis", ""), ("vuitton louis", ""), ("louisvuittons", ""), ("lvmh", ""),
        ("Hermès", "hermes"), ("HERMES", "hermes"), ("Herme\u{300}s", "hermes"), ("my Kelly bag", "hermes"),
        ("kellybag", "hermes"),
        ("Kelly", ""), ("kelly green bag", ""),
        ("Prada's", "prada"), ("Pradaxa", ""), ("xprada", ""), ("prada2", ""), ("PRADA", "prada"), ("프라다를 샀다", "prada"),
        ("pra\u{200D}da", "prada"),
        ("Levi's", "levis"), ("levi’s", "levis"), ("LEVIS", "levis"), ("levi", ""),
        ("prada and Hermès, prada", "hermes prada"), ("louis prada", "prada"), ("", ""), ("👩‍👩‍👧", ""),
    ]

    @Test(arguments: texts) func brandsAreFoundInTexts(_ text: String, _ found: String) {
        #expect(Self.brands.named(in: text).joined(separator: " ") == found)
    }

    @Test func classesAreSpellings() {
        let brands = BrandNames(classes: ["prada", "_other"], file: [("gucci", ["GG"])])
        #expect(brands.named(in: "Prada, other, gg") == ["gucci", "prada"])
        #expect(BrandNames(classes: ["_other"]).isEmpty)
    }

    @Test func sequencesOverlap() {
        let brands = BrandNames([("one", ["a b a c"]), ("two", ["b a"]), ("three", ["a b"])])
        #expect(brands.named(in: "a b a b a c") == ["one", "three", "two"])
        // Many nodes.
        let many = BrandNames((0..<1000).map { ("brand\($0)", ["word\($0) second\($0)"]) })
        #expect(many.named(in: "word7 second7 word8 second9 brand999") == ["brand7", "brand999"])
    }

    @Test func theFileIsParsed() throws {
        let parsed = try BrandNames.parse("; a comment\n\nprada : @prada ,  Galleria\r\nx: y\n")
        #expect(parsed.map(\.name) == ["prada", "x"])
        #expect(parsed[0].spellings == ["@prada", "Galleria"])
        #expect(throws: BrandFileError(line: 2)) { try BrandNames.parse("a: b\nno colon\n") }
        #expect(throws: BrandFileError(line: 1)) { try BrandNames.parse(": x\n") }
    }

    /// A mistake that made it quadratic would take minutes.
    @Test(arguments: ["louis ", "kelly", "é", "路", "#", "\u{300}", "a b a "]) func longTextsAreRead(_ piece: String) {
        let text = String(repeating: piece, count: 200_000 / piece.utf8.count)
        #expect(Self.brands.named(in: text + " prada") == ["prada"])
    }
}
