import Foundation
import Intake
import Queue

/// Trends as they would be told over a heap of pictures: every sighting is looked at, whatever is asked.
extension State {
    /// A sighting that the filter leaves in, with its day where it is dated.
    private struct Seen {
        var sighting: Sighting
        var strength: DateStrength
        var day: CalendarDay?
        var brand: Int?
        var step: Int?
        var text: Int?
    }

    func trends(of model: ModelVersion, _ query: TrendQuery, timeZone: String) throws -> TrendWindow {
        var window = TrendWindow()
        for seen in try seen(model, query, isFiltered: false, timeZone: timeZone) where seen.brand != nil {
            guard let day = seen.day else { continue }
            window.firstDay[seen.strength] = min(day, window.firstDay[seen.strength] ?? day)
            window.newestDay[seen.strength] = max(day, window.newestDay[seen.strength] ?? day)
        }
        let here = try seen(model, query, isFiltered: true, timeZone: timeZone).filter {
            $0.day.map(query.days.contains) ?? query.includesUndated
        }
        for seen in here {
            window.sightings[seen.strength, default: 0] += 1
            if let day = seen.day { window.daily[seen.strength, default: [:]][day, default: 0] += 1 }
        }
        let strengths: Set<DateStrength> =
            query.dates == .any || !here.contains { $0.strength == .strong && $0.brand != nil }
            ? [.weak, .strong] : [.strong]
        for seen in here where seen.brand == nil && strengths.contains(seen.strength) {
            window.unclassified[seen.strength, default: 0] += 1
        }
        let counted = here.filter { $0.brand != nil && strengths.contains($0.strength) }
        for same in Dictionary(grouping: counted, by: { unit(of: $0, query.unit) }).values {
            let dates = same.compactMap { seen in seen.day.map { (seen.strength.rawValue, -$0.rawValue) } }
            guard let best = dates.max(by: <) else { continue }
            let strength = DateStrength(rawValue: best.0) ?? .undated
            let step = same.compactMap(\.step).max() ?? 0
            let text = same.compactMap(\.text).max() ?? 0
            let day = CalendarDay(rawValue: -best.1)
            let start =
                query.spans.isEmpty
                ? day : max(query.spans.filter { $0 <= day }.max() ?? query.days.lowerBound, query.days.lowerBound)
            window.sums.append(
                TrendSum(
                    day: start, strength: strength, brand: same[0].brand ?? 0,
                    confidenceStep: query.thresholdStep.map { step < $0 ? 0 : $0 } ?? step, count: 1,
                    named: text == 2 ? 1 : 0, texts: text > 0 ? 1 : 0))
        }
        window.sums = merged(window.sums)
        return window
    }

    func engagement(
        of model: ModelVersion, _ query: TrendQuery, strengths: Set<DateStrength>, threshold: Double, timeZone: String
    ) throws -> [EngagementRow] {
        let least = Int((threshold * 20).rounded())
        let classes = try self.model(model).classes
        let here = try seen(model, query, isFiltered: true, timeZone: timeZone).filter { seen in
            let engagement = seen.sighting.post.engagement
            return strengths.contains(seen.strength) && (seen.day.map(query.days.contains) ?? true)
                && seen.step.map { $0 >= least } == true && classes[seen.brand ?? 0] != otherClass
                && (engagement.likes != nil || engagement.comments != nil)
        }
        return Dictionary(grouping: here) { $0.brand ?? 0 }.sorted { $0.key < $1.key }.map {
            brand, rows -> EngagementRow in
            let posts = Dictionary(grouping: rows) { owner(of: $0, .posts) }.values.map { $0.map(\.sighting) }
            let likes = posts.compactMap { most($0, \.likes) }.sorted()
            let comments = posts.compactMap { most($0, \.comments) }.sorted()
            var byAuthor: [String: Int] = [:]
            for post in posts {
                let author = post.compactMap(\.author).first ?? "of \(post.map(\.number).min() ?? 0)"
                byAuthor[author, default: 0] += most(post, \.likes) ?? 0
            }
            let total = likes.reduce(0, +)
            return EngagementRow(
                brand: brand, posts: posts.count, likes: middle(likes), comments: middle(comments),
                mostLikedAuthorShare: total == 0 ? nil : Double(byAuthor.values.max() ?? 0) / Double(total))
        }
    }

    private func most(_ post: [Sighting], _ figure: KeyPath<Engagement, Int?>) -> Int? {
        post.compactMap { $0.post.engagement[keyPath: figure] }.max()
    }

    private func middle(_ sorted: [Int]) -> Double? {
        if sorted.isEmpty { return nil }
        return sorted.count % 2 == 1
            ? Double(sorted[sorted.count / 2]) : Double(sorted[sorted.count / 2 - 1] + sorted[sorted.count / 2]) / 2
    }

    /// What those that count once have in common.
    private func unit(of seen: Seen, _ unit: CountingUnit) -> String {
        "\(owner(of: seen, unit)), brand \(seen.brand ?? -1)"
    }

    private func owner(of seen: Seen, _ unit: CountingUnit) -> String {
        let (post, alone) = (seen.sighting.post, "sighting \(seen.sighting.number)")
        return switch unit {
        case .sightings: alone
        case .posts: post.id.map { "\(post.platform ?? "") \($0)" } ?? alone
        case .authors: "\(seen.sighting.author ?? alone) on \(seen.day?.rawValue ?? 0)"
        }
    }

    private func seen(
        _ model: ModelVersion, _ query: TrendQuery, isFiltered: Bool, timeZone: String
    ) throws -> [Seen] {
        let classes = try self.model(model).classes
        if let job = query.job { _ = try self.job(job) }
        return sightings.values.filter { sighting in
            (query.job.map(sighting.jobs.contains) ?? true) && (!isFiltered || query.filter.leavesIn(sighting))
        }.map { sighting -> Seen in
            let strength = DateStrength(sighting.time?.source)
            let day = strength == .undated ? nil : sighting.time.map { self.day(of: $0.timestamp, timeZone) }
            guard let answer = sighting.classes[model] else {
                return Seen(sighting: sighting, strength: strength, day: day)
            }
            let post = sighting.post
            let brand = classes[answer.brand]
            let isNamed =
                !brand.hasPrefix("_")
                && post.mentions.contains {
                    $0.compare(brand, options: [.caseInsensitive, .diacriticInsensitive]) == .orderedSame
                }
            let hasText = post.hasText || !post.hashtags.isEmpty || !post.mentions.isEmpty
            return Seen(
                sighting: sighting, strength: strength, day: day, brand: answer.brand, step: answer.step,
                text: isNamed ? 2 : hasText ? 1 : 0)
        }
    }

    private func day(of time: Timestamp, _ timeZone: String) -> CalendarDay {
        let seconds = Double(time.milliseconds) / 1000
        let offset = TimeZone(identifier: timeZone)?.secondsFromGMT(for: Date(timeIntervalSince1970: seconds)) ?? 0
        return CalendarDay(rawValue: Int((seconds + Double(offset)) / 86400 + 100_000) - 100_000)
    }
}

extension TrendFilter {
    fileprivate func leavesIn(_ sighting: Sighting) -> Bool {
        let post = sighting.post
        if let author = sighting.author, excludedAuthors.contains(author) { return false }
        if let authors, !(sighting.author.map(authors.contains) ?? false) { return false }
        if !platforms.isEmpty, !platforms.contains(post.platform ?? "none") { return false }
        if !hashtags.isEmpty, Set(hashtags).isDisjoint(with: post.hashtags) { return false }
        return Set(excludedHashtags).isDisjoint(with: post.hashtags)
    }
}

/// One sum for each day, strength, brand and step, whatever the author groups, in order.
func merged(_ sums: [TrendSum]) -> [TrendSum] {
    var counts: [TrendSum: TrendSum] = [:]
    for sum in sums {
        var key = sum
        (key.authorGroup, key.count, key.named, key.texts) = (0, 0, 0, 0)
        counts[key, default: key].count += sum.count
        counts[key, default: key].named += sum.named
        counts[key, default: key].texts += sum.texts
    }
    return counts.values.sorted {
        ($0.strength.rawValue, $0.day.rawValue, $0.brand, $0.confidenceStep)
            < ($1.strength.rawValue, $1.day.rawValue, $1.brand, $1.confidenceStep)
    }
}
