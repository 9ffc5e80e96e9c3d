import CNN
import Foundation
import Imaging
import Intake
import Queue
import Report
import SQLiteStore

enum DoctorCommand: Command {
    static let spec = CommandSpec(
        "doctor", summary: "Shows what this machine and the database are like, and what is wrong with them.",
        options: [
            .init("--deep", nil, "check the whole file and count every sighting again"),
            .init("--json", nil, "as JSON"),
        ],
        details: "Ends with 2 when something is wrong.",
        example: "bagq doctor --deep")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let settings = try Settings()
        var findings: [(name: String, value: String)] = [
            ("kernels in use", try settings.kernelLevel.rawValue),
            ("kernel levels", KernelLevel.supported.map(\.rawValue).joined(separator: " ")),
            ("threads", String(try settings.threads)),
            ("picture formats", PictureFormat.readable.map(\.rawValue).joined(separator: " ")),
            ("SQLite", SQLiteStore.sqliteVersion),
        ]
        var warnings = SQLiteStore.sqliteWarning.map { [$0] } ?? []
        var troubles: [String] = []
        do {
            let session = try Session(arguments)
            findings += try session.database.facts().map { ($0.name, $0.value) }
            for finding in try session.database.health() {
                if finding.isDanger { troubles.append(finding.text) } else { warnings.append(finding.text) }
            }
            for kind in JobKind.allCases {
                guard let warning = try JobWait.warning(of: kind, in: session), !warnings.contains(warning) else {
                    continue
                }
                warnings.append(warning)
            }
            if arguments.has("--deep") {
                let report = try session.store.recount()
                findings.append(("sightings", String(report.sightings)))
                findings.append(("trend sums", String(report.sums)))
                troubles += report.differences
            }
        } catch let error as NoDatabase {
            warnings.append("\(error)")
            troubles += SQLiteStore.usersOfDeleted(error.path).map(\.text)
        } catch let error as StoreError {
            if case .busy = error { throw error }
            troubles.append("\(error)")
        }
        if arguments.has("--json") {
            Terminal.print(
                JSONValue.object([
                    (
                        "facts",
                        .object(
                            findings.map {
                                ($0.name.replacing(" ", with: "_").lowercased(), JSONValue.string($0.value))
                            })
                    ),
                    ("warnings", .array(warnings.map { .string($0) })),
                    ("troubles", .array(troubles.map { .string($0) })),
                ]).text)
        } else {
            let width = findings.map(\.name.count).max() ?? 0
            for (name, value) in findings {
                Terminal.print(
                    "\(name)\(String(repeating: " ", count: width - name.count + 2))\(Escaping.terminal(value))")
            }
            for warning in warnings { Terminal.print("warning: \(Escaping.terminal(warning))") }
            for trouble in troubles { Terminal.print("trouble: \(Escaping.terminal(trouble))") }
            if troubles.isEmpty { Terminal.print(arguments.has("--deep") ? "all sums agree" : "no trouble found") }
        }
        return troubles.isEmpty ? .done : .failed
    }
}
