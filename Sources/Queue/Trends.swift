package import Intake

/// How far a sighting's date can be trusted: `mtime` is weak, every other source strong.
package enum DateStrength: Int, CaseIterable, Sendable {
    case undated = 0, weak, strong

    package init(_ source: TimeSource?) {
        switch source {
        case nil, .some(.none): self = .undated
        case .some(.mtime): self = .weak
        default: self = .strong
        }
    }
}

/// A sum over what a model has classified: sightings, or what else the query counts.
package struct TrendSum: Hashable, Sendable {
    package var day: CalendarDay
    package var strength: DateStrength
    /// Index in the model's classes.
    package var brand: Int
    /// Whole 5 % steps, 0 to 20.
    package var confidenceStep: Int
    /// One of 20, 0 to 19, that all sightings of an author share: intervals resample groups, not sightings.
    package var authorGroup: Int
    package var count: Int
    /// How many of them name the brand in their text.
    package var named: Int
    /// How many of them have a text that is known.
    package var texts: Int

    package init(
        day: CalendarDay, strength: DateStrength, brand: Int, confidenceStep: Int, authorGroup: Int = 0, count: Int,
        named: Int = 0, texts: Int = 0
    ) {
        self.day = day
        self.strength = strength
        self.brand = brand
        self.confidenceStep = confidenceStep
        self.authorGroup = authorGroup
        self.count = count
        self.named = named
        self.texts = texts
    }
}

/// Everything `trends` needs of a window, as integers.
package struct TrendWindow: Hashable, Sendable {
    /// Of the window's days. Weak dates are among them as the query wants it, undated sightings are not.
    package var sums: [TrendSum]
    /// Sightings of the window by strength, classified by any model or none; the undated ones whatever the window.
    package var sightings: [DateStrength: Int]
    /// Those of them that the model has not classified, of the strengths that the sums hold. In sightings whatever the
    /// unit.
    package var unclassified: [DateStrength: Int]
    /// The window's days that have a sighting of that strength, classified or not, with how many.
    package var daily: [DateStrength: [CalendarDay: Int]]
    /// The oldest and the newest day with a sighting that the model has classified, of that strength, in the window or
    /// not, whatever the filter; of a job's sightings where one is named.
    package var firstDay: [DateStrength: CalendarDay]
    package var newestDay: [DateStrength: CalendarDay]

    package init(
        sums: [TrendSum] = [], sightings: [DateStrength: Int] = [:], unclassified: [DateStrength: Int] = [:],
        daily: [DateStrength: [CalendarDay: Int]] = [:], firstDay: [DateStrength: CalendarDay] = [:],
        newestDay: [DateStrength: CalendarDay] = [:]
    ) {
        self.sums = sums
        self.sightings = sightings
        self.unclassified = unclassified
        self.daily = daily
        self.firstDay = firstDay
        self.newestDay = newestDay
    }

    /// How many of what the sums count have a text that is known; nil where none has.
    package var texts: Int? {
        let count = sums.reduce(0) { $0 + $1.texts }
        return count == 0 ? nil : count
    }
}

/// What `doctor --deep` finds when it counts the sightings again.
package struct RecountReport: Hashable, Sendable {
    package var sightings: Int
    package var sums: Int
    /// One line for each sum that differs from the recount, and for each broken invariant; empty is good.
    package var differences: [String]

    package init(sightings: Int, sums: Int, differences: [String]) {
        self.sightings = sightings
        self.sums = sums
        self.differences = differences
    }
}
