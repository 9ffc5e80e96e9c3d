import Foundation
import Imaging
import Intake
import Queue
import Report

enum InspectCommand: Command {
    static let spec = CommandSpec(
        "inspect", "SOURCE", 1...1,
        summary: "Shows what a source holds and what would be submitted, without opening a picture.",
        options: [
            .init("--model", "NAME[@N]", "whose brands are looked for in texts (else the active one's)"),
            .init("--json", nil, "as JSON"),
        ],
        details: """
            Names the dumps' formats that were found, how many pictures they describe, where the times come
            from, and the first ten problems. Ends with 2 when nothing would be submitted.
            """,
        example: "bagq inspect ~/dumps/instagram")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let settings = try Settings()
        let source = try SubmitCommand.source(arguments.operands[0])
        // A database is not needed to look into a folder.
        var zoneName = TimeZone.current.identifier
        var classes: [String] = []
        do {
            let session = try Session(arguments)
            zoneName = try session.store.timeZone
            if let name = arguments.value("--model") {
                classes = try session.model(name, command: spec.name).classes
            } else if let active = try session.store.models().first(where: \.isActive) {
                classes = active.classes
            }
        } catch is NoDatabase {
            if let name = arguments.value("--model") {
                throw CommandError("there is no database yet, so no model \(name)")
            }
        }
        let zone = TimeZone(identifier: zoneName) ?? .current
        let brands = BrandNames(classes: classes, file: try settings.brands)
        let survey: DumpSurvey
        do {
            survey = try DumpSurvey(
                of: source, IntakeContext(zone: zone, brands: brands),
                unreadableExtensions: Set(remedies.keys))
        } catch {
            throw CommandError("\(error)")
        }
        let report = InspectReport(survey, source: source, zone: zone, zoneName: zoneName, remedies: remedies)
        Terminal.print(arguments.has("--json") ? report.json : report.text)
        return survey.pictures > 0 ? .done : .failed
    }

    /// What to do about pictures that are listed and cannot be read, by extension.
    private static var remedies: [String: String] {
        var remedies = Dictionary(
            uniqueKeysWithValues: ["gif", "heic", "heif", "avif", "bmp", "tif", "tiff"].map {
                ($0, "convert them to JPEG")
            })
        remedies["png"] = PictureFormat.png.remedy
        remedies["webp"] = PictureFormat.webp.remedy
        return remedies
    }
}
