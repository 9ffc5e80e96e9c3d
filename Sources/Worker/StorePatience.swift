import Foundation
import Queue

/// Repeats a store call until the store answers: fenced calls may be sent again, and a full disk or a long lock must not
/// lose what was computed. Throws only what waiting cannot mend.
func persistently<Result>(_ call: () throws(StoreError) -> Result) throws(StoreError) -> Result {
    var pause = 0.1
    while true {
        do {
            return try call()
        } catch {
            switch error {
            case .busy, .broken:
                Log.storeTrouble(error)
                Thread.sleep(forTimeInterval: pause)
                pause = min(pause * 2, 30)
            case .notFound, .refused, .newer:
                throw error
            }
        }
    }
}

/// The call's answer, or nil when the store is busy or in trouble that may pass.
func patiently<Result>(_ call: () throws(StoreError) -> Result) throws(StoreError) -> Result? {
    do {
        return try call()
    } catch {
        if case .newer = error { throw error }
        Log.storeTrouble(error)
        return nil
    }
}
