import Foundation

/// Pictures a second over the last ten seconds or so.
struct RateMeter {
    private var samples: [(count: Int, at: Date)] = []

    mutating func note(_ count: Int, at date: Date) {
        samples.append((count, date))
        while samples.count > 2, date.timeIntervalSince(samples[0].at) > 10 { samples.removeFirst() }
    }

    var perSecond: Double {
        guard let first = samples.first, let last = samples.last else { return 0 }
        let seconds = last.at.timeIntervalSince(first.at)
        return seconds > 0 ? max(0, Double(last.count - first.count)) / seconds : 0
    }
}
