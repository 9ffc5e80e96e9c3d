import Intake
package import Queue

extension TrendQuery {
    /// What is counted otherwise than usual and what is left out, a sentence each, safe for a terminal.
    package var rules: [String] {
        var rules: [String] = []
        switch unit {
        case .sightings: break
        case .posts:
            rules.append(
                "A post counts once for each brand in its pictures, with the highest confidence; a picture of no known post counts as one."
            )
        case .authors:
            rules.append(
                "An author counts once for each brand and day, with the highest confidence; a picture of no known author counts as one."
            )
        }
        if let job { rules.append("Only what job \(job) showed.") }
        if !filter.platforms.isEmpty { rules.append("Only posts on \(listed(filter.platforms, "or")).") }
        if !filter.hashtags.isEmpty {
            rules.append("Only posts with the hashtag \(listed(filter.hashtags.map { "#\($0)" }, "or")).")
        }
        if !filter.excludedHashtags.isEmpty {
            rules.append(
                "Left out: posts with the hashtag \(listed(filter.excludedHashtags.map { "#\($0)" }, "or")).")
        }
        if !filter.excludedAuthors.isEmpty {
            rules.append("Left out: posts by \(listed(filter.excludedAuthors, "and")).")
        }
        return rules
    }
}

/// "a, b and c"; of many the first few, and how many more.
private func listed(_ words: [String], _ junction: String) -> String {
    let shown = words.prefix(words.count > 6 ? 5 : 6).map(Escaping.terminal)
    if words.count > shown.count {
        return "\(shown.joined(separator: ", ")) \(junction) \(Format.count(words.count - shown.count)) more"
    }
    guard let last = shown.last, shown.count > 1 else { return shown.joined() }
    return "\(shown.dropLast().joined(separator: ", ")) \(junction) \(last)"
}
