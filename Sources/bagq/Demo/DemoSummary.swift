import Foundation
import Intake

/// What was written, and the truth about it.
struct DemoSummary: Equatable, CustomStringConvertible {
    /// Labelled pictures: a folder for each brand.
    let training: URL
    let trainingPerBrand: Int
    let trainingOthers: Int
    /// What a stranger would have collected: a folder for each author.
    let dump: URL
    /// For every picture of the dump that shows a bag, truncated ones too. Paths are relative to `dump`.
    private(set) var brandByPath: [String: HandbagBrand] = [:]
    private(set) var stillLifes: [String] = []
    private(set) var truncated: [String] = []
    /// Files that cannot be read as pictures, with the reason that will be recorded.
    private(set) var broken: [String: String] = [:]
    let risingBrand: HandbagBrand
    /// Midnight UTC of the first and of the last day, but for the pictures of the year before.
    let firstDay: Timestamp
    let lastDay: Timestamp

    var trainingCount: Int { trainingPerBrand * HandbagBrand.allCases.count + trainingOthers }
    var dumpCount: Int { brandByPath.count + stillLifes.count + broken.count }

    var description: String {
        let names = HandbagBrand.allCases.map(\.rawValue).joined(separator: ", ")
        return """
            \(trainingCount) labelled pictures of \(names) and, as _other, of things that are no bags; \(dumpCount) more as from social media: \
            \(brandByPath.count) bags, \(truncated.count) of them cut off, \(stillLifes.count) other things, \
            \(broken.count) files that are no pictures. \(risingBrand.rawValue) is on the rise.
            """
    }

    init(of plan: DemoPlan, in folder: URL, size: DemoSize) {
        training = folder.appending(path: "training")
        (trainingPerBrand, trainingOthers) = (size.trainingPerBrand, size.trainingOthers)
        dump = folder.appending(path: "dump")
        risingBrand = DemoData.risingBrand
        firstDay = plan.firstDay
        lastDay = plan.lastDay
        for file in plan.files where file.path.hasPrefix("dump/") {
            let path = String(file.path.dropFirst("dump/".count))
            switch file.content {
            case .picture(.handbag(let brand), _): brandByPath[path] = brand
            case .picture(.stillLife, _): stillLifes.append(path)
            case .truncated(let brand, _):
                brandByPath[path] = brand
                truncated.append(path)
            case .broken(let kind): broken[path] = kind.reason
            }
        }
    }
}
