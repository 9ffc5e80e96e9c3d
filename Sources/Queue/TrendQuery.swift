package import Intake

/// What counts once in a trend.
package enum CountingUnit: String, CaseIterable, Sendable {
    case sightings
    /// A post counts once for each brand that is seen in its pictures, with its best confidence and its strongest date:
    /// platform and id make a post, and a sighting without an id is one of its own.
    case posts
    /// An author counts once for each brand and day, with the best confidence and the strongest date of that day; a
    /// sighting without an author is one of its own.
    case authors
}

/// Which sightings a trend leaves in. Empty lists leave out nothing.
package struct TrendFilter: Hashable, Sendable {
    /// Names, or keyed hashes as `bagq results` prints them.
    package var excludedAuthors: [String]
    /// In lower case.
    package var platforms: [String]
    /// In lower case, without `#`: one of them must be there.
    package var hashtags: [String]
    /// None of them may be there.
    package var excludedHashtags: [String]
    /// Only theirs, a panel's for instance; nil for everybody's and nobody's.
    package var authors: [String]?

    package init(
        excludedAuthors: [String] = [], platforms: [String] = [], hashtags: [String] = [],
        excludedHashtags: [String] = [], authors: [String]? = nil
    ) {
        self.excludedAuthors = excludedAuthors
        self.platforms = platforms
        self.hashtags = hashtags
        self.excludedHashtags = excludedHashtags
        self.authors = authors
    }

    package var isEmpty: Bool { self == TrendFilter() }
}

/// Which dates count: `strong` falls back on weak ones in days that have no others.
package enum TrendDates: String, CaseIterable, Sendable {
    case strong, any
}

/// What is to be counted of a model's answers. With sightings as the unit, no job and no filter it is read from the
/// sums, else from the sightings themselves, which takes as long as there are of them in the days.
package struct TrendQuery: Hashable, Sendable {
    package var days: Range<CalendarDay>
    package var unit: CountingUnit
    /// Only the sightings that this job showed.
    package var job: JobID?
    package var filter: TrendFilter
    /// The first days of spans whose days need not be told apart, in order: the day of a sum is then the first day of
    /// its span that is among `days`. Empty: every day is told apart. Long windows are read much faster with spans and
    /// a threshold.
    package var spans: [CalendarDay]
    /// Confidence steps are told apart only by whether they reach this one, a `ConfidenceStep`: the step of a sum is
    /// then this one or 0. Nil: every step is told apart.
    package var thresholdStep: Int?
    package var dates: TrendDates
    /// Undated sightings are told with any days; with a job or a filter that takes as long as there are of them in the
    /// store.
    package var includesUndated = true

    package init(
        days: Range<CalendarDay>, unit: CountingUnit = .sightings, job: JobID? = nil,
        filter: TrendFilter = TrendFilter(), spans: [CalendarDay] = [], thresholdStep: Int? = nil,
        dates: TrendDates = .any
    ) {
        self.days = days
        self.unit = unit
        self.job = job
        self.filter = filter
        self.spans = spans
        self.thresholdStep = thresholdStep
        self.dates = dates
    }

    /// The strongest first.
    package var strengths: [DateStrength] {
        DateStrength.allCases.reversed().filter { includesUndated || $0 != .undated }
    }

    /// Whether sums hold sightings with dates of a strength, rather than only tell how many there are.
    package func counts(_ strength: DateStrength, hasStrong: Bool) -> Bool {
        strength == .strong || (strength == .weak && (dates == .any || !hasStrong))
    }

    /// Whether it is of all sightings of its days.
    package var isOfAll: Bool { job == nil && filter.isEmpty }

    /// The step that stands for a sum's.
    package func step(of step: Int) -> Int {
        guard let thresholdStep else { return step }
        return step >= thresholdStep ? thresholdStep : 0
    }

    /// The first of `days` that is told apart from those before `day`, one of them.
    package func start(of day: CalendarDay) -> CalendarDay {
        if spans.isEmpty { return day }
        // The number of spans that have begun.
        var (begun, end) = (0, spans.count)
        while begun < end {
            let middle = (begun + end) / 2
            if spans[middle] <= day { begun = middle + 1 } else { end = middle }
        }
        return begun == 0 ? days.lowerBound : max(spans[begun - 1], days.lowerBound)
    }
}

/// What is known of how a brand's posts were liked: each post counts once for a brand, with its greatest figures.
package struct EngagementRow: Hashable, Sendable {
    /// Index in the model's classes.
    package var brand: Int
    /// Whose likes or comments are known.
    package var posts: Int
    /// Medians over the posts of which it is known; nil where there are none.
    package var likes: Double?
    package var comments: Double?
    /// Of all likes those of the author who got the most, from 0 to 1; a post without an author is one of its own. Nil
    /// where nothing was liked.
    package var mostLikedAuthorShare: Double?

    package init(brand: Int, posts: Int, likes: Double?, comments: Double?, mostLikedAuthorShare: Double?) {
        self.brand = brand
        self.posts = posts
        self.likes = likes
        self.comments = comments
        self.mostLikedAuthorShare = mostLikedAuthorShare
    }
}
