import Foundation
import Intake
import Queue
import TestSupport
import Testing

@testable import Report

/// The table, CSV and JSON of random windows, against a plain recount of the sightings and against each other.
@Suite struct TrendAgreementTests {
    private struct Draw {
        var sightings: [Sighting]
        var report: TrendReport
        var threshold: Double
    }

    private func draw(_ seed: UInt64) throws -> Draw {
        var random = Generator(state: seed &* 7919)
        let unit: TrendUnit? = [nil, .day, .week, .month, .season].randomElement(using: &random) ?? nil
        let calendar = [SeasonCalendar.north, .south, .fashion].randomElement(using: &random) ?? .north
        let since = ["3d", "7d", "5w", "month", "season", "4m", "1y"].randomElement(using: &random) ?? "7d"
        let span = ["3d": 8, "7d": 20, "5w": 90, "month": 30, "season": 40, "4m": 300, "1y": 900][since] ?? 20
        let count = [3, 60, 600, 1500].randomElement(using: &random) ?? 60
        let weakOnes = Int.random(in: 0...3, using: &random)
        let sightings = (0..<count).map { _ -> Sighting in
            var strength = DateStrength.strong
            if Int.random(in: 0..<4, using: &random) < weakOnes { strength = .weak }
            if Int.random(in: 0..<20, using: &random) == 0 { strength = .undated }
            let day = day("2026-06-10").advanced(by: -Int.random(in: 0...span, using: &random))
            let hasText = Bool.random(using: &random)
            let isSeen = Int.random(in: 0..<12, using: &random) > 0
            let brand = [0, 0, 1, 2, 2, 2, 3][Int.random(in: 0..<7, using: &random)]
            return Sighting(
                day: strength == .undated ? nil : day, strength: strength,
                brand: isSeen ? brand : nil,
                step: Int.random(in: 0...20, using: &random), group: Int.random(in: 0..<20, using: &random),
                hasText: hasText, isNamed: hasText && Bool.random(using: &random))
        }
        let threshold: Double = [0, 0.35, 0.6, 0.95][Int.random(in: 0..<4, using: &random)]
        let comparison: TrendComparison = Bool.random(using: &random) ? .previous : .year
        let dates: TrendDates = Bool.random(using: &random) ? .any : .strong
        let report = try report(
            sightings, since: since, by: unit, compare: comparison, seasons: calendar, threshold: threshold,
            dates: dates)
        return Draw(sightings: sightings, report: report, threshold: threshold)
    }

    /// How many sightings of some days count for each class, and as other and unsure.
    private struct Count {
        var brands: [String: Int] = [:]
        var other = 0
        var unsure = 0
        var weak = 0

        init(_ draw: Draw, strengths: Set<DateStrength>, isCounted: (CalendarDay) -> Bool) {
            for sighting in draw.sightings {
                guard let day = sighting.day, isCounted(day), let brand = sighting.brand,
                    strengths.contains(sighting.strength)
                else { continue }
                if sighting.strength == .weak { weak += 1 }
                if brand == 1 {
                    other += 1
                } else if Double(sighting.step) * 5 < draw.threshold * 100 - 1e-6 {
                    unsure += 1
                } else {
                    brands[classes[brand], default: 0] += 1
                }
            }
        }

        var recognised: Int { brands.values.reduce(0, +) }
    }

    @Test(arguments: 0..<30 as Range<UInt64>) func formatsAgree(seed: UInt64) throws {
        let draw = try draw(seed)
        let report = draw.report
        let range = report.range
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(report.json.text.utf8)) as? [String: Any])
        let brands = try #require(json["brands"] as? [[String: Any]])
        let dates = try #require(json["dates"] as? String)
        let hasStrong = draw.sightings.contains {
            $0.strength == .strong && $0.brand != nil && $0.day.map(range.days.contains) == true
        }
        if dates == "weak" { #expect(!hasStrong) }
        let strengths: Set<DateStrength> = dates == "any" ? [.weak, .strong] : dates == "weak" ? [.weak] : [.strong]
        let count = Count(draw, strengths: strengths, isCounted: range.days.contains)
        let before = Count(draw, strengths: strengths, isCounted: range.before.contains)

        #expect(json["recognised"] as? Int == count.recognised)
        #expect(json["other"] as? Int == count.other && json["unsure"] as? Int == count.unsure)
        let weak = draw.sightings.filter {
            $0.strength == .weak && ($0.brand != nil || dates == "strong") && $0.day.map(range.days.contains) == true
        }
        #expect(json["weak"] as? Int == weak.count)
        let waiting = draw.sightings.filter { sighting in
            sighting.brand == nil && strengths.contains(sighting.strength)
                && sighting.day.map(range.days.contains) == true
        }
        #expect(json["unclassified"] as? Int == waiting.count)

        let text = report.text(width: nil)
        let lines = text.split(separator: "\n").map(String.init)
        for brand in brands {
            let name = try #require(brand["brand"] as? String)
            let counted = count.brands[name] ?? 0
            #expect(brand["count"] as? Int == counted)
            let share = count.recognised == 0 ? nil : Double(counted) / Double(count.recognised)
            #expect(near(brand["share"] as? Double, share, 1e-6))
            let shareBefore =
                before.recognised == 0 ? nil : Double(before.brands[name] ?? 0) / Double(before.recognised)
            #expect(near(brand["share_before"] as? Double, shareBefore, 1e-6))
            let isSeen = counted > 0 || (before.brands[name] ?? 0) > 0
            let change = isSeen ? share.flatMap { share in shareBefore.map { (share - $0) * 100 } } : nil
            #expect(near(brand["change_points"] as? Double, change, 1e-3))
            if let low = brand["share_low"] as? Double, let high = brand["share_high"] as? Double, let share {
                #expect(0 <= low && low <= share + 1e-6 && share <= high + 1e-6 && high <= 1)
            }
            if report.isEmpty { continue }
            // The line of the table.
            let line = lines.first { $0.hasPrefix("\(name) ") }
            #expect((line != nil) == isSeen)
            guard let line else { continue }
            let cells = line.split(separator: #/  +/#).map(String.init)
            #expect(cells[1] == Format.count(counted))
            let written = share.map { String(format: "%.1f %%", $0 * 100) } ?? "-"
            #expect(cells[2] == (share != nil && count.recognised < 30 ? "(\(written))" : written))
            let interval = (brand["share_low"] as? Double).flatMap { low in
                (brand["share_high"] as? Double).map { String(format: "%.1f–%.1f", low * 100, $0 * 100) }
            }
            #expect(cells[3] == interval ?? "-")
            if let change, before.recognised > 0, let verdict = brand["verdict"] as? String {
                let isBracketed = cells[5].hasPrefix("(") && cells[5].hasSuffix(")")
                #expect(isBracketed == (verdict == "too few"))
                #expect(near(Double(cells[5].filter { !"()".contains($0) }), change, 0.0501))
                #expect(cells[6].hasSuffix(verdict))
                #expect(cells[6].contains("↑") == (verdict == "rising"))
                #expect(cells[6].contains("↓") == (verdict == "falling"))
            }
        }
        try checkBuckets(draw, json, strengths, dates)
    }

    private func checkBuckets(
        _ draw: Draw, _ json: [String: Any], _ strengths: Set<DateStrength>, _ dates: String
    ) throws {
        let report = draw.report
        let buckets = try #require(json["buckets"] as? [[String: Any]])
        let rows = report.csv.map {
            $0.dropLast().split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        #expect(rows.count == 1 + buckets.count * 3)
        var table = report.periodText(width: nil).split(separator: "\n").map(String.init)[...]
        var row = 1
        var total = 0
        for bucket in buckets {
            let first = day(try #require(bucket["start"] as? String))
            let last = day(try #require(bucket["end"] as? String))
            let count = Count(draw, strengths: strengths) {
                report.range.days.contains($0) && first <= $0 && $0 <= last
            }
            total += count.recognised
            #expect(bucket["recognised"] as? Int == count.recognised)
            let name = try #require(bucket["name"] as? String)
            let counts = try #require(bucket["counts"] as? [String: Int])
            let shares = try #require(bucket["shares"] as? [String: Any])
            let seen = draw.sightings.filter { sighting in
                strengths.contains(sighting.strength)
                    && sighting.day.map { report.range.days.contains($0) && first <= $0 && $0 <= last } == true
            }
            #expect(bucket["days_seen"] as? Int == Set(seen.map(\.day)).count)
            if !report.isEmpty, let next = table.firstIndex(where: { $0.hasPrefix("\(name)  ") }) {
                table = table[next...]
            }
            for brand in report.brands {
                let counted = count.brands[brand.name] ?? 0
                let share = (shares[brand.name] as? [String: Any])?["share"] as? Double
                #expect(counts[brand.name] == counted)
                #expect(near(share, count.recognised == 0 ? nil : Double(counted) / Double(count.recognised), 1e-6))
                let cells = rows[row]
                #expect(cells[0] == first.iso8601 && cells[1] == brand.name && cells[2] == String(counted))
                #expect(cells[3] == (share.map { String(format: "%.4f", $0) } ?? "") && cells[4] == dates)
                #expect(cells[5] == name && cells[6] == last.iso8601)
                #expect(
                    cells[10...13] == [count.recognised, count.other, count.unsure, count.weak].map(String.init)[...])
                #expect(cells[16] == (bucket["remarks"] as? [String])?.joined(separator: " "))
                if counted > 0, !report.isEmpty {
                    let line = table.first {
                        $0.contains(" \(brand.name) ")
                            && $0.split(separator: #/  +/#).contains { $0 == Format.count(counted) }
                    }
                    #expect(
                        line?.contains(String(format: "%.1f %%", (share ?? -1) * 100)) == true,
                        "\(brand.name) of \(name)")
                }
                row += 1
            }
        }
        #expect(total == report.recognised)
    }

    private func near(_ one: Double?, _ other: Double?, _ tolerance: Double) -> Bool {
        guard let one, let other else { return one == nil && other == nil }
        return (one - other).magnitude <= tolerance
    }
}
