import Intake
import Queue

extension TrendReport {
    /// `trends --json`. `since` and `until` are the first and the last day that count. What needs the adjusted share is null.
    package var json: JSONValue {
        .object([
            ("since", .string(range.days.lowerBound.iso8601)),
            ("until", .string(range.days.upperBound.advanced(by: -1).iso8601)),
            ("by", .string(range.unit.rawValue)), ("unit", .string("sighting")), ("model", .string(model.description)),
            ("time_zone", .string(range.timeZone)), ("dates", .string(shown.rawValue)), ("other", .int(other)),
            ("unsure", .int(unsure)),
            ("undated", .int(undated)),
            ("weak", .int(weak)), ("unclassified", .int(unclassified)), ("brands", .array(brands.map(json(of:)))),
            ("buckets", .array(buckets.map(json(of:)))),
        ])
    }

    private func json(of brand: Brand) -> JSONValue {
        .object([
            ("brand", .string(brand.name)), ("count", .int(brand.count)),
            ("share", JSONValue(brand.share, decimals: 6)), ("share_low", .null),
            ("share_high", .null), ("share_adjusted", .null),
            ("change_points", JSONValue(brand.changePoints, decimals: 4)), ("verdict", .null),
        ])
    }

    private func json(of bucket: Bucket) -> JSONValue {
        .object([
            ("start", .string(bucket.start.iso8601)), ("complete", .bool(bucket.isComplete)),
            ("counts", .object(zip(brands, bucket.counts).map { ($0.name, .int($1)) })),
        ])
    }

    /// `trends --csv`: its lines with their ends, one for each bucket and brand after the header; `share` is of the bucket's
    /// recognised, empty where there is none; `dates`
    /// is the strength of what is counted.
    package var csv: [String] {
        var lines = ["start,brand,count,share,dates\n"]
        for bucket in buckets {
            for (index, brand) in brands.enumerated() {
                let share = bucket.share(of: index).map { Format.fixed($0, decimals: 4) } ?? ""
                lines.append(
                    "\(bucket.start.iso8601),\(Escaping.csv(brand.name)),\(bucket.counts[index]),\(share),\(shown.rawValue)\n"
                )
            }
        }
        return lines
    }
}
