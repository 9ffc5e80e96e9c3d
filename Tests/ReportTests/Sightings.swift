import Foundation
import Intake
import Queue
import Testing

@testable import Report

/// Tuesday 9 June 2026, 12:13 in Paris.
let tuesday = Timestamp(milliseconds: 1_781_000_000_123)

func day(_ text: String) -> CalendarDay {
    let parts = text.split(separator: "-").compactMap { Int($0) }
    return CalendarDay(CalendarDay.Date(year: parts[0], month: parts[1], day: parts[2]))
}

/// One sighting as the tests think of it: what windows are made from, and what they are counted again from.
struct Sighting: Hashable {
    /// Nil where undated.
    var day: CalendarDay?
    var strength: DateStrength
    /// An index in the model's classes; nil where the model has not seen it.
    var brand: Int?
    var step = 20
    var group = 0
    var hasText = false
    var isNamed = false
    /// What a person said that it shows, where one looked.
    var truth: Truth?
}

extension [Sighting] {
    /// What a store says of these, of some days.
    func window(_ days: Range<CalendarDay>) -> TrendWindow {
        var window = TrendWindow()
        var sums: [TrendSum: (count: Int, named: Int, texts: Int)] = [:]
        for sighting in self {
            if sighting.brand != nil, let day = sighting.day {
                window.firstDay[sighting.strength] = Swift.min(day, window.firstDay[sighting.strength] ?? day)
                window.newestDay[sighting.strength] = Swift.max(day, window.newestDay[sighting.strength] ?? day)
            }
            if let day = sighting.day, !days.contains(day) { continue }
            window.sightings[sighting.strength, default: 0] += 1
            if let day = sighting.day { window.daily[sighting.strength, default: [:]][day, default: 0] += 1 }
            guard let day = sighting.day else { continue }
            guard let brand = sighting.brand else {
                window.unclassified[sighting.strength, default: 0] += 1
                continue
            }
            let key = TrendSum(
                day: day, strength: sighting.strength, brand: brand, confidenceStep: sighting.step,
                authorGroup: sighting.group, count: 0)
            sums[key, default: (0, 0, 0)].count += 1
            sums[key, default: (0, 0, 0)].named += sighting.isNamed ? 1 : 0
            sums[key, default: (0, 0, 0)].texts += sighting.hasText ? 1 : 0
        }
        window.sums = sums.map { key, counted in
            var sum = key
            (sum.count, sum.named, sum.texts) = (counted.count, counted.named, counted.texts)
            return sum
        }
        return window
    }

    /// So many of a brand on a day, spread over author groups.
    static func some(
        _ count: Int, of brand: Int?, on text: String?, _ strength: DateStrength = .strong, step: Int = 20
    ) -> [Sighting] {
        let date = text.map { day($0) }
        return (0..<count).map {
            Sighting(day: date, strength: strength, brand: brand, step: step, group: $0 % 20)
        }
    }
}

func all(_ parts: [Sighting]...) -> [Sighting] { parts.flatMap(\.self) }

let classes = ["dior", "_other", "chanel", "gucci<"]
let luxe = ModelVersion(name: "luxe", number: 3)

/// The report of `trends` over such sightings.
func report(
    _ sightings: [Sighting], since: String = "3d", until: String? = nil, by unit: TrendUnit? = nil,
    compare: TrendComparison = .previous, seasons: SeasonCalendar = .north, classes: [String] = classes,
    threshold: Double = 0.6, dates: TrendDates = .strong, brands: [String] = [], adjustment: ShareAdjustment? = nil
) throws -> TrendReport {
    let range = try TrendRange(
        since: since, until: until, by: unit, compare: compare, seasons: seasons, now: tuesday, timeZone: "Europe/Paris"
    )
    return try TrendReport(
        range: range, model: luxe, classes: classes, threshold: threshold, window: sightings.window(range.days),
        before: sightings.window(range.before),
        today: range.today.map { sightings.window($0..<$0.advanced(by: 1)) }, dates: dates, brands: brands,
        adjustment: adjustment)
}
