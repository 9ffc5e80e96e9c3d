import Intake
import Queue
import Statistics

extension TrendReport {
    /// `trends --json`. `since` and `until` are the first and the last day that count; shares are fractions, `…_points`
    /// percentage points. What cannot be told is null.
    package var json: JSONValue {
        .object([
            ("since", .string(range.days.lowerBound.iso8601)), ("until", .string(range.days.last.iso8601)),
            ("by", .string(range.unit.rawValue)), ("unit", .string(unitNoun)), ("model", .string(model.description)),
            ("time_zone", .string(range.timeZone)), ("dates", .string(shown.rawValue)),
            ("threshold", JSONValue(threshold, decimals: 2)), ("has_other", .bool(hasOther)),
            ("recognised", .int(recognised)), ("other", .int(other)), ("unsure", .int(unsure)),
            ("undated", .int(undated)), ("weak", .int(weak)), ("unclassified", .int(unclassified)),
            ("window", json(of: coverage)), ("before", range.before.isEmpty ? .null : json(of: coverageBefore)),
            ("leader", leader), ("tied", tied), ("share_adjusted_method", JSONValue(adjustment.method)),
            ("share_adjusted_note", JSONValue(adjustmentText)), ("reviewed", .int(adjustment.reviewed.count)),
            ("brands", .array(brands.map(json(of:)))), ("buckets", .array(buckets.map(json(of:)))),
        ])
    }

    /// The brand that leads, where it can be told.
    var leader: JSONValue { if case .leads(let brand) = lead { .string(brandNames[brand]) } else { .null } }

    /// The two that come first, where it cannot be told which leads.
    var tied: JSONValue {
        guard case .tied(let first, let second) = lead else { return .null }
        return .array([.string(brandNames[first]), .string(brandNames[second])])
    }

    /// How well days are covered, for reports beside this one too.
    func json(of coverage: Coverage) -> JSONValue {
        .object([
            ("since", .string(coverage.days.lowerBound.iso8601)), ("until", .string(coverage.days.last.iso8601)),
            ("days", .int(coverage.days.count)), ("days_seen", .int(coverage.daysSeen)),
            ("recognised", .int(coverage.recognised)),
            ("remarks", .array(coverage.remarks.map { .string($0.rawValue) })),
        ])
    }

    func json(of brand: Brand) -> JSONValue {
        let difference = brand.change?.difference
        func points(_ fraction: Double?) -> JSONValue { JSONValue(fraction.map { $0 * 100 }, decimals: 4) }
        return .object([
            ("brand", .string(brand.name)), ("count", .int(brand.count)),
            ("share", JSONValue(brand.share?.value, decimals: 6)),
            ("share_low", JSONValue(brand.share?.interval?.low, decimals: 6)),
            ("share_high", JSONValue(brand.share?.interval?.high, decimals: 6)),
            ("share_adjusted", JSONValue(brand.adjusted?.value, decimals: 6)),
            ("share_adjusted_low", JSONValue(brand.adjusted?.interval?.low, decimals: 6)),
            ("share_adjusted_high", JSONValue(brand.adjusted?.interval?.high, decimals: 6)),
            ("false_positive_rate", JSONValue(brand.falsePositives?.value, decimals: 6)),
            ("false_positive_rate_low", JSONValue(brand.falsePositives?.interval?.low, decimals: 6)),
            ("false_positive_rate_high", JSONValue(brand.falsePositives?.interval?.high, decimals: 6)),
            ("reviewed", .int(brand.reviewed)),
            ("share_before", JSONValue(brand.shareBefore?.value, decimals: 6)),
            ("change_points", points(difference?.value)), ("change_low_points", points(difference?.interval?.low)),
            ("change_high_points", points(difference?.interval?.high)),
            ("verdict", range.before.isEmpty ? .null : JSONValue(brand.change?.verdict.rawValue)),
            ("smallest_visible_points", points(brand.smallestVisible)),
            ("texts", .int(brand.texts)), ("named", .int(brand.named)),
        ])
    }

    private func json(of bucket: Bucket) -> JSONValue {
        .object([
            ("name", .string(bucket.period.name)), ("start", .string(bucket.period.days.lowerBound.iso8601)),
            ("end", .string(bucket.period.days.last.iso8601)), ("complete", .bool(bucket.isComplete)),
            ("days", .int(bucket.coverage.days.count)), ("days_seen", .int(bucket.coverage.daysSeen)),
            ("recognised", .int(bucket.recognised)), ("other", .int(bucket.other)), ("unsure", .int(bucket.unsure)),
            ("remarks", .array(bucket.coverage.remarks.map { .string($0.rawValue) })),
            ("counts", .object(zip(brands, bucket.counts).map { ($0.name, .int($1)) })),
            ("shares", .object(zip(brands, bucket.shares).map { ($0.name, json(of: $1)) })),
        ])
    }

    private func json(of share: Estimate?) -> JSONValue {
        guard let share else { return .null }
        return .object([
            ("share", JSONValue(share.value, decimals: 6)),
            ("share_low", JSONValue(share.interval?.low, decimals: 6)),
            ("share_high", JSONValue(share.interval?.high, decimals: 6)),
        ])
    }

    /// `trends --csv`: its lines with their ends, one for each bucket and brand after the header. `share` is of the
    /// bucket's recognised, empty where there is none; `dates` is the strength of what is counted; `remarks` has words
    /// with blanks between them. What follows is of the whole window, the same in all of a brand's lines: what adjusts
    /// shares is known of no bucket alone.
    package var csv: [String] {
        var lines = [
            "start,brand,count,share,dates,name,end,complete,days,days_seen,recognised,other,unsure,weak,share_low,share_high,remarks,window_share,window_share_adjusted,window_share_adjusted_low,window_share_adjusted_high,false_positive_rate,adjusted_by\n"
        ]
        for bucket in buckets {
            for (index, brand) in brands.enumerated() {
                let share = bucket.shares[index]
                let fields = [
                    bucket.period.days.lowerBound.iso8601, Escaping.csv(brand.name), String(bucket.counts[index]),
                    TrendReport.csv(share?.value), shown.rawValue, Escaping.csv(bucket.period.name),
                    bucket.period.days.last.iso8601, String(bucket.isComplete), String(bucket.coverage.days.count),
                    String(bucket.coverage.daysSeen), String(bucket.recognised), String(bucket.other),
                    String(bucket.unsure), String(bucket.weak), TrendReport.csv(share?.interval?.low),
                    TrendReport.csv(share?.interval?.high),
                    bucket.coverage.remarks.map(\.rawValue).joined(separator: " "),
                    TrendReport.csv(brand.share?.value), TrendReport.csv(brand.adjusted?.value),
                    TrendReport.csv(brand.adjusted?.interval?.low), TrendReport.csv(brand.adjusted?.interval?.high),
                    TrendReport.csv(brand.falsePositives?.value),
                    adjustment.method ?? "",
                ]
                lines.append(fields.joined(separator: ",") + "\n")
            }
        }
        return lines
    }

    static func csv(_ fraction: Double?) -> String { fraction.map { Format.fixed($0, decimals: 4) } ?? "" }
}
