import Foundation
import Queue
import Synchronization
import Threads

/// The thread that renews leases, says how the worker fares, and feeds the watchdog for as long as pictures move or
/// none is in hand.
struct LeaseKeeper {
    let store: any JobStore
    let patience: StorePatience
    let options: WorkerDaemon.Options
    let stop: StopRequest
    let shards: ShardLife
    let lister: Lister
    let alone: WorkAlone
    let notifier: ServiceNotifier
    let isEnding: Monitor<Bool>

    /// The thread's whole work: returns once `isEnding`.
    func run() {
        var interval = min(2, options.leaseSeconds / 4)
        if let watchdog = notifier.watchdogInterval { interval = min(interval, watchdog / 2) }
        var rate = RateMeter()
        var lastProgress = -1
        // Sleep included, as leases count it.
        var lastRound = ContinuousClock.now
        func noteLateness() {
            let silence = ContinuousClock.now - lastRound
            if silence > .seconds(options.leaseSeconds) { Log.late(by: silence / .seconds(1)) }
        }
        while !isEnding.withLock(\.self) {
            let round = ContinuousClock.now
            let solo = alone.current
            let pictures = shards.pictures.load(ordering: .relaxed) + alone.pictures
            let progress = pictures + lister.items + (solo?.signsOfLife.load(ordering: .relaxed) ?? 0)
            if progress != lastProgress || (solo == nil && !shards.inHand.isComputing) { notifier.alive() }
            lastProgress = progress
            rate.note(pictures, at: Date())

            let held = shards.inHand.claims + lister.claims + (solo.map { [$0.claim] } ?? [])
            let isWorking = !held.isEmpty
            let report = WorkerReport(
                state: stop.isMade ? .stopping : isWorking ? .working : .idle, job: held.first?.job,
                ratePerSecond: isWorking ? rate.perSecond : nil, kinds: options.kinds)
            notifier.status(
                held.first.map { "job \($0.job), \(Int(rate.perSecond.rounded())) pictures/s" } ?? "idle")
            do throws(StoreError) {
                for claim in held { try renew(claim, solo) }
                try store.heartbeat(options.identity, report)
                patience.noteAnswer(at: "heartbeat")
                noteLateness()
                lastRound = round
            } catch {
                // What waiting cannot mend ends the worker.
                if error.mayPass { patience.note(error, at: "heartbeat") } else { shards.inHand.end(because: error) }
            }
            _ = isEnding.wait(until: Date(timeIntervalSinceNow: interval)) { $0 ? true : nil }
        }
        noteLateness()
    }

    private func renew(_ claim: Claim, _ solo: Solo?) throws(StoreError) {
        let progress = solo.flatMap { $0.claim.isSameHold(as: claim) ? $0.trainingProgress : nil }
        let standing = try store.renew(claim, itemsDone: progress?.done, itemsTotal: progress?.total)
        shards.inHand.heed(standing, of: claim)
        lister.heed(standing, of: claim)
        solo?.heed(standing, of: claim)
    }
}
