package import Foundation
package import Intake

/// What `bagq inspect` shows.
package struct InspectReport {
    private let survey: DumpSurvey
    private let source: Path
    private let zone: TimeZone
    private let zoneName: String

    private let remedies: [String: String]

    /// - zoneName: As the database calls it.
    /// - remedies: What to do about pictures that this build does not read, by extension: half a sentence.
    package init(
        _ survey: DumpSurvey, source: Path, zone: TimeZone, zoneName: String, remedies: [String: String]
    ) {
        (self.survey, self.source, self.zone, self.zoneName, self.remedies) = (survey, source, zone, zoneName, remedies)
    }

    private var undated: Int { survey.timeSources[nil] ?? 0 }

    /// One fact a line.
    package var text: String {
        var facts = [("source", source.description), ("pictures", Format.count(survey.pictures))]
        for (format, count) in Self.byCount(survey.findings.described) {
            facts.append(("", "\(Format.count(count)) described by \(format)"))
        }
        if survey.findings.undescribed > 0 {
            facts.append(("", "\(Format.count(survey.findings.undescribed)) by nothing but themselves"))
        }
        if survey.findings.records > 0 {
            facts.append(
                (
                    "records",
                    "\(Format.count(survey.findings.records)) name pictures, \(Format.count(survey.findings.recordsWithoutPicture)) of them none that is here"
                ))
        }
        if let earliest = survey.earliest, let latest = survey.latest {
            facts.append(
                (
                    "posted",
                    "\(CalendarDay(earliest, in: zone).iso8601) to \(CalendarDay(latest, in: zone).iso8601) (\(zoneName))"
                ))
        }
        for source in TimeSource.allCases {
            guard let count = survey.timeSources[source] else { continue }
            facts.append(("", "\(share(count)) dated by \(Self.explained(source))"))
        }
        if undated > 0 { facts.append(("", "\(share(undated)) dated by the picture itself, if at all")) }
        if !survey.platforms.isEmpty {
            let platforms = Self.byCount(survey.platforms).map { "\($0) \(Format.count($1))" }
            facts.append(("platforms", platforms.joined(separator: ", ")))
        }
        if survey.authors > 0 { facts.append(("authors", Format.count(survey.authors))) }
        if survey.reposts > 0 { facts.append(("reposts", Format.count(survey.reposts))) }
        if survey.withoutSighting > 0 {
            facts.append(
                ("no posts", "\(Format.count(survey.withoutSighting)) (thumbnails, profile pictures): not in trends"))
        }
        if !survey.mentions.isEmpty {
            let brands = Self.byCount(survey.mentions).map { "\($0) \(Format.count($1))" }
            facts.append(("named", brands.joined(separator: ", ")))
        }
        if !survey.leftOut.isEmpty {
            let reasons = Self.byCount(survey.leftOut).map { "\(Format.count($1)) \($0)" }
            facts.append(("left out", reasons.joined(separator: ", ")))
        }
        var lines = facts.map { name, value in
            name + String(repeating: " ", count: 11 - name.count) + Escaping.terminal(value)
        }
        lines += warnings.map { "warning: \(Escaping.terminal($0))" }
        lines += survey.findings.problems.map { "problem: \(Escaping.terminal("\($0)"))" }
        return lines.joined(separator: "\n")
    }

    /// The same for programs.
    package var json: String {
        let findings = survey.findings
        return JSONValue.object([
            ("source", .string(source.description)), ("pictures", .int(survey.pictures)),
            ("formats", Self.object(findings.described)), ("undescribed", .int(findings.undescribed)),
            ("records", .int(findings.records)), ("records_without_picture", .int(findings.recordsWithoutPicture)),
            ("earliest", JSONValue(survey.earliest)), ("latest", JSONValue(survey.latest)),
            (
                "time_sources",
                .object(
                    TimeSource.allCases.compactMap { source in
                        survey.timeSources[source].map { (source.rawValue, .int($0)) }
                    } + [("picture", .int(undated))])
            ),
            ("platforms", Self.object(survey.platforms)), ("authors", .int(survey.authors)),
            ("reposts", .int(survey.reposts)), ("without_sighting", .int(survey.withoutSighting)),
            ("mentions", Self.object(survey.mentions)), ("unreadable", Self.object(survey.unreadable)),
            ("left_out", Self.object(survey.leftOut)), ("warnings", .array(warnings.map { .string($0) })),
            ("problems", .array(findings.problems.map { .string("\($0)") })),
        ]).text
    }

    private var warnings: [String] {
        var warnings: [String] = []
        for (format, count) in Self.byCount(survey.unreadable) {
            warnings.append(
                "\(Format.count(count, "picture")) named .\(format), which this build does not read; \(remedies[format] ?? "convert them to JPEG")"
            )
        }
        for (brands, places) in [(survey.brandFolders, "folders"), (survey.brandHashtags, "hashtags")] {
            let count = brands.values.reduce(0, +)
            guard count > 0 else { continue }
            let names = Self.byCount(brands).map(\.0).joined(separator: ", ")
            warnings.append(
                "\(places) are called after brands (\(names)), \(share(count)) of the pictures: shares will show what was collected, not what is worn"
            )
        }
        if survey.pictures > 0, survey.earliest == nil {
            warnings.append("nothing tells when these were posted: trends leave out what only its file's date dates")
        }
        return warnings
    }

    private func share(_ count: Int) -> String {
        survey.pictures == 0 ? "0 %" : Format.percent(Double(count) / Double(survey.pictures))
    }

    private static func explained(_ source: TimeSource) -> String {
        switch source {
        case .sidecar: "a sidecar"
        case .manifest: "a manifest"
        case .id: "the post's id"
        case .name: "the file's name"
        case .exif, .mtime, .none: source.rawValue
        }
    }

    /// The most frequent first.
    private static func byCount(_ counts: [String: Int]) -> [(String, Int)] {
        counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
    }

    private static func object(_ counts: [String: Int]) -> JSONValue {
        .object(byCount(counts).map { ($0, .int($1)) })
    }
}
