import Foundation
import Intake
import Queue
import Testing

@testable import bagq

/// What is advised where a worker cannot read a source, by whose worker it is and where the source lies.
@Suite struct SourceAccessTests {
    private let service = SourceAccess(user: "bagq", isOfService: true)
    private let other = SourceAccess(user: "bob", isOfService: false)
    private let job = JobID(rawValue: 7)

    /// Open to all, on every Linux, and not below /tmp, which the service has one of its own of.
    private static let open = "/dev/shm"
    static let isOpenThere = unsafe access(open, W_OK | X_OK) == 0

    /// A folder `home/dump` with these modes, below one that is open to all.
    private func withDump(_ home: mode_t, _ dump: mode_t, _ body: (String) throws -> Void) throws {
        let base = Self.open + "/bagq-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: base) }
        try FileManager.default.createDirectory(atPath: base + "/home/dump", withIntermediateDirectories: true)
        for (folder, mode) in [(base + "/home/dump", dump), (base + "/home", home), (base, 0o755)] {
            #expect(unsafe chmod(folder, mode) == 0)
        }
        defer { unsafe chmod(base + "/home", 0o755) }
        try body(base)
    }

    @Test(arguments: ["/tmp", "/tmp/dump", "/var/tmp/a/b"]) func theServiceHasATmpOfItsOwn(path: String) throws {
        let advice = try #require(service.advice(on: Path(path), job: job))
        #expect(advice.contains("PrivateTmp=yes") && advice.contains("/srv"), "\(advice)")
        #expect(!(other.advice(on: Path(path), job: job) ?? "").contains("PrivateTmp"))
    }

    @Test func otherPlacesAreNoTmp() {
        #expect(service.advice(on: Path("/tmpfiles/dump"), job: job)?.contains("PrivateTmp") == false)
    }

    @Test(.enabled(if: isOpenThere), arguments: [true, false]) func aClosedHomeIsOpenedByName(isOfService: Bool) throws
    {
        let access = SourceAccess(user: "bagq", isOfService: isOfService)
        try withDump(0o700, 0o750) { base in
            let advice = try #require(access.advice(on: Path(base + "/home/dump"), job: job))
            #expect(
                advice.hasSuffix(
                    "sudo setfacl -m u:bagq:x \(base)/home && sudo setfacl -R -m u:bagq:rX \(base)/home/dump && bagq retry 7`"
                ),
                "\(advice)")
        }
    }

    /// What is open to everybody and cannot be read all the same is hidden: from the service by its sandbox.
    @Test(.enabled(if: isOpenThere)) func theSandboxHidesWhatIsOpen() throws {
        try withDump(0o755, 0o755) { base in
            let advice = try #require(service.advice(on: Path(base + "/home/dump"), job: job))
            #expect(
                advice.contains("BindReadOnlyPaths=\(base)/home/dump") && advice.contains("bagq retry 7"), "\(advice)")
            #expect(other.advice(on: Path(base + "/home/dump"), job: job) == nil)
        }
    }

    @Test func nothingIsAdvisedToOneself() {
        #expect(SourceAccess(user: nil, isOfService: false).advice(on: Path("/srv/dump"), job: job) == nil)
        let own = WorkerIdentity(id: WorkerID(rawValue: "w"), name: "w", host: "h", pid: Int(getpid()))
        #expect(SourceAccess(of: own).advice(on: Path("/tmp/dump"), job: job) == nil)
    }
}
