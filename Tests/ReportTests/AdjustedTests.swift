import Foundation
import Intake
import Queue
import Statistics
import TestSupport
import Testing

@testable import Report

/// Adjusted shares in the table, CSV and JSON, against a plain recount and against each other.
@Suite struct AdjustedTests {
    private static let brands = ["dior", "chanel", "gucci<"]
    /// Category names as the recount thinks of them.
    private static func category(_ sighting: Sighting) -> String? {
        guard let brand = sighting.brand else { return nil }
        return brand == 1 ? "other" : sighting.step < 12 ? "unsure" : classes[brand]
    }

    /// Of four weeks; a third of them reviewed, none of what `unseen` names.
    private static func sightings(_ seed: UInt64, unseen: String? = nil) -> [Sighting] {
        var random = Generator(state: seed &* 104_729)
        let start = day("2026-05-12")
        return (0..<1200).map { _ in
            let truth = [0, 0, 0, 1, 1, 2, 2, 3][Int.random(in: 0..<8, using: &random)]
            let isRight = Int.random(in: 0..<10, using: &random) < 8
            var sighting = Sighting(
                day: start.advanced(by: Int.random(in: 0..<28, using: &random)), strength: .strong,
                brand: isRight ? truth : Int.random(in: 0..<4, using: &random),
                step: Int.random(in: 8...20, using: &random), group: Int.random(in: 0..<20, using: &random))
            if Int.random(in: 0..<3, using: &random) == 0, category(sighting) != unseen {
                sighting.truth = truth == 1 ? .noneOfThem : .brand(truth)
            }
            return sighting
        }
    }

    private static let days = day("2026-05-12")..<day("2026-06-09")

    private static func reviews(_ sightings: [Sighting], days: Range<CalendarDay> = days) -> [ReviewSum] {
        sightings.compactMap { sighting in
            guard let truth = sighting.truth, let brand = sighting.brand else { return nil }
            return ReviewSum(
                days: days, threshold: 0.6,
                stratum: Stratum(brand: brand, confidenceStep: sighting.step, classes: classes, threshold: 0.6),
                truth: truth, count: 1)
        }
    }

    private static func adjustment(
        of sightings: [Sighting], reviews: [ReviewSum] = [], heldOut: HeldOutPictures? = nil,
        classes: [String] = classes, unit: CountingUnit = .sightings
    ) -> ShareAdjustment {
        ShareAdjustment(
            classes: classes, threshold: 0.6, unit: unit, reviews: reviews,
            daily: sightings.window(days).daily(.strong)
        ) { heldOut }
    }

    /// Each reviewed sighting stands for as many as its category has for each one reviewed; a category that nobody
    /// looked into stands for itself.
    private static func expanded(_ counted: [Sighting], _ reviewed: [Sighting]) -> [String: Double] {
        var (sizes, seen) = ([String: Double](), [String: Double]())
        for sighting in counted { sizes[category(sighting) ?? "", default: 0] += 1 }
        for sighting in reviewed where sighting.truth != nil { seen[category(sighting) ?? "", default: 0] += 1 }
        var weights: [String: Double] = [:]
        for sighting in reviewed {
            guard let category = category(sighting), case .brand(let index) = sighting.truth else { continue }
            weights[classes[index], default: 0] += (sizes[category] ?? 0) / (seen[category] ?? 1)
        }
        for brand in brands where seen[brand] == nil { weights[brand, default: 0] += sizes[brand] ?? 0 }
        let all = weights.values.reduce(0, +)
        var shares: [String: Double] = [:]
        for brand in brands where seen[brand] != nil { shares[brand] = (weights[brand] ?? 0) / all }
        return shares
    }

    /// The mix that explains the counts best, by moving weight between two truths at a time for as long as it helps.
    private static func mix(_ matrix: [[Double]], _ counted: [Double]) -> [Double] {
        var mix = matrix.map { _ in 1 / Double(matrix.count) }
        var change = 1.0
        while change > 1e-12 {
            change = 0
            for one in mix.indices {
                for other in mix.indices where other != one {
                    let gap = counted.indices.map { place in
                        counted[place] - mix.indices.reduce(0) { $0 + mix[$1] * matrix[$1][place] }
                    }
                    let line = counted.indices.map { matrix[one][$0] - matrix[other][$0] }
                    let length = line.reduce(0) { $0 + $1 * $1 }
                    if length == 0 { continue }
                    let step = zip(gap, line).reduce(0) { $0 + $1.0 * $1.1 } / length
                    let moved = max(-mix[one], min(mix[other], step))
                    mix[one] += moved
                    mix[other] -= moved
                    change += abs(moved)
                }
            }
        }
        return mix
    }

    /// What all three formats say, against what is expected.
    private func check(
        _ report: TrendReport, method: String, _ expected: [String: Double], tolerance: Double
    ) throws {
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(report.json.text.utf8)) as? [String: Any])
        #expect(json["share_adjusted_method"] as? String == method)
        let note = try #require(json["share_adjusted_note"] as? String)
        let text = report.text(width: 80)
        #expect(text.split(whereSeparator: \.isWhitespace).joined(separator: " ").contains(note))
        #expect(text.split(separator: "\n").allSatisfy { String($0).displayWidth <= 80 })
        let lines = text.split(separator: "\n").map(String.init)
        let table = try #require(lines.firstIndex { $0.contains("ADJUSTED") })
        let rows = report.csv.map {
            $0.dropLast().split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let column = try #require(rows[0].firstIndex(of: "window_share_adjusted"))
        #expect(
            rows[0][column...] == [
                "window_share_adjusted", "window_share_adjusted_low", "window_share_adjusted_high",
                "false_positive_rate", "adjusted_by",
            ])
        for brand in try #require(json["brands"] as? [[String: Any]]) {
            let name = try #require(brand["brand"] as? String)
            let (share, low, high) = (
                brand["share_adjusted"] as? Double, brand["share_adjusted_low"] as? Double,
                brand["share_adjusted_high"] as? Double
            )
            #expect((share == nil) == (expected[name] == nil) && (share == nil) == (low == nil), "\(name)")
            let cells = try #require(lines[table...].first { $0.hasPrefix("\(name) ") })
                .split(separator: #/  +/#).map(String.init)
            for row in rows.dropFirst() where row[1] == name {
                #expect(row[column + 4] == method)
                for (offset, value) in [brand["share"] as? Double, share, low, high].enumerated() {
                    let written = Double(row[column - 1 + offset])
                    #expect((written == nil) == (value == nil) && abs((written ?? 0) - (value ?? 0)) < 5.1e-5)
                }
            }
            guard let share, let low, let high else {
                #expect(cells[2] == "-" && cells[3] == "-")
                continue
            }
            #expect(abs(share - (expected[name] ?? -1)) < tolerance, "\(name)")
            #expect(low <= share && share <= high && low < high)
            #expect(cells[1] == Format.percent(brand["share"] as? Double))
            #expect(cells[2] == Format.percent(share))
            #expect(cells[3] == String(format: "%.1f–%.1f", low * 100, high * 100))
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>, [nil, "chanel", "unsure"])
    func reviewed(seed: UInt64, unseen: String?) throws {
        let sightings = Self.sightings(seed, unseen: unseen)
        let report = try report(
            sightings, since: "4w", by: .week,
            adjustment: Self.adjustment(of: sightings, reviews: Self.reviews(sightings)))
        try check(report, method: "reviewed", Self.expanded(sightings, sightings), tolerance: 1e-6)
        #expect(report.unreviewed == [unseen].compactMap(\.self))
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(report.json.text.utf8)) as? [String: Any])
        #expect(json["reviewed"] as? Int == sightings.count { $0.truth != nil })
        let lines = report.text(width: 80).split(separator: "\n").map(String.init)
        let table = try #require(lines.firstIndex { $0.contains("ADJUSTED") })
        for brand in try #require(json["brands"] as? [[String: Any]]) {
            let name = try #require(brand["brand"] as? String)
            let seen = sightings.filter { $0.truth != nil && Self.category($0) == name }
            let wrong = seen.count { $0.truth != .brand(classes.firstIndex(of: name) ?? -1) }
            let rate = brand["false_positive_rate"] as? Double
            #expect(brand["reviewed"] as? Int == seen.count && (rate == nil) == seen.isEmpty)
            let line = try #require(lines[table...].first { $0.hasPrefix("\(name) ") })
            guard let rate else { continue }
            #expect(abs(rate - Double(wrong) / Double(seen.count)) < 1e-6)
            #expect(line.contains(" \(Format.percent(rate)) ") && line.hasSuffix(" \(seen.count)"))
            #expect(
                report.csv.dropFirst().contains {
                    $0.contains(",\(name),") && $0.hasSuffix(",\(TrendReport.csv(rate)),reviewed\n")
                })
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>) func heldOut(seed: UInt64) throws {
        var random = Generator(state: seed &* 31)
        var cells: [HeldOutPictures.Cell] = []
        for label in 0..<4 {
            for _ in 0..<Int.random(in: 25...60, using: &random) {
                let isRight = Int.random(in: 0..<10, using: &random) < 8
                cells.append(
                    HeldOutPictures.Cell(
                        label: label, predicted: isRight ? label : Int.random(in: 0..<4, using: &random),
                        step: Int.random(in: 8...20, using: &random), count: 1))
            }
        }
        let categories = Self.brands + ["other", "unsure"]
        let matrix = [0, 2, 3, 1].map { label in
            let own = cells.filter { $0.label == label }
            return categories.map { name in
                let hits = own.count {
                    Self.category(Sighting(strength: .strong, brand: $0.predicted, step: $0.step)) == name
                }
                return Double(hits) / Double(own.count)
            }
        }
        func expected(_ counted: [Sighting]) -> [String: Double] {
            let shares = categories.map { name in
                Double(counted.count { Self.category($0) == name }) / Double(counted.count)
            }
            let mix = Self.mix(matrix, shares)
            let known = mix[0..<3].reduce(0, +)
            return Dictionary(uniqueKeysWithValues: zip(Self.brands, mix.map { $0 / known }))
        }
        let sightings = Self.sightings(seed)
        let pictures = HeldOutPictures(cells, classes: classes, threshold: 0.6, part: "test")
        let report = try report(
            sightings, since: "4w", by: .week, adjustment: Self.adjustment(of: sightings, heldOut: pictures))
        try check(report, method: "held_out", expected(sightings), tolerance: 1e-5)
        let text = report.text(width: nil)
        #expect(text.contains("as if these pictures were like the model's \(cells.count) test pictures"))
        #expect(!text.contains("WRONG") && report.brands.allSatisfy { $0.falsePositives == nil })
    }

    @Test func reviewsComeFirstWhereTheyAreEnough() throws {
        let sightings = Self.sightings(3)
        let reviews = Self.reviews(sightings)
        let pictures = HeldOutPictures(
            (0..<4).map { HeldOutPictures.Cell(label: $0, predicted: $0, step: 20, count: 10) }, classes: classes,
            threshold: 0.6, part: "validation")
        #expect(Self.adjustment(of: sightings, reviews: reviews, heldOut: pictures).method == "reviewed")
        let few = Self.adjustment(of: sightings, reviews: Array(reviews.prefix(29)), heldOut: pictures)
        #expect(few.method == "held_out")
        let text = try report(sightings, since: "4w", adjustment: few).text(width: 400)
        #expect(
            text.contains(
                "like the model's 40 validation pictures, by which it was also chosen and which flatter it (least"))
        #expect(text.contains("29 pictures of 12 May to 8 June 2026 were reviewed, too few to adjust by (30)."))
    }

    /// The line names how many pictures, of which days, and what of the window they say nothing of.
    @Test func theLineSaysWhatWasReviewed() throws {
        let sightings = Self.sightings(5)
        func line(_ reviews: [ReviewSum]) throws -> String {
            try report(
                sightings, since: "4w",
                adjustment: Self.adjustment(of: sightings, reviews: reviews)
            ).adjustmentText
        }
        let longer = day("2026-01-01")..<day("2026-07-01")
        let whole = try line(Self.reviews(sightings, days: longer))
        let count = sightings.count { $0.truth != nil }
        #expect(
            whole.hasPrefix("Adjusted: by what \(count) reviewed pictures of 12 May to 8 June 2026 really show"))
        #expect(!whole.contains("drawn from"))
        func part(_ first: String, _ end: String) -> [ReviewSum] {
            let days = day(first)..<day(end)
            return Self.reviews(sightings.filter { $0.day.map(days.contains) == true }, days: days)
        }
        func share(_ sums: [ReviewSum]) -> String {
            let days = Set(sums.map(\.days))
            let covered = sightings.count { sighting in days.contains { $0.contains(sighting.day ?? $0.upperBound) } }
            return Format.percent(Double(covered) / Double(sightings.count))
        }
        let most = part("2026-05-10", "2026-05-20") + part("2026-05-22", "2026-06-07")
        let count24 = most.reduce(0) { $0 + $1.count }
        #expect(
            try line(most).hasPrefix("Adjusted: by what \(count24) reviewed pictures of 12 May to 6 June 2026 really"))
        #expect(
            try line(most).contains(
                "The days that they were drawn from have \(share(most)) of these sightings: as if the others were"))
        let few = part("2026-05-10", "2026-05-30")
        #expect(
            try line(few).contains(
                "pictures of 12 May to 29 May 2026 were reviewed: days with \(share(few)) of these sightings do not"))
        #expect(try line(few).hasPrefix("No adjusted shares: "))
        // One of the whole window is not mixed with one of a part of it, whose days would weigh more.
        #expect(try line(Self.reviews(sightings, days: longer) + few) == whole)
    }

    @Test func whyNothingIsAdjusted() throws {
        let sightings = Self.sightings(7)
        func text(_ adjustment: ShareAdjustment, classes names: [String] = classes) throws -> String {
            let report = try report(sightings, since: "4w", classes: names, adjustment: adjustment)
            #expect(report.json.text.contains(#""share_adjusted_method":null"#))
            #expect(report.brands.allSatisfy { $0.adjusted == nil && $0.falsePositives == nil })
            #expect(report.csv.dropFirst().allSatisfy { $0.hasSuffix(",,,,,\n") })
            return report.text(width: 400)
        }
        #expect(
            try text(Self.adjustment(of: sightings)).contains(
                "No adjusted shares: the model keeps no counts of held-out"))
        let closed = ["dior", "kelly", "chanel", "gucci<"]
        let untested = HeldOutPictures(
            [HeldOutPictures.Cell(label: 0, predicted: 0, step: 20, count: 9)], classes: classes, threshold: 0.6,
            part: "test")
        #expect(
            try text(Self.adjustment(of: sightings, heldOut: untested)).contains(
                "no picture of chanel, gucci<, _other was held out."))
        let told = try text(
            Self.adjustment(of: sightings, heldOut: untested, classes: closed), classes: closed)
        #expect(
            told.contains(/luxe@3 has seen nothing but its brands: .* So its own test cannot adjust these shares./))
        #expect(
            try text(
                Self.adjustment(of: sightings, reviews: Self.reviews(sightings), unit: .posts)
            ).contains(
                "No adjusted shares: they are of sightings, not of"))
    }

    /// A brand that the model never recognises at the threshold has no share that can be told.
    @Test func whatCannotBeToldIsNull() throws {
        let cells = (0..<4).map { HeldOutPictures.Cell(label: $0, predicted: $0, step: $0 < 2 ? 20 : 3, count: 30) }
        let pictures = HeldOutPictures(cells, classes: classes, threshold: 0.6, part: "test")
        let sightings = Self.sightings(2)
        let report = try report(
            sightings, since: "4w", adjustment: Self.adjustment(of: sightings, heldOut: pictures))
        #expect(report.brands.filter { $0.name != "dior" }.allSatisfy { $0.adjusted == nil })
    }
}
