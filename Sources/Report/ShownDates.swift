package import Queue

extension TrendReport {
    /// Which sightings the report counts, by what dates them. `weak` alone is shown where there are no others.
    package enum Shown: String, Sendable {
        case strong, weak, any

        /// What a window of such sums shows: strong dates, weak ones where it has no strong, or both where that was
        /// asked for.
        package init(_ sums: [TrendSum], dates: TrendDates) {
            if dates == .any {
                self = .any
            } else {
                let hasStrong = sums.contains { $0.strength == .strong }
                self = hasStrong || !sums.contains { $0.strength == .weak } ? .strong : .weak
            }
        }

        package var strengths: Set<DateStrength> {
            switch self {
            case .strong: [.strong]
            case .weak: [.weak]
            case .any: [.strong, .weak]
            }
        }

        func covers(_ strength: DateStrength) -> Bool {
            switch self {
            case .strong: strength == .strong
            case .weak: strength == .weak
            case .any: strength != .undated
            }
        }
    }
}
