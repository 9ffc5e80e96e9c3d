import Foundation

/// Speaks systemd's notification protocol (sd_notify(3)): one datagram a message to the socket in NOTIFY_SOCKET.
/// Without that variable every call does nothing.
struct ServiceNotifier: Sendable {
    /// How often the watchdog wants to hear from this process; nil without one.
    let watchdogInterval: TimeInterval?
    private let socketPath: String?

    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        socketPath = environment["NOTIFY_SOCKET"]
        let isOurs = environment["WATCHDOG_PID"].map { $0 == String(getpid()) } ?? true
        watchdogInterval = isOurs ? environment["WATCHDOG_USEC"].flatMap(Double.init).map { $0 / 1e6 } : nil
    }

    func ready() { send("READY=1") }
    func stopping() { send("STOPPING=1") }
    func alive() { send("WATCHDOG=1") }
    func status(_ text: String) { send("STATUS=\(text)") }

    private func send(_ message: String) {
        guard let path = socketPath, path.hasPrefix("/") || path.hasPrefix("@") else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        if name[0] == UInt8(ascii: "@") { name[0] = 0 }
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)

        let handle = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard handle >= 0 else { return }
        defer { close(handle) }
        let bytes = Array(message.utf8)
        // A manager that does not listen is no reason to stop working, nor to wait once its queue is full.
        _ = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe sendto(
                    handle, bytes, bytes.count, Int32(truncatingIfNeeded: MSG_NOSIGNAL | MSG_DONTWAIT), $0, length)
            }
        }
    }
}
