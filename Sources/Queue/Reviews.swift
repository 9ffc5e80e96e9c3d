package import Intake

/// What a person says a picture shows.
package enum Truth: Hashable, Sendable {
    /// Index in the model's classes, never that of `_other`.
    case brand(Int)
    /// None of the model's brands.
    case noneOfThem
}

/// Sightings drawn at random for a person to look at: of each stratum alike many, so that rare brands are seen.
package struct ReviewSample: Hashable, Sendable {
    package struct Drawn: Hashable, Sendable {
        package var row: SightingRow
        /// When it was drawn.
        package var stratum: Stratum
        /// The person's answer, if any.
        package var truth: Truth?

        package init(row: SightingRow, stratum: Stratum, truth: Truth?) {
            self.row = row
            self.stratum = stratum
            self.truth = truth
        }
    }

    /// From 1.
    package var number: Int
    package var model: ModelVersion
    /// What it was drawn from.
    package var query: SightingQuery
    package var createdAt: Timestamp
    /// By their sightings' numbers. One that has been forgotten since is not here.
    package var drawn: [Drawn]

    package init(number: Int, model: ModelVersion, query: SightingQuery, createdAt: Timestamp, drawn: [Drawn]) {
        self.number = number
        self.model = model
        self.query = query
        self.createdAt = createdAt
        self.drawn = drawn
    }
}

/// How many reviewed sightings of a stratum turned out to be what. Of a sighting in several samples the newest answer
/// counts.
package struct ReviewSum: Hashable, Sendable {
    /// What their samples were drawn from.
    package var days: Range<CalendarDay>
    /// Confidence from which a prediction counted as recognised when they were drawn: of other strata they are no
    /// random sample.
    package var threshold: Double
    package var stratum: Stratum
    package var truth: Truth
    package var count: Int

    package init(days: Range<CalendarDay>, threshold: Double, stratum: Stratum, truth: Truth, count: Int) {
        self.days = days
        self.threshold = threshold
        self.stratum = stratum
        self.truth = truth
        self.count = count
    }
}

/// Takes the `limit` values of the smallest keys: a random sample where the keys are random, whatever the order of
/// insertion.
package struct SmallestKeys<Value> {
    private var kept: [(key: UInt64, value: Value)] = []
    private let limit: Int

    package init(limit: Int) { self.limit = limit }

    package mutating func insert(_ value: Value, key: UInt64) {
        guard limit > 0, kept.count < limit || key < kept[0].key else { return }
        // The largest key first; samples are small.
        let place = kept.firstIndex { $0.key < key } ?? kept.count
        kept.insert((key, value), at: place)
        if kept.count > limit { kept.removeFirst() }
    }

    package var values: [Value] { kept.map(\.value) }
}

/// The key by which a sighting is drawn: SplitMix64's output (Steele, Lea, Flood 2014) at that place of the seed's
/// sequence.
package func drawingKey(seed: UInt64, sighting: Int) -> UInt64 {
    var state = seed &+ UInt64(bitPattern: Int64(sighting)) &* 0x9E37_79B9_7F4A_7C15
    state = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    state = (state ^ (state >> 27)) &* 0x94D0_49BB_1331_11EB
    return state ^ (state >> 31)
}
