import Foundation
import Intake
import Queue
@testable import SQLiteStore
import Testing

/// Stops, first starts, restores and missing rights, by real processes.
struct TroubleTests {
    /// A signal at whatever moment of a worker's first steps ends it; none is lost.
    @Test func aStopInTheFirstMomentsIsNotLost() throws {
        let bagq = try Bagq.withModel()
        for milliseconds in stride(from: 0, to: 30, by: 3) {
            let worker = try bagq.start("worker")
            usleep(UInt32(milliseconds) * 1000)
            kill(worker.processIdentifier, SIGTERM)
            #expect(try ends(worker, within: 10), "after \(milliseconds) ms")
            #expect(worker.terminationReason == .uncaughtSignal || worker.terminationStatus == 0)
        }
        let store = try SQLiteStore(path: Path(bagq.path("bagq.db")), mode: .open)
        #expect(try store.workers().isEmpty)
    }

    /// Another program keeps the database locked: a stop ends the worker all the same, in time.
    @Test(arguments: [1, 2]) func aStopDoesNotWaitForTheStore(signals: Int) throws {
        let bagq = try Bagq.withModel()
        #expect(try bagq.run("submit", "data").status == 0)
        let database = try Connection(path: Path(bagq.path("bagq.db")), access: .writing)
        let worker = try bagq.start("worker", "--name", "stuck")
        while try database.row("SELECT 1 FROM worker", map: { $0.int(0) }) == nil, worker.isRunning {}
        try database.execute("BEGIN IMMEDIATE")
        kill(worker.processIdentifier, SIGTERM)
        if signals == 2 {
            while try !bagq.log(of: worker).contains("stopping"), worker.isRunning {}
            kill(worker.processIdentifier, SIGTERM)
        }
        #expect(try ends(worker, within: signals == 2 ? 2 : 10))
        #expect(worker.terminationStatus == (signals == 2 ? 128 + SIGTERM : 75))
        try database.execute("ROLLBACK")
        #expect(try bagq.run("worker", "--drain").status == 0)
        #expect(try bagq.run("failures", "2").lines.count == 1)
        #expect(try bagq.run("results", "2").lines.count == 17)
    }

    /// One line when the store stops answering, one when it answers again, however often it was asked.
    @Test(.enabled(if: KillTests.isSlow)) func aTroubleIsSaidOnce() throws {
        let bagq = try Bagq.withModel()
        let database = try Connection(path: Path(bagq.path("bagq.db")), access: .writing)
        let worker = try bagq.start("worker")
        defer { worker.terminate() }
        while try database.row("SELECT 1 FROM worker", map: { $0.int(0) }) == nil, worker.isRunning {}
        try database.execute("BEGIN IMMEDIATE")
        while try !bagq.log(of: worker).contains("does not answer"), worker.isRunning {}
        usleep(3_000_000)
        try database.execute("ROLLBACK")
        while try !bagq.log(of: worker).contains("answers again"), worker.isRunning {}
        #expect(try bagq.log(of: worker).matches(of: /does not answer/).count == 1)
    }

    /// As after a machine's sleep: why its claims are lost can be read from its log.
    @Test func aWorkerThatStoodStillSaysSo() throws {
        let bagq = try Bagq.withModel()
        let store = try SQLiteStore(path: Path(bagq.path("bagq.db")), mode: .open)
        let worker = try bagq.start("worker")
        defer { worker.terminate() }
        while try store.workers().isEmpty, worker.isRunning {}
        // The first time it may not have begun to keep leases.
        while try !bagq.log(of: worker).contains("longer than a lease"), worker.isRunning {
            kill(worker.processIdentifier, SIGSTOP)
            // Longer than its lease.
            usleep(1_200_000)
            kill(worker.processIdentifier, SIGCONT)
            usleep(300_000)
        }
        #expect(worker.isRunning)
    }

    /// The disk with the source is unmounted in mid-job: nothing is a failure, the job says what it waits for, and goes
    /// on by itself.
    @Test(arguments: ["gone", "empty"]) func aSourceThatGoesAwayIsWaitedFor(how: String) throws {
        let bagq = try Bagq.withModel()
        for copy in 0..<20 {
            #expect(try bagq.shell("mkdir -p disk/dump && cp -rl data disk/dump/\(copy)").status == 0)
        }
        #expect(try bagq.run("submit", "disk/dump").status == 0)
        let store = try SQLiteStore(path: Path(bagq.path("bagq.db")), mode: .open)
        let id = JobID(rawValue: 2)
        let worker = try bagq.start("worker", "--drain")
        while try store.job(id).itemsDone == 0, worker.isRunning {}
        #expect(
            try bagq.shell("mv disk/dump disk/away" + (how == "empty" ? " && mkdir disk/dump" : "")).status == 0)
        while try store.job(id).trouble == nil, worker.isRunning {}
        let status = try bagq.run("status", "2").out
        #expect(status.contains("waits for") && status.contains("is the disk mounted?"), "\(status)")
        #expect(try bagq.run("status").out.contains("job 2 waits: "))
        #expect(
            try bagq.shell((how == "empty" ? "rmdir disk/dump && " : "") + "mv disk/away disk/dump").status == 0)
        worker.waitUntilExit()
        #expect(worker.terminationStatus == 0)
        let job = try store.job(id)
        #expect(job.state == .done && job.itemsDone == 320 && job.itemsFailed == 0 && job.trouble == nil)
    }

    /// Out of descriptors, the worker has nothing to say about any picture.
    @Test func noDescriptorsLeftIsNoFailure() throws {
        let bagq = try Bagq.withModel()
        #expect(try bagq.run("submit", "data").status == 0)
        let store = try SQLiteStore(path: Path(bagq.path("bagq.db")), mode: .open)
        let id = JobID(rawValue: 2)
        // Three, and the files of the database: none for a folder or a picture.
        let poor = try bagq.start(shell: "ulimit -n 6; exec bagq worker")
        while try store.job(id).trouble == nil, poor.isRunning {}
        #expect(try store.job(id).trouble?.contains("Too many open files") == true)
        kill(poor.processIdentifier, SIGTERM)
        poor.waitUntilExit()
        #expect(try bagq.run("worker", "--drain").status == 0)
        let job = try store.job(id)
        #expect(job.state == .done && job.itemsDone == 16 && job.itemsFailed == 0)
    }

    /// A worker of another user is alive, and may not read what the submitter can: submit says who, what and what
    /// helps.
    @Test(.enabled(if: geteuid() == 0, "needs root, to be somebody else")) func whatTheServiceCannotReadIsSaidAtOnce()
        throws
    {
        let bagq = try Bagq.withModel()
        let place = "/srv/bagq-test-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: place) }
        #expect(
            try bagq.shell(
                "chmod -R a+rwX . && mkdir -p \(place)/home && cp -r data \(place)/home && chmod 700 \(place)/home"
            ).status == 0)
        let worker = try bagq.start(shell: "exec setpriv --reuid=65534 --regid=65534 --clear-groups bagq worker")
        defer { worker.terminate() }
        let store = try SQLiteStore(path: Path(bagq.path("bagq.db")), mode: .open)
        while try store.workers().isEmpty, worker.isRunning {}
        let closed = try bagq.run("submit", place + "/home/data")
        #expect(closed.status == 2 && closed.out == "2\n" && closed.err.contains("Permission denied"), "\(closed.err)")
        #expect(
            closed.err.contains(
                "setfacl -m u:nobody:x \(place)/home && sudo setfacl -R -m u:nobody:rX \(place)/home/data"),
            "\(closed.err)")
        #expect(closed.err.contains("bagq retry 2"))
        #expect(try bagq.shell("chmod 755 \(place)/home && bagq retry 2").status == 0)
        #expect(try bagq.run("wait", "2").status == 0)
    }

    /// A disk that is nearly full, and one that is: `status` and `doctor` say so, and what to do.
    @Test(.enabled(if: hasPrivateMounts, "needs the right to mount")) func aFullDiskIsSaid() throws {
        let bagq = try Bagq.withModel()
        // A disk of its own, which is gone with the shell.
        let script = """
            mkdir disk && mount -t tmpfs -o size=40m,mode=700 none disk && cp bagq.db disk && export BAGQ_DATABASE=$PWD/disk/bagq.db
            look() { bagq status; echo "status $?"; bagq doctor; echo "doctor $?"; }
            look
            cat /dev/zero >disk/zeros
            echo FULL; look; bagq submit data; echo "submit $?"; rm disk/zeros
            echo FREE; bagq submit data; echo "submit $?"
            """
        let output = try bagq.shell("unshare -rm sh -c '\(script)' 2>&1")
        let parts = output.out.split(separator: /FULL|FREE/).map(String.init)
        try #require(parts.count == 3, "\(output.out)")
        #expect(parts[0].contains("warning: the disk of "), "\(output.out)")
        #expect(parts[0].matches(of: /MiB left; free some space, or work will stop/).count == 2, "\(output.out)")
        #expect(parts[0].contains("status 0\n") && parts[0].contains("doctor 2\n"), "\(output.out)")
        #expect(parts[1].matches(of: /free some space/).count >= 3, "\(output.out)")
        #expect(parts[1].contains("trouble: the disk of ") && parts[1].contains("doctor 2\n"), "\(output.out)")
        #expect(parts[1].contains("submit 2\n"), "\(output.out)")
        #expect(parts[2].contains("submit 0\n"), "\(output.out)")
    }

    private static let hasPrivateMounts = {
        let unshare = Process()
        unshare.executableURL = URL(filePath: "/usr/bin/unshare")
        unshare.arguments = ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
        unshare.standardError = FileHandle.nullDevice
        guard (try? unshare.run()) != nil else { return false }
        unshare.waitUntilExit()
        return unshare.terminationStatus == 0
    }()

    /// What is damaged ends a worker at once: no waiting mends it.
    @Test func aDamagedDatabaseEndsTheWorker() throws {
        let bagq = try Bagq.withModel()
        #expect(try bagq.run("submit", "data").status == 0)
        // Not the first pages: they say that this is a database at all.
        let file = try FileHandle(forUpdating: URL(filePath: bagq.path("bagq.db")))
        let size = try file.seekToEnd()
        try file.seek(toOffset: 4096)
        try file.write(contentsOf: Data(repeating: 0xA5, count: Int(size) - 4096))
        try file.close()
        let output = try bagq.run("worker", "--drain")
        #expect(output.status == 2 && output.err.contains("`bagq restore` a backup"), "\(output.err)")
    }

    @Test func aDeletedDatabaseEndsTheWorkerAndIsSaved() throws {
        let bagq = try Bagq.withModel()
        let worker = try bagq.start("worker")
        let store = try SQLiteStore(path: Path(bagq.path("bagq.db")), mode: .open)
        while try store.workers().isEmpty, worker.isRunning {}
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: bagq.path("bagq.db" + suffix))
        }
        #expect(try ends(worker, within: 20))
        #expect(worker.terminationStatus == 2)
        let log = try bagq.log(of: worker)
        let saved = try #require(log.firstMatch(of: /bagq restore ([^`]+)`/)).1
        let restored = try bagq.run("restore", String(saved))
        #expect(restored.status == 0, "\(restored.err)")
        #expect(try bagq.run("models").out.contains("shapes@1"))
    }

    @Test func eightWorkersMakeOneDatabase() throws {
        let bagq = try Bagq()
        for round in 0..<2 {
            let workers = try (0..<8).map {
                try bagq.start("worker", "--drain", "--db", "new-\(round).db", "--name", "w\($0)")
            }
            for worker in workers {
                worker.waitUntilExit()
                let log = try bagq.log(of: worker)
                #expect(worker.terminationReason == .exit && worker.terminationStatus == 0, "\(log)")
            }
            #expect(try bagq.run("doctor", "--deep", "--db", "new-\(round).db").status == 0)
        }
        // An empty file, as `touch` makes it, is no database yet: `migrate` makes one of it.
        #expect(try bagq.shell("touch empty.db && bagq migrate --db empty.db && bagq status --db empty.db").status == 0)
    }

    @Test func aRestoreIsRefusedWhileAWorkerLives() throws {
        let bagq = try Bagq.withModel()
        #expect(try bagq.run("backup", "copy.db").status == 0)
        #expect(try bagq.run("submit", "data", "--wait").status == 0)
        let worker = try bagq.start("worker")
        let store = try SQLiteStore(path: Path(bagq.path("bagq.db")), mode: .open)
        while try store.workers().isEmpty, worker.isRunning {}
        let refused = try bagq.run("restore", "copy.db")
        #expect(refused.status == 2 && refused.err.contains("has \(bagq.path("bagq.db")) open; stop the workers"))
        kill(worker.processIdentifier, SIGKILL)
        worker.waitUntilExit()
    }

    @Test func aKilledWorkersDatabaseIsRestored() throws {
        let bagq = try Bagq.withModel()
        #expect(try bagq.run("backup", "copy.db").status == 0)
        #expect(try bagq.run("submit", "data").status == 0)
        let worker = try bagq.start("worker")
        while try bagq.run("status", "--json").out.contains(#""workers":[]"#), worker.isRunning {}
        kill(worker.processIdentifier, SIGKILL)
        worker.waitUntilExit()
        let restored = try bagq.run("restore", "copy.db")
        #expect(restored.status == 0 && restored.err.contains("is kept as \(bagq.path("bagq.db")).before-restore-"))
        #expect(try bagq.run("status", "2").status == 2)
        #expect(try bagq.run("submit", "data", "--wait").status == 0)
        #expect(try bagq.run("doctor", "--deep").status == 0)
    }

    /// Who may only read can read, whether a worker is alive or not.
    @Test(arguments: [false, true]) func readingNeedsNoMoreThanReading(withWorker: Bool) throws {
        let bagq = try Bagq.withModel()
        #expect(try bagq.run("submit", "data", "--wait").status == 0)
        let worker = withWorker ? try bagq.start("worker") : nil
        defer { worker?.terminate() }
        while withWorker, try bagq.run("status", "--json").out.contains(#""workers":[]"#) {}
        let expected = try bagq.run("results", "2").out
        let script = """
            chmod 755 . && chmod 644 bagq.db*
            if [ $(id -u) = 0 ]; then as="setpriv --reuid=65534 --regid=65534 --clear-groups"; else chmod 444 bagq.db*; chmod 555 .; fi
            $as bagq results 2 && $as bagq status >&2 && $as bagq trends --since today >&2; echo $? >&2
            $as bagq pause 2; echo $? >&2; chmod 755 .; chmod 644 bagq.db*
            """
        let output = try bagq.shell(script)
        #expect(output.out == expected, "\(output.err)")
        #expect(output.err.contains("\n0\n") && output.err.hasSuffix("\n2\n"), "\(output.err)")
    }

    private func ends(_ process: Process, within seconds: Double) throws -> Bool {
        let end = Date(timeIntervalSinceNow: seconds)
        while process.isRunning, end.timeIntervalSinceNow > 0 { usleep(2000) }
        defer {
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            process.waitUntilExit()
        }
        return !process.isRunning
    }
}
