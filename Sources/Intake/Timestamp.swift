import Foundation

/// A moment: milliseconds since 1970-01-01 UTC. The only form in which bagq stores or compares times that people read.
package struct Timestamp: Hashable, Comparable, Sendable, Codable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// The machine's clock.
    package static var now: Timestamp {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }
}

/// Where a picture's time comes from, strongest first. Only `mtime` is weak: a copied folder makes it lie.
package enum TimeSource: String, CaseIterable, Comparable, Sendable, Codable {
    case sidecar, manifest, id, name, exif, mtime, none

    /// Orders by strength: `.mtime < .exif`.
    package static func < (left: TimeSource, right: TimeSource) -> Bool {
        left.rank > right.rank
    }

    private var rank: Int {
        switch self {
        case .sidecar: 0
        case .manifest: 1
        case .id: 2
        case .name: 3
        case .exif: 4
        case .mtime: 5
        case .none: 6
        }
    }
}

/// When a picture was posted, and how that is known.
package struct PostTime: Hashable, Sendable {
    package var timestamp: Timestamp
    package var source: TimeSource

    package init(_ timestamp: Timestamp, _ source: TimeSource) {
        self.timestamp = timestamp
        self.source = source
    }
}
