import Foundation
import FoundationXML
import Testing

@testable import Report

@Suite struct ClassificationTests {
    private let report = ClassificationReport(
        classes: ["chanel", "dior", "gucci", "hermes", "louis_vuitton"],
        confusion: [[10, 0, 0, 0, 0], [0, 9, 1, 0, 0], [0, 0, 10, 0, 0], [0, 1, 0, 9, 0], [0, 0, 0, 0, 10]])

    /// The expected texts are what scikit-learn's `classification_report` printed for the same labels.
    @Test func scikitLearnsLayout() {
        #expect(
            report.scikitLearnText == """
                               precision    recall  f1-score   support

                       chanel       1.00      1.00      1.00        10
                         dior       0.90      0.90      0.90        10
                        gucci       0.91      1.00      0.95        10
                       hermes       1.00      0.90      0.95        10
                louis_vuitton       1.00      1.00      1.00        10

                     accuracy                           0.96        50
                    macro avg       0.96      0.96      0.96        50
                 weighted avg       0.96      0.96      0.96        50

                """)
    }

    @Test func longNamesAndUnequalClasses() {
        let report = ClassificationReport(
            classes: ["a_rather_long_class_name", "_other", "Hermès"],
            confusion: [[1234, 12, 3], [7, 8, 0], [0, 0, 1]])
        #expect(
            report.scikitLearnText == """
                                          precision    recall  f1-score   support

                a_rather_long_class_name       0.99      0.99      0.99      1249
                                  _other       0.40      0.53      0.46        15
                                  Hermès       0.25      1.00      0.40         1

                                accuracy                           0.98      1265
                               macro avg       0.55      0.84      0.62      1265
                            weighted avg       0.99      0.98      0.98      1265

                """)
    }

    @Test func classesThatAreNeverPredicted() {
        let report = ClassificationReport(classes: ["only", "never_predicted"], confusion: [[5, 0], [3, 0]])
        #expect(
            report.scikitLearnText == """
                                 precision    recall  f1-score   support

                           only       0.62      1.00      0.77         5
                never_predicted       0.00      0.00      0.00         3

                       accuracy                           0.62         8
                      macro avg       0.31      0.50      0.38         8
                   weighted avg       0.39      0.62      0.48         8

                """)
    }

    @Test func intervalsAndConfusion() {
        let text = report.text(width: nil)
        #expect(text.contains("\naccuracy 0.96 (0.87 to 0.99), 50 pictures\n"))
        #expect(text.contains("\ngucci           0.91 (0.62 to 0.98)  1.00 (0.72 to 1.00)       10\n"))
        #expect(
            text.hasSuffix(
                """

                true \\ predicted  chanel  dior  gucci  hermes  louis_vuitton
                chanel                10     0      0       0              0
                dior                   0     9      1       0              0
                gucci                  0     0     10       0              0
                hermes                 0     1      0       9              0
                louis_vuitton          0     0      0       0             10

                """))
    }

    @Test func json() {
        let report = ClassificationReport(classes: ["a", "b"], confusion: [[3, 1], [0, 0]])
        #expect(
            JSONValue.object(report.members).text.hasPrefix(
                #"{"n":4,"accuracy":0.75,"accuracy_low":0.3006418"#))
        #expect(
            JSONValue.object(report.members).text.contains(
                #""classes":["a","b"],"confusion":[[3,1],[0,0]],"per_class":[{"class":"a","precision":1,"precision_low":"#
            ))
        #expect(
            JSONValue.object(report.members).text.hasSuffix(
                #""recall":0,"recall_low":0,"recall_high":1,"f1":0,"support":0}]}"#))
    }

    @Test func nothingAtAll() {
        let empty = ClassificationReport(classes: [], confusion: [])
        #expect(empty.scikitLearnText.contains("accuracy                           0.00         0\n"))
        #expect(isWellFormed(empty.svg(title: "")))
    }

    @Test(arguments: [1, 5, 12, 30, 100])
    func picture(classes: Int) {
        let report = ClassificationReport(
            classes: (0..<classes).map { "<\($0)>&\"" },
            confusion: (0..<classes).map { row in (0..<classes).map { row * 7 + $0 } })
        let svg = report.svg(title: "<script>alert(1)</script>\u{1B}")
        #expect(isWellFormed(svg))
        #expect(!svg.contains("<script"))
        #expect(svg.count(of: "<rect x=") == classes * classes)
    }
}

func isWellFormed(_ xml: String) -> Bool { XMLParser(data: Data(xml.utf8)).parse() }

extension String {
    func count(of part: String) -> Int { ranges(of: part).count }
}
