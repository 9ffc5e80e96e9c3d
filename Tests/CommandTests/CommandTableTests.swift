import Foundation
import Testing

@testable import bagq

/// Every subcommand's table: what help, parsing and completions are made from.
@Suite struct CommandTableTests {
    @Test func namesAreUnique() {
        #expect(Set(commandNames).count == commands.count)
    }

    @Test(arguments: commandNames)
    func isWhole(name: String) throws {
        let spec = try command(named: name).spec
        #expect(spec.summary.hasSuffix("."))
        #expect(!spec.example.isEmpty)
        for line in spec.help.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
        for line in spec.example.split(separator: "\n") { try checkParses(String(line)) }
        #expect(spec.operands.isEmpty == (spec.operandCount.upperBound == 0))
        #expect(Set(spec.allOptions.map(\.name)).count == spec.allOptions.count)
        for option in spec.allOptions {
            #expect(option.name.hasPrefix("--"))
            #expect(!option.help.isEmpty)
            let operands = [String](repeating: "1", count: spec.operandCount.lowerBound)
            let given = try Arguments(operands + [option.name] + (option.value == nil ? [] : ["x"]), for: spec)
            #expect(given.has(option.name))
            #expect(given.value(option.name) == (option.value == nil ? "" : "x"))
        }
    }

    @Test func topLevelHelp() throws {
        let help = try Bagq().run("help")
        #expect(help.status == 0)
        #expect(
            help.out == """
                bagq finds handbag brands in folders of pictures, and says which brands are rising.

                Usage: bagq COMMAND [OPTION…]      a bare `bagq` is `bagq status`

                  submit         Queues a folder of pictures for classification and prints the job's number.
                  inspect        Shows what a source holds and what would be submitted, without opening a picture.
                  train          Queues the training of a model and prints the job's number and the model's name.
                  worker         Works on jobs until stopped.
                  status         Shows jobs and workers, or one job in full.
                  wait           Waits until jobs have ended.
                  cancel         Ends jobs for good.
                  pause          Stops handing out work of jobs.
                  resume         Goes on with paused jobs.
                  retry          Takes up again what failed or was left undone in ended jobs.
                  forget         Removes ended jobs with all they recorded, or an author's sightings.
                  results        Prints a job's predictions, one row a picture.
                  failures       Prints why pictures of a job have no prediction, one row a picture.
                  trends         Counts the brands seen, and how their shares have changed.
                  seasons        Says which brands each season of the last two years was about.
                  show           Shows the pictures behind a number of the trends, the surest first.
                  report         Writes one page with charts, tables and how they were counted.
                  review-sample  Draws sightings for a person to check, and stores what the person says.
                  reclassify     Queues the sources of sightings that the model has not classified yet.
                  models         Lists models, or does something with one.
                  evaluate       Says how well a model does on labelled pictures.
                  classify       Prints brand and confidence of each file, without a job.
                  doctor         Shows what this machine and the database are like, and what is wrong with them.
                  backup         Copies the whole database, as of one moment, into a new file.
                  restore        Puts a backup into the place of the database.
                  migrate        Makes the database, or brings it up to this version of bagq.
                  config         Shows every setting, its value and where that comes from.
                  completions    Prints completions for bash, zsh or fish.
                  demo           Draws pictures of made-up brands and does the whole job on them.
                  help           Shows the commands, or one command's help.

                `bagq help COMMAND` shows its options and an example. `bagq demo` shows it all on made-up pictures.
                `bagq --version` says which bagq this is.

                Exit status: 0 done; 1 done, but items failed; 2 failed, cancelled or could not do it;
                64 wrong usage; 75 try again; 78 wrong configuration; 130 interrupted.

                """)
        #expect(try Bagq().run("--help").out == help.out)
    }

    @Test func helpOfOneCommand() throws {
        let bagq = try Bagq()
        let help = try bagq.run("help", "wait").out
        #expect(
            help == """
                Waits until jobs have ended.

                Usage: bagq wait JOB…

                Ends with 0 when all are done, 1 when items failed, 2 when a job failed or was cancelled.

                Options:
                  --db FILE  the database (else BAGQ_DATABASE, else its usual place)
                  --help     this help

                Example:
                  bagq wait 12 && bagq results 12 > october.csv

                """)
        // However wrong the other words are.
        #expect(try bagq.run("wait", "x", "--help").out == help)
        #expect(try bagq.run("wait", "-h").out == help)
    }

    @Test(arguments: ["bash", "zsh", "fish"]) func completions(shell: String) throws {
        let bagq = try Bagq()
        let script = try bagq.run("completions", shell)
        #expect(script.status == 0)
        for command in commands {
            #expect(script.out.contains(command.spec.name))
            for option in command.spec.options {
                #expect(script.out.contains(shell == "fish" ? "-l \(option.name.dropFirst(2))" : option.name))
            }
        }
        let check = try bagq.shell(
            "bagq completions \(shell) > completions && if command -v \(shell); then \(shell) -n completions; fi")
        #expect(check.status == 0, "\(check.err)")
    }

    @Test func completesInBash() throws {
        let completed = try Bagq().shell(
            """
            exec bash -c 'source <(bagq completions bash); COMP_WORDS=(bagq trends --si); COMP_CWORD=2; _bagq
            echo "${COMPREPLY[@]}"; COMP_WORDS=(bagq st); COMP_CWORD=1; _bagq; echo "${COMPREPLY[@]}"'
            """)
        #expect(completed.out == "--since\nstatus\n")
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")

    /// What the README tells people to type is understood: every command line of bagq, and the first two commands'
    /// files.
    @Test func readmeCommandsParse() throws {
        let text = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
        var found = 0
        for match in text.matches(of: /`(bagq [^`\n]+)`/) {
            // A command that is only mentioned need not be whole.
            if match.1.split(separator: " ").count == 2 {
                _ = try command(named: String(match.1.dropFirst("bagq ".count)))
            } else {
                try checkParses(String(match.1))
            }
            found += 1
        }
        var isCode = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") { isCode.toggle() }
            guard isCode, let match = line.firstMatch(of: /^(?:\$ )?(bagq .*)$/) else { continue }
            try checkParses(String(match.1))
            found += 1
        }
        #expect(found >= 10)
        #expect(text.contains(".ci/setup && swift run -c release bagq demo"))
        #expect(FileManager.default.isExecutableFile(atPath: Self.root.appending(path: ".ci/setup").path))
    }

    @Test func settingsFileListsEverySetting() throws {
        let text = try String(contentsOf: Self.root.appending(path: "config/bagq.env"), encoding: .utf8)
        for setting in Setting.allCases { #expect(text.contains("\n#\(setting.rawValue)=")) }
    }

    /// Parses the words of each `bagq` in a line of shell, without running anything.
    private func checkParses(_ line: String, source: SourceLocation = #_sourceLocation) throws {
        let code = line.prefix { $0 != "#" }.replacing(/\$\([^)]*\)/, with: "x")
        for part in code.replacing("||", with: "&&").replacing("|", with: "&&").split(separator: "&&") {
            var words = part.split(separator: " ").prefix { !$0.hasPrefix(">") }.map(String.init)
            guard words.first == "bagq" else { continue }
            words.removeFirst()
            guard let name = words.first else { continue }
            words.removeFirst()
            do {
                _ = try Arguments(words, for: command(named: name).spec)
            } catch {
                Issue.record("`\(line)`: \(error)", sourceLocation: source)
            }
        }
    }
}
