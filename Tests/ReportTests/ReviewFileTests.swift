import Foundation
import Intake
import Queue
import Testing

@testable import Report

private let sampleClasses = ["chanel", "=cmd()", "Prada, Milano", otherClass]
private let strata: [Stratum] = [.brand(0), .brand(1), .brand(2), .other, .unsure]

/// Pictures 10 to 14, one of each stratum.
private let sample: ReviewSample = {
    let days = CalendarDay(rawValue: 18_000)..<CalendarDay(rawValue: 18_007)
    let drawn = strata.enumerated().map { index, stratum in
        let row = SightingRow(
            number: 10 + index, brand: min(index, 3), confidenceStep: 15, confidence: 0.7512,
            time: PostTime(Timestamp(milliseconds: 1_555_500_000_000), .sidecar), day: days.lowerBound,
            post: Post(platform: "x", id: "+\(index)"),
            picture: SightingRow.Picture(
                job: JobID(rawValue: 1), root: Path("/dump"), place: PicturePlace(path: Path("a,\(index).jpg")),
                fingerprint: nil))
        return ReviewSample.Drawn(row: row, stratum: stratum, truth: nil)
    }
    return ReviewSample(
        number: 3, model: ModelVersion(name: "luxe", number: 1),
        query: SightingQuery(days: days, strengths: [.strong], threshold: 0.5), createdAt: Timestamp(milliseconds: 0),
        drawn: drawn)
}()

@Suite struct ReviewFileTests {
    private let lines: [String] = {
        let writer = ReviewLines(classes: sampleClasses)
        return [writer.header] + sample.drawn.map { writer.line($0, of: sample) }
    }()

    private func answers(_ text: String) throws -> [Int: Truth] {
        let path = NSTemporaryDirectory() + "bagq-review-\(UUID().uuidString).csv"
        try Data(text.utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        do {
            let file = try ReviewFile(Path(path))
            #expect(file.sample == 3)
            return try file.answers(for: sample, classes: sampleClasses)
        } catch {
            throw Refused(why: error.description.replacing(path, with: "FILE"))
        }
    }

    private struct Refused: Error, Equatable { var why: String }

    /// The lines with the fourth field filled in.
    private func filled(_ truths: [String], _ lines: [String]? = nil) -> String {
        zip(lines ?? self.lines, [""] + truths).enumerated().map { index, pair in
            index == 0 ? pair.0 : pair.0.replacing(",,0.7512", with: ",\(pair.1),0.7512")
        }.joined()
    }

    @Test func isWrittenForSpreadsheets() {
        #expect(lines[0] == "sample,picture,predicted,true_brand,confidence,posted_at,platform,post,path\n")
        #expect(lines[1] == "3,10,chanel,,0.7512,2019-04-17T11:20:00.000Z,x,'+0,\"/dump/a,0.jpg\"\n")
        #expect(lines[2].hasPrefix("3,11,'=cmd(),,"))
        #expect(lines[3].hasPrefix("3,12,\"Prada, Milano\",,"))
        #expect(lines[5].hasPrefix("3,14,unsure,,"))
    }

    @Test func answersAreReadBack() throws {
        #expect(
            try answers(filled(["chanel", "'=cmd()", "", "none", "?"])) == [
                10: .brand(0), 11: .brand(1), 13: .noneOfThem,
            ])
        #expect(
            try answers(filled(["CHANEL", "=cmd()", "\"prada, milano\"", "other", "_other"])) == [
                10: .brand(0), 11: .brand(1), 12: .brand(2), 13: .noneOfThem, 14: .noneOfThem,
            ])
        #expect(try answers(filled(["", "", "", "", ""])).isEmpty)
    }

    /// As Excel and LibreOffice save it in half of Europe: a mark, semicolons, CRLF, other columns and another order of
    /// rows.
    @Test func whatSpreadsheetsMakeOfIt() throws {
        let text =
            "\u{FEFF}note;True_Brand;picture;sample;predicted\r\n;none;14;3;unsure\r\n\"a; b\";chanel;12;3;Prada, Milano\r\n"
        #expect(try answers(text) == [14: .noneOfThem, 12: .brand(0)])
    }

    @Test(arguments: [
        ("", "FILE, line 1: there is no column sample; the header of `bagq review-sample` has it"),
        (
            "sample,picture,predicted\n3,10,chanel\n",
            "FILE, line 1: there is no column true_brand; the header of `bagq review-sample` has it"
        ),
        ("sample,picture,predicted,true_brand\n", "FILE, line 1: there is no row below the header"),
        (
            "sample,picture,predicted,true_brand\n3,10,chanel,gucci\n",
            "FILE, line 2: luxe@1 knows no brand gucci; write one of chanel, =cmd(), Prada, Milano, none, or nothing"
        ),
        (
            "sample,picture,predicted,true_brand\n3,10,chanel,\u{1B}[2J\n",
            #"FILE, line 2: luxe@1 knows no brand \x1B[2J; write one of chanel, =cmd(), Prada, Milano, none, or nothing"#
        ),
        (
            "sample,picture,predicted,true_brand\n3,10,chanel,chanel\n\n4,11,x,x\n",
            "FILE, line 4: it is of sample 4, those before of 3; one file a sample"
        ),
        ("sample,picture,predicted,true_brand\n3,99,chanel,chanel\n", "FILE, line 2: picture 99 is not in sample 3"),
        ("sample,picture,predicted,true_brand\n3,x,chanel,chanel\n", "FILE, line 2: x is no picture's number"),
        ("sample,picture,predicted,true_brand\n-3,10,chanel,chanel\n", "FILE, line 2: -3 is no sample's number"),
        (
            "sample,picture,predicted,true_brand\n3,10,unsure,chanel\n",
            "FILE, line 2: picture 10 was predicted as chanel, not unsure; was one column sorted without the others?"
        ),
        (
            "sample,picture,predicted,true_brand\n3,10,chanel,chanel\n3,10,chanel,none\n",
            "FILE, line 3: picture 10 has another answer further up"
        ),
    ])
    func whatDoesNotFitIsRefused(text: String, why: String) {
        #expect(throws: Refused(why: why)) { try answers(text) }
    }

    @Test func aFileThatIsNotThere() {
        let error = #expect(throws: ReviewFileError.self) { try ReviewFile(Path("/none/sample.csv")) }
        #expect(error?.description == "/none/sample.csv: No such file or directory")
    }

    @Test func resultsAreCountedByStratum() {
        func sum(_ stratum: Stratum, _ truth: Truth, _ count: Int, threshold: Double = 0.5) -> ReviewSum {
            ReviewSum(
                days: CalendarDay(rawValue: 1)..<CalendarDay(rawValue: 8), threshold: threshold, stratum: stratum,
                truth: truth, count: count)
        }
        let result = ReviewResult(
            [
                sum(.brand(0), .brand(0), 18), sum(.brand(0), .brand(2), 1), sum(.brand(0), .noneOfThem, 1),
                sum(.other, .noneOfThem, 9), sum(.other, .brand(1), 1), sum(.unsure, .brand(1), 4),
                sum(.brand(1), .brand(1), 50, threshold: 0.9),
            ], classes: sampleClasses, threshold: 0.5)
        #expect(result.rows.map(\.name) == ["chanel", "=cmd()", "Prada, Milano", "other", "unsure"])
        #expect(result.matrix == [[18, 0, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0], [0, 1, 0, 9], [0, 4, 0, 0]])
        #expect(result.rows.map(\.right) == [18, 0, 0, 9, nil] && result.reviewed == 34)
        // Wilson's interval of 2 in 20, and of 1 in 10, from R's prop.test(correct = FALSE).
        #expect(
            result.text(width: nil) == """
                PREDICTED  REVIEWED  RIGHT   WRONG  95 % INTERVAL
                chanel           20     18  10.0 %  2.8 % to 30.1 %
                other            10      9  10.0 %  1.8 % to 40.4 %
                unsure            4      -       -

                """)
    }
}
