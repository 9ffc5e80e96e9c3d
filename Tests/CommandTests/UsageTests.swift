import Foundation
import Intake
import Testing

@testable import SQLiteStore

/// Wrong words, wrong files and wrong databases: the exit status, and one line that says what to do.
struct UsageTests {
    private struct Case {
        var words: [String]
        var status: Int32
        var message: String

        init(_ words: String, _ status: Int32, _ message: String) {
            self.words = words.split(separator: " ").map(String.init)
            (self.status, self.message) = (status, message)
        }
    }

    @Test func saysItsVersion() throws {
        let output = try Bagq().run("--version")
        #expect(output.status == 0 && output.err.isEmpty)
        #expect(output.out.wholeMatch(of: /bagq \d+\.\d+\.\d+\n/) != nil)
    }

    @Test func wrongWords() throws {
        let bagq = try Bagq.withModel()
        try Data("no database".utf8).write(to: URL(filePath: bagq.path("text.db")))
        try Data("no model".utf8).write(to: URL(filePath: bagq.path("text.safetensors")))
        try FileManager.default.createDirectory(atPath: bagq.path("empty"), withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: bagq.path("one/only"), withIntermediateDirectories: true)
        let cases = [
            Case("statsu", 64, "unknown command statsu (did you mean status?)"),
            Case("help statsu", 64, "did you mean status?"),
            Case("--db x.db status", 64, "the command goes first"),
            Case("--jsn", 64, "did you mean --json?"),
            Case("submit", 64, "SOURCE is missing"),
            Case("submit nowhere", 2, "nowhere: No such file or directory"),
            Case("submit data --precision int9", 64, "did you mean int8?"),
            Case("train data --precision bf17", 64, "did you mean bf16?"),
            Case("worker --cache-mb -1", 64, "--cache-mb"),
            Case("train data --cache-mb 1GB", 64, "--cache-mb takes a whole number from 0"),
            Case("submit data --priority 1001", 64, "from -1000 to 1000"),
            Case("submit data --model shapes@9", 2, "there is no model shapes@9"),
            Case("submit data --model a/b", 64, "NAME or NAME@NUMBER"),
            Case("submit data --db none.db", 2, "bagq train"),
            Case("train nowhere", 2, "nowhere: No such file or directory"),
            Case("train data --epochs 0", 64, "--epochs takes a whole number from 1"),
            Case("train data --minutes 0", 64, "--minutes takes a whole number from 1"),
            Case("train data --minutes 5 --epochs 3", 64, "--minutes and --epochs exclude each other"),
            Case("train data --rate 0", 64, "--rate takes a number from 1e-05 to 1, not 0"),
            Case("train data --rate nan", 64, "--rate takes a number from 1e-05 to 1, not nan"),
            Case("train data --balance 1.5", 64, "--balance takes a number from 0 to 1, not 1.5"),
            Case("train data --augment lite", 64, "--augment takes none, light, strong, not lite"),
            Case("train data --freeze", 64, "--freeze needs --from"),
            Case("train data --from text.safetensors --freeze --augment light", 64, "--augment and --freeze exclude"),
            Case("train data --resize crpo", 64, "did you mean crop?"),
            Case("train data --recipe blogg", 64, "did you mean blog?"),
            Case("train data --name a/b", 64, "no name for a model"),
            Case("train data/bar", 2, "two brands are needed"),
            Case("train data/bar/0.jpg", 2, "one folder of pictures for each brand"),
            Case("train one", 2, "only the folder only"),
            Case("worker --only trian", 64, "did you mean train?"),
            Case("worker --threads 0", 64, "--threads"),
            Case("cancel x", 64, "x is no job's number"),
            Case("cancel 1", 2, "job 1 is done already"),
            Case("pause 1", 2, "there is nothing to pause"),
            Case("resume 1", 2, "bagq retry 1"),
            Case("retry 1", 2, "nothing of it failed"),
            Case("wait 9", 2, "there is no job 9"),
            Case("status 9", 2, "there is no job 9"),
            Case("results 0", 64, "0 is no job's number"),
            Case("results 9", 2, "there is no job 9"),
            Case("results 1 --json --format csv", 64, "exclude each other"),
            Case("failures 1 --format cvs", 64, "did you mean csv?"),
            Case("forget", 64, "either jobs or --author"),
            Case("forget 1 --author a", 64, "either jobs or --author"),
            Case("forget --author nobody", 2, "nobody"),
            Case("trends --since soon", 64, "soon is no time for --since"),
            Case("trends --by dya", 64, "did you mean day?"),
            Case("trends --threshold 0.83", 64, "--threshold takes a multiple of 0.05 from 0 to 1, not 0.83"),
            Case("trends --threshold 70%", 64, "--threshold takes a multiple of 0.05"),
            Case("trends --season-start nroth", 64, "did you mean north?"),
            Case("seasons --season-start text.db", 2, "line 1 is no season; write NAME,FIRST DAY,LAST DAY"),
            Case("seasons --json --csv", 64, "--json and --csv exclude each other"),
            Case("trends --csv --table", 64, "--csv and --table exclude each other"),
            Case("trends --since 2001-01-01 --until 2001-01-31 --chart x.svg", 2, "there is nothing to draw"),
            Case("trends --brand gucci", 2, "it knows bar, disc"),
            Case("trends --job 9", 2, "there is no job 9"),
            Case("trends --chart x.png", 64, "charts are SVG drawings; give a name that ends in .svg"),
            Case("evaluate shapes data --chart x.png", 64, "charts are SVG drawings; give a name that ends in .svg"),
            Case("evaluate shapes data --chart nowhere/x.svg", 2, "nowhere/x.svg: No such file or directory"),
            Case("models frob", 64, "models cannot frob"),
            Case("models show", 64, "models show NAME[@N]"),
            Case("models show luxe", 2, "there is no model luxe"),
            Case("models remove shapes", 64, "NAME@N"),
            Case("models remove shapes@1", 2, "is the active model"),
            Case("models export shapes nowhere/x", 2, "nowhere/x: No such file or directory"),
            Case("models import nowhere", 2, "nowhere: No such file or directory"),
            Case("models import data", 2, "is it a file?"),
            Case("models import text.safetensors", 2, "text.safetensors: "),
            Case("evaluate shapes", 64, "DATA is missing"),
            Case("evaluate shapes empty", 2, "no picture in any class"),
            Case("classify --model text.safetensors data/bar/0.jpg", 2, "text.safetensors: "),
            Case("classify nowhere.jpg", 1, "nowhere.jpg: the file cannot be opened"),
            Case("classify data", 1, "a folder, not a regular file"),
            Case("backup nowhere/x", 2, "nowhere/x: No such file or directory"),
            Case("backup bagq.db", 2, "exists already"),
            Case("completions bsh", 64, "did you mean bash?"),
            Case("demo data", 2, "is not empty"),
            Case("status --db text.db", 2, "is not a bagq database"),
            Case("trends --db text.db", 2, "is not a bagq database"),
            Case("worker --drain --db text.db", 2, "is not a bagq database"),
            Case("models --db none.db", 2, "there is no database at none.db yet"),
        ]
        for item in cases {
            let output = try bagq.run(item.words)
            let line = item.words.joined(separator: " ")
            #expect(output.status == item.status, "\(line): \(output.err)")
            #expect(output.err.contains(item.message), "\(line): \(output.err)")
            #expect(output.err.isEmpty || output.err.hasPrefix("bagq: "), "\(line): \(output.err)")
            #expect(output.err.filter(\.isNewline).count <= 1, "\(line): \(output.err)")
            #expect(!output.err.contains("Error Domain"), "\(line)")
        }
        #expect(!FileManager.default.fileExists(atPath: bagq.path("none.db")))
        let doctor = try bagq.run("doctor", "--db", "text.db")
        #expect(doctor.status == 2)
        #expect(doctor.out.contains("trouble: text.db is not a bagq database"))
        // None of it changed anything.
        #expect(try bagq.run("status", "2").status == 2)
    }

    @Test func wrongSettings() throws {
        let bagq = try Bagq()
        for command in ["status", "worker", "config", "doctor"] {
            let output = try bagq.run(command, environment: ["BAGQ_THREADS": "none"])
            #expect(output.status == 78)
            #expect(output.err == "bagq: BAGQ_THREADS=none (environment): give a whole number from 1 to 256\n")
        }
        #expect(try bagq.run("help", environment: ["BAGQ_THREADS": "none"]).status == 0)
    }

    @Test func aNewerDatabaseIsLeftAlone() throws {
        let bagq = try Bagq.withModel()
        // SQLite keeps user_version at byte 60 (sqlite.org/fileformat.html).
        var file = try Data(contentsOf: URL(filePath: bagq.path("bagq.db")))
        file[60..<64] = Data([0, 0, 1, 0])
        try file.write(to: URL(filePath: bagq.path("bagq.db")))
        let worker = try bagq.run("worker", "--drain")
        #expect(worker.status == 75)
        #expect(worker.err.contains("install the newer bagq"))
        for command in [
            ["status"], ["submit", "data"], ["wait", "1"], ["migrate"], ["backup", "copy.db"], ["config"],
        ] {
            #expect(try bagq.run(command).status == 75, "\(command)")
        }
        #expect(try bagq.run("doctor").out.contains("trouble: the database has schema 256"))
    }

    /// One line says so, whatever the command and the number of jobs it names, and what it says helps.
    @Test func anOlderDatabaseIsToBeMigrated() throws {
        let bagq = try Bagq()
        let kept = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../QueueTests/schemas/4.sql")
        let old = bagq.path("old.db")
        try Data().write(to: URL(filePath: old))
        try Connection(path: Path(old), access: .writing).execute(try String(contentsOf: kept, encoding: .utf8))
        try bagq.drawPictures(in: "data", each: 1)
        let environment = ["BAGQ_DATABASE": old]
        let refusal =
            "\(old) has schema 4, this bagq needs \(SQLiteStore.schemaVersion); run `bagq migrate --db \(old)`\n"
        let commands = [
            [], ["status", "1"], ["submit", "data"], ["train", "data"], ["worker"], ["trends"], ["results", "1"],
            ["failures", "1"], ["models"], ["models", "remove", "luxe@1"], ["wait", "1", "2"], ["retry", "1", "2"],
            ["pause", "1", "2"], ["cancel", "1", "2"], ["resume", "1", "2"], ["forget", "1", "2"],
            ["forget", "--author", "anna"], ["backup", "copy.db"], ["evaluate", "luxe", "data"], ["config"],
            ["classify", "data/bar/0.jpg"],
        ]
        for command in commands {
            let output = try bagq.run(command, environment: environment)
            #expect(output.status == 2 && output.err == "bagq: " + refusal, "\(command): \(output.err)")
            #expect(output.out.isEmpty == (command != ["config"]), "\(command)")
        }
        let doctor = try bagq.run("doctor", environment: environment)
        #expect(
            doctor.status == 2 && doctor.err.isEmpty && doctor.out.hasSuffix("trouble: " + refusal), "\(doctor.out)")
        #expect(try bagq.shell("bagq migrate --db \(old)").status == 0)
        #expect(try bagq.run("status", environment: environment).out.contains("pictures"))
    }

    @Test func beforeThereIsADatabase() throws {
        let bagq = try Bagq()
        let status = try bagq.run([])
        #expect(status.status == 0)
        #expect(status.out.isEmpty)
        #expect(status.err.hasPrefix("no jobs yet: "))
        #expect(try bagq.run("status", "--json").out == #"{"jobs":[],"workers":[]}"# + "\n")
        #expect(try bagq.run("doctor").out.contains("there is no database at"))
        #expect(try bagq.run("migrate", "--db", "a/new/folder/x.db").err == "made a/new/folder/x.db (--db)\n")
        #expect(try bagq.run("migrate", "--db", "a/new/folder/x.db").err.hasSuffix("is up to date\n"))
        #expect(try bagq.run("models", "--db", "a/new/folder/x.db").err.contains("bagq train DATA"))
        #expect(try bagq.run("models", "--json", "--db", "a/new/folder/x.db").out == "[]\n")
    }

    /// Nobody is kept out by "there is no database" when it is only closed to them.
    @Test(.enabled(if: getuid() != 0, "nothing is closed to root")) func closedPlaces() throws {
        let bagq = try Bagq.withModel()
        try FileManager.default.createDirectory(atPath: bagq.path("closed"), withIntermediateDirectories: true)
        try FileManager.default.moveItem(atPath: bagq.path("bagq.db"), toPath: bagq.path("closed/bagq.db"))
        let status = try bagq.shell("chmod 0 closed; bagq status --db closed/bagq.db; s=$?; chmod 700 closed; exit $s")
        #expect(status.status == 2)
        #expect(status.err.contains("Permission denied"))
    }

    @Test func unwritablePlaces() throws {
        let bagq = try Bagq()
        let output = try bagq.run("migrate", "--db", "/proc/bagq/x.db")
        #expect(output.status == 2)
        #expect(output.err.hasPrefix("bagq: /proc/bagq: "))
        let full = try bagq.shell("bagq help > /dev/full")
        #expect(full.status == 2)
        #expect(full.err.contains("No space left on device"))
        // A reader that has seen enough is no error.
        let head = try bagq.shell("{ bagq help; echo $? >&2; } | head -n 1 > /dev/null")
        #expect(head.err == "0\n")
    }
}
