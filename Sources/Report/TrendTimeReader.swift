import Intake
import Foundation
import Queue

/// Reads the times that `--since` and `--until` take, as days.
struct TrendTimeReader {
    let today: CalendarDay
    let zone: TimeZone
    let seasons: SeasonCalendar

    /// The first day that counts; nil for what is no time.
    func start(_ text: String) -> CalendarDay? { span(text)?.lowerBound }

    /// The day after the last one that counts.
    func end(_ text: String) -> CalendarDay? {
        guard let span = span(text) else { return nil }
        return isRelative(text) || TrendUnit(rawValue: text) != nil ? span.lowerBound : span.upperBound
    }

    private func isRelative(_ text: String) -> Bool {
        text.utf8.last.map { "dwmy".utf8.contains($0) } == true && text.first?.isNumber == true
    }

    /// The days that a text names; for `7d` and the like the days from then up to yesterday, for `week`, `month` and
    /// `season` those of the present one.
    private func span(_ text: String) -> Range<CalendarDay>? {
        switch text {
        case "today": return today..<today.advanced(by: 1)
        case "yesterday": return today.advanced(by: -1)..<today
        case "week": return TrendUnit.week.period(of: today).days.lowerBound..<today
        case "month": return TrendUnit.month.period(of: today).days.lowerBound..<today
        case "season": return seasons.season(of: today).map { $0.days.lowerBound..<today }
        default: break
        }
        if isRelative(text) { return relative(text).map { $0..<today } }
        if let season = seasons.season(named: text, upTo: today) { return season.days }
        let bytes = Array(text.utf8)
        if bytes.count == 7 { return month(bytes) }
        if bytes.count == 8 { return CalendarDay.days(ofWeek: text) }
        guard bytes.count >= 10, let day = CalendarDay(iso8601: String(decoding: bytes[..<10], as: UTF8.self)) else {
            return nil
        }
        if bytes.count == 10 { return day..<day.advanced(by: 1) }
        return moment(day, clock: bytes[10...])
    }

    private func relative(_ text: String) -> CalendarDay? {
        guard let n = wholeNumber(Array(text.utf8.dropLast())[...]), n <= 40_000 else { return nil }
        switch text.utf8.last {
        case UInt8(ascii: "d"): return today.advanced(by: -n)
        case UInt8(ascii: "w"): return n <= 5000 ? today.advanced(by: -7 * n) : nil
        case UInt8(ascii: "m"): return n <= 1200 ? monthsAgo(n) : nil
        default: return n <= 100 ? monthsAgo(12 * n) : nil
        }
    }

    /// The same day of an earlier month, or that month's last.
    private func monthsAgo(_ n: Int) -> CalendarDay {
        let date = today.date
        let first = CalendarDay(CalendarDay.Date(year: date.year, month: date.month - n, day: 1))
        return min(first.advanced(by: date.day - 1), TrendUnit.month.period(of: first).days.last)
    }

    /// `2026-06`
    private func month(_ bytes: [UInt8]) -> Range<CalendarDay>? {
        CalendarDay(iso8601: String(decoding: bytes, as: UTF8.self) + "-01").map { TrendUnit.month.period(of: $0).days }
    }

    /// `T18:00`, `T18:00:00`, `T18:00:00.5`, a blank for the T, and perhaps `Z`, `+02:00` or `+0200`. Without a zone it
    /// is the database's. Only whole days are counted, so this is the day on which the moment falls; at midnight
    /// nothing of that day has passed, and it ends the day before.
    private func moment(_ day: CalendarDay, clock: ArraySlice<UInt8>) -> Range<CalendarDay>? {
        guard let first = clock.first, first == UInt8(ascii: "T") || first == UInt8(ascii: " ") else { return nil }
        var time = clock.dropFirst()
        var offset: Int?
        if time.last == UInt8(ascii: "Z") {
            time.removeLast()
            offset = 0
        } else if let sign = time.firstIndex(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }) {
            let digits = time[(sign + 1)...].filter { $0 != UInt8(ascii: ":") }
            guard digits.count == 4, let hours = wholeNumber(digits[..<2]), let minutes = wholeNumber(digits[2...]),
                hours < 24,
                minutes < 60
            else { return nil }
            offset = (hours * 3600 + minutes * 60) * (time[sign] == UInt8(ascii: "-") ? -1 : 1)
            time = time[..<sign]
        }
        if let point = time.firstIndex(of: UInt8(ascii: ".")) {
            guard wholeNumber(time[(point + 1)...]) != nil else { return nil }
            time = time[..<point]
        }
        let parts = time.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map {
            $0.count == 2 ? wholeNumber($0) : nil
        }
        guard parts.count == 2 || parts.count == 3, let hour = parts[0], let minute = parts[1], hour < 24, minute < 60
        else { return nil }
        guard let second = parts.count == 3 ? parts[2] : 0, second < 61 else { return nil }
        var seconds = hour * 3600 + minute * 60 + second
        var local = day
        if let offset {
            let utc = day.rawValue * 86400 + seconds - offset
            let shifted = utc + zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(utc)))
            local = CalendarDay(rawValue: shifted.floorDivided(by: 86400))
            seconds = shifted - local.rawValue * 86400
        }
        return local..<(seconds == 0 ? local : local.advanced(by: 1))
    }
}
