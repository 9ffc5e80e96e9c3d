/// The sites whose ids or whose downloads' layout bagq knows. The raw values are gallery-dl's names for them.
package enum Platform: String, CaseIterable, Sendable {
    case twitter, instagram, mastodon, bluesky, tiktok, reddit, pinterest, tumblr, flickr, youtube, facebook

    /// What a folder or a record calls it, whatever the case; X too is Twitter.
    package init?(named name: Span<UInt8>) {
        for platform in Platform.allCases where name.equals(platform.name) {
            self = platform
            return
        }
        guard name.equals("x") || name.equals("x.com") else { return nil }
        self = .twitter
    }

    /// As for bytes.
    package init?(named name: String) {
        self.init(named: name.utf8.span)
    }

    private var name: StaticString {
        switch self {
        case .twitter: "twitter"
        case .instagram: "instagram"
        case .mastodon: "mastodon"
        case .bluesky: "bluesky"
        case .tiktok: "tiktok"
        case .reddit: "reddit"
        case .pinterest: "pinterest"
        case .tumblr: "tumblr"
        case .flickr: "flickr"
        case .youtube: "youtube"
        case .facebook: "facebook"
        }
    }
}

extension Platform {
    /// The time in a post's or a picture's id, of source `.id`; nil where the platform's ids hold none, and for what is
    /// none of its ids.
    ///
    /// Instagram's may be numbers or shortcodes. Nothing here can tell one platform's numbers from another's.
    package func time(ofID id: Span<UInt8>) -> Timestamp? {
        switch self {
        case .twitter:
            // Before November 2010 they were counted.
            guard let id = id.decimal, id >= 30_000_000_000 else { return nil }
            return moment(id >> 22 + 1_288_834_974_657)
        case .instagram: return Platform.instagramTime(id)
        case .mastodon:
            // Shorter ones are counted.
            guard (17...18).contains(id.count), let id = id.decimal else { return nil }
            return moment(id >> 16)
        case .bluesky: return id.timestampIdentifier.flatMap { moment($0 >> 10 / 1000) }
        case .tiktok:
            guard id.count == 19, let id = id.decimal else { return nil }
            return moment(id >> 32 * 1000)
        case .reddit, .pinterest, .tumblr, .flickr, .youtube, .facebook: return nil
        }
    }

    /// As for bytes.
    package func time(ofID id: String) -> Timestamp? { time(ofID: id.utf8.span) }

    /// The number that an Instagram shortcode (`DbktPO1Eopi`) stands for; nil for what is no shortcode. A private
    /// post's is longer: what follows the first 11 letters is its key.
    package static func instagramID(shortcode: Span<UInt8>) -> UInt64? {
        guard shortcode.count > 0 else { return nil }
        var id: UInt64 = 0
        for i in 0..<shortcode.count {
            guard let digit = shortcode[i].base64URL else { return nil }
            if i >= 11 { continue }
            guard id >> 58 == 0 else { return nil }
            id = id << 6 | UInt64(digit)
        }
        return id
    }

    private static func instagramTime(_ text: Span<UInt8>) -> Timestamp? {
        var id: UInt64?
        if ByteScanner(text).digitCount >= 15 {
            // `<post>_<owner>`
            let end = text.firstIndex(of: UInt8(ascii: "_")) ?? text.count
            id = text.extracting(0..<end).decimal
        } else {
            id = instagramID(shortcode: text)
        }
        // Below, they were counted. Between, they are the Graph API's, which hold no time: it would be September 2011.
        guard let id, id >= 1_000_000_000_000_000, !(17_500_000_000_000_000..<19_000_000_000_000_000).contains(id)
        else { return nil }
        return moment(id >> 23 + 1_314_220_021_721)
    }
}

/// Nil outside of the years that have such ids.
private func moment(_ milliseconds: UInt64) -> Timestamp? {
    // 2010-01-01 and 2100-01-01.
    guard (1_262_304_000_000..<4_102_444_800_000).contains(milliseconds) else { return nil }
    return Timestamp(milliseconds: Int64(milliseconds))
}

extension Span<UInt8> {
    /// The number, where all bytes are digits and it fits.
    var decimal: UInt64? {
        guard (1...20).contains(count) else { return nil }
        var value: UInt64 = 0
        for i in 0..<count {
            guard self[i].isDigit else { return nil }
            let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, isTooLargeToo) = product.addingReportingOverflow(UInt64(self[i] - UInt8(ascii: "0")))
            if isTooLarge || isTooLargeToo { return nil }
            value = sum
        }
        return value
    }

    /// An AT Protocol TID's 63 bits: microseconds << 10 | clock.
    fileprivate var timestampIdentifier: UInt64? {
        guard count == 13 else { return nil }
        var value: UInt64 = 0
        for i in 0..<count {
            let digit: UInt8
            switch self[i] {
            case UInt8(ascii: "2")...UInt8(ascii: "7"): digit = self[i] - UInt8(ascii: "2")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = self[i] - UInt8(ascii: "a") + 6
            default: return nil
            }
            guard value >> 59 == 0 else { return nil }
            value = value << 5 | UInt64(digit)
        }
        return value
    }

    func firstIndex(of byte: UInt8) -> Int? {
        for i in 0..<count where self[i] == byte { return i }
        return nil
    }

    func lastIndex(of byte: UInt8) -> Int? {
        var i = count
        while i > 0 {
            i -= 1
            if self[i] == byte { return i }
        }
        return nil
    }

    /// Whether the bytes are the word, whatever their case.
    /// - word: ASCII, in lower case.
    func equals(_ word: StaticString) -> Bool {
        var scanner = ByteScanner(self)
        return count == word.utf8CodeUnitCount && scanner.skip(word)
    }
}

extension UInt8 {
    fileprivate var base64URL: UInt8? {
        switch self {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): self - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): self - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0") + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
