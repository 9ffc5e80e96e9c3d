import Foundation
import Intake
import Testing

@testable import bagq

@Suite struct ArgumentTests {
    private static let spec = CommandSpec(
        "try", "A [B]", 1...2, summary: "Tries.",
        options: [.init("--name", "N", "a name"), .init("--count", "N", "how many"), .init("--loud", nil, "a switch")],
        example: "bagq try")

    private func parse(_ words: String...) throws(UsageError) -> Arguments { try Arguments(words, for: Self.spec) }

    @Test func optionsAndOperandsInAnyOrder() throws {
        let arguments = try parse("--name", "x=y", "a", "--loud", "--name=-", "b")
        #expect(arguments.operands == ["a", "b"])
        #expect(arguments.values("--name") == ["x=y", "-"])
        #expect(arguments.value("--name") == "-")
        #expect(arguments.has("--loud"))
        #expect(!arguments.wantsHelp)
        #expect(try parse("--", "--name", "-h").operands == ["--name", "-h"])
        #expect(try parse("a", "--count", "-5").integer("--count", in: -9...9) == -5)
    }

    @Test(arguments: [
        ([], "A is missing"),
        (["a", "b", "c"], "c is one word too many"),
        (["a", "--nam", "x"], "unknown option --nam (did you mean --name?)"),
        (["a", "--colour"], "unknown option --colour;"),
        (["a", "--name"], "--name needs a value: --name N"),
        (["a", "--name", "--loud"], "--name needs a value"),
        (["a", "--name="], "--name needs a value"),
        (["a", "--loud=1"], "--loud takes no value"),
    ])
    func saysWhatIsWrong(words: [String], message: String) {
        let error = #expect(throws: UsageError.self) { try Arguments(words, for: Self.spec) }
        #expect(error?.description.hasPrefix(message) == true, "\(String(describing: error))")
        #expect(error?.description.hasSuffix("see `bagq help try`") == true)
    }

    @Test(arguments: ["", "x", "1.5", "10", "-1", "99999999999999999999"])
    func numbersHaveARange(text: String) throws {
        #expect(throws: UsageError.self) {
            try Arguments(["a", "--count", text], for: Self.spec).integer("--count", in: 0...9)
        }
    }

    @Test(arguments: [
        Array("plain".utf8), Array("čaj ☕ e\u{301}".utf8), [0xFF, 0x61, 0xFE, 0x80], Array("ok ☕".utf8) + [0xC3],
        // Private use, as text: the very scalars that stand for bytes.
        Array("\u{10FF80}\u{10FFFF}".utf8), Array("\u{10FF80}".utf8) + [0xFF],
    ])
    func argumentsLoseNothing(bytes: [UInt8]) {
        #expect(ArgumentBytes.encode(ArgumentBytes.decode(bytes)) == bytes)
        #expect(Path(argument: ArgumentBytes.decode(bytes)).bytes == bytes)
    }

    @Test func labelsAreText() {
        #expect(Path(bytes: Array("/a/h".utf8) + [0xFF]).label == #"h\xFF"#)
        #expect(Path("/a/été").label == "été")
    }

    @Test func suggestsTheNearest() {
        #expect(didYouMean("statsu", among: commandNames) == " (did you mean status?)")
        #expect(didYouMean("frobnicate", among: commandNames) == "")
    }
}

@Suite struct SettingsTests {
    private let home = FileManager.default.temporaryDirectory.appending(path: "bagq-settings-\(UUID().uuidString)")

    private func settings(
        _ environment: [String: String] = [:], user: String? = nil, machine: String? = nil,
        serviceFolder: String = "/nowhere"
    ) throws -> Settings {
        let folder = home.appending(path: "config/bagq")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: home) }
        let machineFile = home.appending(path: "machine.env")
        try machine.map { try Data($0.utf8).write(to: machineFile) }
        try user.map { try Data($0.utf8).write(to: folder.appending(path: "bagq.env")) }
        let base = ["HOME": home.path, "XDG_CONFIG_HOME": home.path + "/config"]
        return try Settings(
            environment: base.merging(environment) { $1 }, machineFile: machineFile.path, serviceFolder: serviceFolder)
    }

    @Test func environmentBeforeUserBeforeMachine() throws {
        let files = (user: "BAGQ_THREADS=2\nBAGQ_CACHE_MB=7", machine: "BAGQ_THREADS=1\nBAGQ_LEASE_SECONDS=9")
        let some = try settings(user: files.user, machine: files.machine)
        #expect(try some.threads == 2)
        #expect(try some.leaseSeconds == 9)
        #expect(try some.cacheBytes == 7 << 20)
        #expect(try some.shown(.threads).origin.hasSuffix("/config/bagq/bagq.env"))
        #expect(try some.shown(.leaseSeconds).origin.hasSuffix("/machine.env"))
        #expect(try some.shown(.checkpointSeconds).origin == "default")
        let all = try settings(["BAGQ_THREADS": "3"], user: files.user, machine: files.machine)
        #expect(try all.threads == 3)
        #expect(try all.shown(.threads).origin == "environment")
        // An empty value counts as none.
        #expect(try settings(["BAGQ_THREADS": ""], user: files.user).threads == 2)
    }

    @Test func readsWhatSystemdReads() throws {
        let text = """
            # a comment
            ; another

              BAGQ_THREADS = "3"\r
            BAGQ_AUTHORS='plain'\t
            BAGQ_CACHE_MB=
            PATH=/bin
            """
        let read = try settings(machine: text)
        #expect(try read.threads == 3)
        #expect(try read.keepsAuthors)
        #expect(try read.cacheBytes == 1 << 30)
    }

    @Test(arguments: [
        ("BAGQ_THREDS=3", "line 1: unknown setting BAGQ_THREDS (did you mean BAGQ_THREADS?)"),
        ("\nexport BAGQ_THREADS=3", "line 2: write NAME=value"),
        ("BAGQ_THREADS", "line 1: write NAME=value"),
        ("BAGQ_THREADS=x", "BAGQ_THREADS=x ("),
    ])
    func filesAreChecked(text: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) { try settings(user: text) }
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        ("BAGQ_THREADS", "0"), ("BAGQ_THREADS", "257"), ("BAGQ_THREADS", "2.0"), ("BAGQ_LEASE_SECONDS", "0"),
        ("BAGQ_CHECKPOINT_SECONDS", "-1"), ("BAGQ_CACHE_MB", "many"), ("BAGQ_TIME_ZONE", "Mars/Olympus"),
        ("BAGQ_AUTHORS", "both"), ("BAGQ_KERNELS", "sse9"),
    ])
    func valuesAreChecked(name: String, value: String) {
        let error = #expect(throws: ConfigurationError.self) { try settings([name: value]) }
        #expect(error?.description.hasPrefix(name) == true)
        #expect(error?.description.contains(value) == true)
    }

    @Test func theDatabaseIsWhereItIsExpected() throws {
        let named = try settings(["BAGQ_DATABASE": "/x/y.db"]).database
        #expect(named.text == "/x/y.db" && named.origin == "environment")
        let own = try settings(["XDG_STATE_HOME": "/state"]).database
        #expect(own.text == "/state/bagq/bagq.db" && own.origin == "your own: no service is installed here")
        // The service's folder is enough: its first worker may not have run yet.
        let shared = FileManager.default.temporaryDirectory.path
        let service = try settings(["XDG_STATE_HOME": "/state"], serviceFolder: shared).database
        #expect(service.text == shared + "/bagq.db" && service.origin == "of the installed service")
    }
}
