package import Foundation
import Synchronization

/// A request to stop, made once by a signal or by code, seen by every thread that looks.
package final class StopRequest: Sendable {
    private let requested = Atomic(false)

    package init() {}

    package var isMade: Bool { requested.load(ordering: .acquiring) }

    package func make() {
        requested.store(true, ordering: .releasing)
    }

    /// Makes the request when SIGTERM or SIGINT arrives. A second one ends the process at once, as if unhandled.
    /// The sources must be kept for as long as the signals should be caught.
    package func onTermination() -> [any DispatchSourceSignal] {
        [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [self] in
                if isMade {
                    signal(number, SIG_DFL)
                    raise(number)
                }
                Log.stopRequested()
                make()
            }
            source.resume()
            return source
        }
    }
}
