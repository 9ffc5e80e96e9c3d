import CNN
import Foundation
import Intake

/// The settings that flags, the environment and the configuration file share. `config/bagq.env` lists them for people.
enum Setting: String, CaseIterable {
    case database = "BAGQ_DATABASE"
    case timeZone = "BAGQ_TIME_ZONE"
    case authors = "BAGQ_AUTHORS"
    case threads = "BAGQ_THREADS"
    case kernels = "BAGQ_KERNELS"
    case leaseSeconds = "BAGQ_LEASE_SECONDS"
    case checkpointSeconds = "BAGQ_CHECKPOINT_SECONDS"
    case cacheMegabytes = "BAGQ_CACHE_MB"
    case brands = "BAGQ_BRANDS"
}

/// What holds for this process, and why: the environment, then the user's or the machine's file, then the default.
struct Settings {
    struct Value {
        let text: String
        /// For people, for instance "environment" or a file's path.
        let origin: String
    }

    private let values: [Setting: Value]
    private let environment: [String: String]
    private let serviceFolder: String

    /// - serviceFolder: is there where the service is installed.
    /// - machineFile: read below the user's `$XDG_CONFIG_HOME/bagq/bagq.env`.
    init(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        machineFile: String = "/etc/bagq/bagq.env", serviceFolder: String = "/var/lib/bagq"
    ) throws {
        self.environment = environment
        self.serviceFolder = serviceFolder
        let home = environment["HOME"] ?? "/"
        let user = (environment["XDG_CONFIG_HOME"].nonEmpty ?? home + "/.config") + "/bagq/bagq.env"
        var found: [Setting: Value] = [:]
        for file in [machineFile, user] where FileManager.default.fileExists(atPath: file) {
            found.merge(try Self.read(file)) { $1 }
        }
        for setting in Setting.allCases {
            if let text = environment[setting.rawValue].nonEmpty {
                found[setting] = Value(text: text, origin: "environment")
            }
        }
        values = found
        _ = (
            try threads, try leaseSeconds, try checkpointSeconds, try cacheBytes, try kernelLevel, try timeZone,
            try keepsAuthors, try brands
        )
    }

    /// Variables of the environment that look like settings, but are none.
    var unknown: [String] {
        environment.keys.filter { $0.hasPrefix("BAGQ_") && Setting(rawValue: $0) == nil }.sorted()
    }

    /// What somebody has set; nil where the default holds.
    func set(_ setting: Setting) -> Value? { values[setting] }

    /// What a setting is, as text, with its origin.
    func shown(_ setting: Setting) throws -> Value {
        if let value = values[setting] { return value }
        let text =
            switch setting {
            case .database: database.text
            case .timeZone: try timeZone
            case .authors: "hashed"
            case .threads: String(try threads)
            case .kernels: try kernelLevel.rawValue
            case .leaseSeconds: String(Int(try leaseSeconds))
            case .checkpointSeconds: String(Int(try checkpointSeconds))
            case .cacheMegabytes: String(try cacheBytes >> 20)
            case .brands: ""
            }
        return Value(text: text, origin: setting == .database ? database.origin : "default")
    }

    /// Where the installed service keeps its database.
    var serviceDatabase: String { serviceFolder + "/bagq.db" }

    /// Where the database is unless `--db` says otherwise, and why there: the service's where it is installed, whether
    /// it has run yet or not, else the user's own.
    var database: Value {
        if let value = values[.database] { return value }
        if Path(serviceFolder).exists {
            return Value(text: serviceDatabase, origin: "of the installed service")
        }
        let state = environment["XDG_STATE_HOME"].nonEmpty ?? (environment["HOME"] ?? "") + "/.local/state"
        return Value(text: state + "/bagq/bagq.db", origin: "your own: no service is installed here")
    }

    /// For a database that is made now: an IANA name.
    var timeZone: String {
        get throws {
            guard let value = values[.timeZone] else { return TimeZone.current.identifier }
            guard TimeZone(identifier: value.text) != nil else {
                throw wrong(.timeZone, value, "an IANA time zone such as Europe/Paris")
            }
            return value.text
        }
    }

    /// Whether a database that is made now keeps authors' names as they are.
    var keepsAuthors: Bool {
        get throws {
            guard let value = values[.authors] else { return false }
            switch value.text {
            case "hashed": return false
            case "plain": return true
            default: throw wrong(.authors, value, "hashed or plain")
            }
        }
    }

    /// How brands are spelt beside their classes' names.
    var brands: [(name: String, spellings: [String])] {
        get throws {
            guard let value = values[.brands] else { return [] }
            do {
                return try BrandNames.parse(String(contentsOfFile: value.text, encoding: .utf8))
            } catch let error as BrandFileError {
                throw wrong(.brands, value, "lines BRAND: SPELLING, SPELLING; line \(error.line) is none")
            } catch {
                throw wrong(.brands, value, "a file in UTF-8 that can be read")
            }
        }
    }

    var threads: Int {
        get throws { try number(.threads, in: 1...256) ?? ProcessInfo.processInfo.activeProcessorCount }
    }

    var leaseSeconds: Double {
        get throws { Double(try number(.leaseSeconds, in: 1...86_400) ?? 60) }
    }

    var checkpointSeconds: Double {
        get throws { Double(try number(.checkpointSeconds, in: 0...86_400) ?? 30) }
    }

    static let cacheMegabytes = 0...1_048_576
    var cacheBytes: Int {
        get throws { (try number(.cacheMegabytes, in: Self.cacheMegabytes) ?? 1024) << 20 }
    }

    var kernelLevel: KernelLevel {
        get throws {
            do {
                return try KernelLevel.chosen(values[.kernels]?.text)
            } catch {
                throw ConfigurationError(description: "\(error)")
            }
        }
    }

    private func number(_ setting: Setting, in range: ClosedRange<Int>) throws -> Int? {
        guard let value = values[setting] else { return nil }
        guard let number = Int(value.text), range.contains(number) else {
            throw wrong(setting, value, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private func wrong(_ setting: Setting, _ value: Value, _ wanted: String) -> ConfigurationError {
        ConfigurationError(description: "\(setting.rawValue)=\(value.text) (\(value.origin)): give \(wanted)")
    }

    /// Lines `NAME=value` as systemd's EnvironmentFile reads them: `#` and `;` begin comments, quotes around a value
    /// go. Names that do not begin with `BAGQ_` are other programs' affair.
    private static func read(_ file: String) throws -> [Setting: Value] {
        let text: String
        do {
            text = try String(contentsOfFile: file, encoding: .utf8)
        } catch {
            throw ConfigurationError(description: "\(file) cannot be read; check its permissions and that it is UTF-8")
        }
        var found: [Setting: Value] = [:]
        for (number, line) in text.split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline
        ).enumerated() {
            let line = line.trimmingCharacters(in: .whitespaces)
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard parts.count == 2, !parts[0].contains(where: \.isWhitespace) else {
                throw ConfigurationError(description: "\(file), line \(number + 1): write NAME=value, not \(line)")
            }
            guard parts[0].hasPrefix("BAGQ_") else { continue }
            guard let setting = Setting(rawValue: parts[0]) else {
                throw ConfigurationError(
                    description: "\(file), line \(number + 1): unknown setting \(parts[0])"
                        + "\(didYouMean(parts[0], among: Setting.allCases.map(\.rawValue))); `bagq config` lists them")
            }
            var value = parts[1]
            for quote in ["\"", "'"] where value.count >= 2 && value.hasPrefix(quote) && value.hasSuffix(quote) {
                value = String(value.dropFirst().dropLast())
            }
            if !value.isEmpty { found[setting] = Value(text: value, origin: file) }
        }
        return found
    }
}

/// A setting that cannot be used: exit status 78.
struct ConfigurationError: Error, CustomStringConvertible {
    let description: String
}

extension String? {
    fileprivate var nonEmpty: String? { self.flatMap { $0.isEmpty ? nil : $0 } }
}
