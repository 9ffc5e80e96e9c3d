import Foundation
import Queue
import Threads

/// How a worker bears a store that does not answer: every call of it goes through here, but for the heartbeats, which
/// come again anyway.
///
/// A locked file, a full disk, a read that fails: the call is repeated until the store answers, for fenced calls may be
/// sent again, and what was computed must not be lost. What waiting cannot mend is thrown at once. A stop that is asked
/// for leaves the store a few seconds more.
final class StorePatience: Sendable {
    enum News: Sendable {
        case trouble(StoreError)
        case answer(after: TimeInterval)
    }

    private struct Trouble {
        var since: Date
        var lastSaid: Date
        /// Lines of the program whose call failed last. On a full disk those that only read succeed all the while: they
        /// end nothing.
        var places: Set<String>
    }

    private static let longestPause: TimeInterval = 2
    private static let reminderInterval: TimeInterval = 60

    private let stop: StopRequest
    private let say: @Sendable (News) -> Void
    private let trouble = Monitor<Trouble?>(nil)

    init(stop: StopRequest, say: @escaping @Sendable (News) -> Void) {
        self.stop = stop
        self.say = say
    }

    /// - file, line: Where the call stands.
    func callAsFunction<Result>(
        file: String = #fileID, line: Int = #line, _ call: () throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        let place = "\(file):\(line)"
        var pause: TimeInterval = 0.05
        while true {
            do {
                let result = try call()
                noteAnswer(at: place)
                return result
            } catch {
                guard error.mayPass else { throw error }
                note(error, at: place)
                if stop.isUrgent { throw error }
                sleep(pause)
                pause = min(pause * 2, Self.longestPause)
            }
        }
    }

    /// One line when a trouble begins, one a minute, one when it ends: threads that wait share it.
    func note(_ error: StoreError, at place: String) {
        let isNews = trouble.withLock { trouble in
            let now = Date()
            guard let known = trouble else {
                trouble = Trouble(since: now, lastSaid: now, places: [place])
                return true
            }
            trouble?.places.insert(place)
            guard now.timeIntervalSince(known.lastSaid) >= Self.reminderInterval else { return false }
            trouble?.lastSaid = now
            return true
        }
        if isNews { say(.trouble(error)) }
    }

    func noteAnswer(at place: String) {
        let ended = trouble.withLock { trouble -> Trouble? in
            guard trouble?.places.remove(place) != nil, let known = trouble, known.places.isEmpty else { return nil }
            trouble = nil
            return known
        }
        if let ended { say(.answer(after: -ended.since.timeIntervalSinceNow)) }
    }

    private func sleep(_ seconds: TimeInterval) {
        let end = Date(timeIntervalSinceNow: seconds)
        while end.timeIntervalSinceNow > 0, !stop.isUrgent {
            Thread.sleep(forTimeInterval: min(0.1, max(0, end.timeIntervalSinceNow)))
        }
    }
}
