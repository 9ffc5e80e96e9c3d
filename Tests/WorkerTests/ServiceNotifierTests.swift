import Foundation
import Testing

@testable import Worker

@Suite struct ServiceNotifierTests {
    @Test(arguments: [true, false]) func sendsToTheManager(abstract: Bool) {
        let name = "bagq-notify-\(UUID().uuidString)"
        let path = abstract ? "@" + name : FileManager.default.temporaryDirectory.path + "/" + name
        let manager = ServiceManager(path: path)
        let notifier = ServiceNotifier(environment: [
            "NOTIFY_SOCKET": path, "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "\(getpid())",
        ])
        notifier.ready()
        #expect(manager.receive() == "READY=1")
        notifier.status("job 1")
        #expect(manager.receive() == "STATUS=job 1")
        #expect(notifier.watchdogInterval == 3)
    }

    @Test func staysSilentWithoutAManager() {
        let notifier = ServiceNotifier(environment: ["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"])
        notifier.alive()
        #expect(notifier.watchdogInterval == nil)
    }
}

/// A datagram socket as systemd would listen on, at a path or at an abstract name.
final class ServiceManager {
    let descriptor: Int32
    private let path: String

    init(path: String) {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        if name[0] == UInt8(ascii: "@") { name[0] = 0 }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        _ = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, length) }
        }
    }

    var name: String { path }

    /// All that has come.
    func receiveAll() -> [String] {
        var messages: [String] = []
        while case let message = receive(), !message.isEmpty { messages.append(message) }
        return messages
    }

    func receive() -> String {
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = unsafe recv(descriptor, &buffer, buffer.count, Int32(truncatingIfNeeded: MSG_DONTWAIT))
        return count < 0 ? "" : String(decoding: buffer[..<count], as: UTF8.self)
    }

    deinit {
        close(descriptor)
        unsafe unlink(path)
    }
}
