package import Intake

/// A day, week, month or season: its name and its days.
package struct Period: Hashable, Sendable {
    package var name: String
    package var days: Range<CalendarDay>

    package init(name: String, days: Range<CalendarDay>) {
        self.name = name
        self.days = days
    }
}

/// How years are cut into seasons.
package struct SeasonCalendar: Hashable, Sendable {
    private enum Cut: Hashable {
        /// The months in which seasons begin, from January on.
        case yearly([Start])
        /// In order; between them may be days of no season.
        case listed([Period])
    }

    private struct Start: Hashable {
        var month: Int
        var name: String
    }

    private let cut: Cut

    /// Meteorological: quarters that begin in March, June, September and December.
    package static let north = SeasonCalendar(
        starts: [(3, "spring"), (6, "summer"), (9, "autumn"), (12, "winter")])
    package static let south = SeasonCalendar(
        starts: [(3, "autumn"), (6, "winter"), (9, "spring"), (12, "summer")])
    /// Collections as they are in the shops: SS from January to June, AW from July to December.
    package static let fashion = SeasonCalendar(starts: [(1, "SS"), (7, "AW")])

    private init(starts: [(month: Int, name: String)]) {
        cut = .yearly(starts.map { Start(month: $0.month, name: $0.name) })
    }

    /// Reads a list of seasons: `NAME,FIRST DAY[,LAST DAY]` in each line, in the order of their days; without a last
    /// day a season lasts to the day before the next. Lines that are empty or begin with `#` say nothing.
    package init(list: String) throws(SeasonListError) {
        var seasons: [Period] = []
        var isOpen = false
        var number = 0
        // By bytes: a character of Swift's may hold a line's end and what stands before it.
        for line in list.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let fields = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map(trimmed)
            if fields == [""] || fields[0].hasPrefix("#") { continue }
            guard (2...3).contains(fields.count), !fields[0].isEmpty else { throw .unreadable(line: number) }
            guard let first = CalendarDay(iso8601: fields[1]) else { throw .noDay(line: number, text: fields[1]) }
            if let previous = seasons.last {
                if first <= previous.days.lowerBound || (!isOpen && first < previous.days.upperBound) {
                    throw .notInOrder(line: number)
                }
                if seasons.contains(where: { $0.name == fields[0] }) { throw .repeated(line: number, name: fields[0]) }
                if isOpen { seasons[seasons.count - 1].days = previous.days.lowerBound..<first }
            }
            isOpen = fields.count == 2
            var end = first.advanced(by: 1)
            if !isOpen {
                guard let last = CalendarDay(iso8601: fields[2]) else { throw .noDay(line: number, text: fields[2]) }
                if last < first { throw .notInOrder(line: number) }
                end = last.advanced(by: 1)
            }
            seasons.append(Period(name: fields[0], days: first..<end))
        }
        if seasons.isEmpty { throw .empty }
        if isOpen { throw .open(line: number) }
        cut = .listed(seasons)
    }

    /// The season that holds a day; nil where none does.
    package func season(of day: CalendarDay) -> Period? {
        switch cut {
        case .listed(let seasons): return seasons.first { $0.days.contains(day) }
        case .yearly(let starts):
            let date = day.date
            // Before the year's first start it is still the last season of the year before.
            let index = starts.lastIndex { $0.month <= date.month }
            let start = starts[index ?? starts.count - 1]
            let year = index == nil ? date.year - 1 : date.year
            let next = (index ?? starts.count - 1) + 1
            let end =
                next < starts.count ? (year: year, month: starts[next].month) : (year: year + 1, month: starts[0].month)
            return Period(
                name: name(start.name, from: year, crossesNewYear: end.year > year && end.month > 1),
                days: CalendarDay(
                    CalendarDay.Date(year: year, month: start.month, day: 1))..<CalendarDay(
                        CalendarDay.Date(year: end.year, month: end.month, day: 1)))
        }
    }

    /// "summer 2026", "winter 2025/26", "SS26"
    private func name(_ name: String, from year: Int, crossesNewYear: Bool) -> String {
        if self == .fashion { return "\(name)\(twoDigits(year % 100))" }
        return "\(name) \(year)\(crossesNewYear ? "/\(twoDigits((year + 1) % 100))" : "")"
    }

    /// The days around `day`, which is in no season.
    func gap(at day: CalendarDay) -> Period {
        guard case .listed(let seasons) = cut else { return Period(name: "", days: day..<day.advanced(by: 1)) }
        let before = seasons.last { $0.days.upperBound <= day }
        let after = seasons.first { $0.days.lowerBound > day }
        let name =
            if let before { "after \(before.name)" } else { "before \(after?.name ?? "the first season")" }
        let days = (before?.days.upperBound ?? .distantPast)..<(after?.days.lowerBound ?? .distantFuture)
        return Period(name: name, days: days)
    }

    /// The season of that name, in whatever case, that began last up to `day`.
    func season(named name: String, upTo day: CalendarDay) -> Period? {
        let wanted = name.lowercased()
        switch cut {
        case .listed(let seasons):
            return seasons.last { $0.name.lowercased() == wanted && $0.days.lowerBound <= day }
        case .yearly:
            // A hundred years back.
            var season = season(of: day)
            for _ in 0..<400 {
                guard let found = season else { return nil }
                if found.name.lowercased() == wanted { return found }
                season = self.season(of: found.days.lowerBound.advanced(by: -1))
            }
            return nil
        }
    }

    /// The season that a year earlier was where this one is; nil where there was none.
    package func yearBefore(_ season: Period) -> Period? {
        let middle = season.days.lowerBound.advanced(by: season.days.count / 2)
        guard let found = self.season(of: middle.advanced(by: -365)), found != season else { return nil }
        return found
    }

    /// Those that begin after `start` and not after `day`, the newest first, and the one that holds `start`.
    package func seasons(from start: CalendarDay, upTo day: CalendarDay) -> [Period] {
        switch cut {
        case .listed(let seasons):
            return seasons.filter { $0.days.lowerBound <= day && $0.days.upperBound > start }.reversed()
        case .yearly:
            var seasons: [Period] = []
            var next = season(of: day)
            while let season = next, season.days.upperBound > start {
                seasons.append(season)
                next = self.season(of: season.days.lowerBound.advanced(by: -1))
            }
            return seasons
        }
    }
}

package enum SeasonListError: Error, Hashable, CustomStringConvertible {
    case empty
    case unreadable(line: Int)
    case noDay(line: Int, text: String)
    case notInOrder(line: Int)
    case repeated(line: Int, name: String)
    case open(line: Int)

    package var description: String {
        switch self {
        case .empty: "it names no season; write a line NAME,FIRST DAY,LAST DAY for each"
        case .unreadable(let line):
            "line \(line) is no season; write NAME,FIRST DAY,LAST DAY, for instance resort,2026-11-01,2026-12-31"
        case .noDay(let line, let text):
            "line \(line): \(Escaping.terminal(text)) is no day; write it as 2026-11-01"
        case .notInOrder(let line):
            "line \(line) begins before what stands above it has ended; put the seasons in order"
        case .repeated(let line, let name):
            "line \(line): there is a season \(Escaping.terminal(name)) already; give each its own name, with its year"
        case .open(let line): "line \(line): the last season needs its last day: NAME,FIRST DAY,LAST DAY"
        }
    }
}

extension CalendarDay {
    /// Of the years 1 and 9999: before and after all that a report can be asked for.
    fileprivate static let distantPast = CalendarDay(rawValue: -719_162)
    fileprivate static let distantFuture = CalendarDay(rawValue: 2_932_896)
}

/// Without blanks, a carriage return or a mark of UTF-8 around it.
private func trimmed(_ field: Substring.UTF8View) -> String {
    let blanks = Array(" \t\r\u{FEFF}".utf8)
    var field = Array(field)[...]
    while let first = field.first, blanks.contains(first) { field.removeFirst() }
    while let last = field.last, blanks.contains(last) { field.removeLast() }
    return String(decoding: field, as: UTF8.self)
}

func twoDigits(_ value: Int) -> String { "\(value < 10 ? "0" : "")\(value)" }
