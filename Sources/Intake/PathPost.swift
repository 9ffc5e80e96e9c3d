/// What a picture's path says of its post, where its folders and its name are laid out as gallery-dl, instaloader,
/// yt-dlp, Mastodon or X's archive lay them out: for dumps whose records are missing.
package struct PathPost: Hashable, Sendable {
    package var post: Post
    /// From the post's or the picture's id, of source `.id`.
    package var time: Timestamp?
}

extension PathPost {
    /// Nil where no folder names a platform, or the name is none of that platform's.
    /// - path: With all the folders that are known, also the source's own: someone may submit `twitter/someone` itself.
    package init?(path: Span<UInt8>) {
        let layout = Layout(path)
        guard
            let post = layout.namedPlatform() ?? layout.archivedTweet() ?? layout.mastodonMedia()
                ?? layout.instaloader()
        else { return nil }
        self = post
    }

    /// As for bytes.
    package init?(path: Path) {
        self.init(path: path.bytes.span)
    }
}

/// A path, split into its folders and its name.
private struct Layout: ~Escapable {
    /// Up to the name.
    let folders: Span<UInt8>
    /// The name up to its last dot.
    let stem: Span<UInt8>

    @_lifetime(copy path)
    init(_ path: Span<UInt8>) {
        let start = path.lastIndex(of: Path.separator).map { $0 + 1 } ?? 0
        let name = path.extracting(start..<path.count)
        folders = path.extracting(0..<max(start - 1, 0))
        stem = name.extracting(0..<(name.lastIndex(of: UInt8(ascii: ".")) ?? name.count))
    }

    // MARK: Folders

    /// A folder from the innermost, which is 0; nil beyond the outermost.
    private func folder(_ depth: Int) -> String? { range(depth).flatMap { folders.extracting($0).text } }

    private func range(_ depth: Int) -> Range<Int>? {
        var end = folders.count
        var left = depth
        while end > 0 {
            let start = folders.extracting(0..<end).lastIndex(of: Path.separator).map { $0 + 1 } ?? 0
            if left == 0 { return start..<end }
            left -= 1
            end = start - 1
        }
        return nil
    }

    private func isFolder(_ depth: Int, _ name: StaticString) -> Bool {
        range(depth).map { folders.extracting($0).equals(name) } ?? false
    }

    /// The innermost folder that names a platform, and its depth.
    private func platform() -> (Platform, depth: Int)? {
        var depth = 0
        while depth < 16, let range = range(depth) {
            // One that is called x is hardly about Twitter.
            if range.count > 1, let platform = Platform(named: folders.extracting(range)) { return (platform, depth) }
            depth += 1
        }
        return nil
    }

    // MARK: gallery-dl and yt-dlp

    func namedPlatform() -> PathPost? {
        guard let (platform, depth) = platform() else { return nil }
        // A folder further down is a search, a board or an album.
        let user = depth == 1 ? folder(0) : nil
        let fields = stem.lastFields()
        switch platform {
        case .twitter:
            // <tweet>_<num>
            if fields.count == 2, let post = post(.twitter, fields.middle, place: fields.last, author: user) {
                return post
            }
        case .instagram:
            // [<post>_]<media>
            if fields.count <= 2, stem.extracting(fields.last).count >= 15,
                let post = post(.instagram, fields.middle, place: nil, author: user),
                post.time != nil, stem.extracting(fields.last).decimal != nil
            {
                return post
            }
        case .mastodon:
            // <instance>_<post>_<media>, in a folder of the instance and one of the user
            if fields.count >= 3, stem.extracting(fields.last).decimal != nil {
                return post(.mastodon, fields.middle, place: nil, author: depth == 2 ? folder(0) : nil)
            }
        case .bluesky:
            // <time>_<post>_<num>
            if fields.count >= 3, let post = post(.bluesky, fields.middle, place: fields.last, author: user),
                post.time != nil
            {
                return post
            }
        case .tumblr:
            // tumblr_<blog>_<post>_<num>
            if fields.count >= 4, isStemNamed("tumblr_") {
                return post(.tumblr, fields.middle, place: fields.last, author: user)
            }
        case .pinterest:
            // pinterest_<pin>[_<media>], in a folder of the board, whose owner need not be the author
            if isStemNamed("pinterest_"), fields.count == 2 || fields.count == 3 {
                return post(.pinterest, fields.count == 2 ? fields.last : fields.middle, place: nil, author: nil)
            }
        case .flickr:
            if isStemNamed("flickr_"), fields.count == 2 { return post(.flickr, fields.last, place: nil, author: user) }
        case .reddit:
            return redditPost()
        case .tiktok:
            // <post>[_<num>] <title>
            var scanner = ByteScanner(stem)
            let id = 0..<scanner.digitCount
            scanner.position = id.upperBound
            let place = scanner.skip(UInt8(ascii: "_")) ? scanner.number(1...3) : nil
            if scanner.isAtEnd || scanner.next == UInt8(ascii: " "), platform.time(ofID: stem.extracting(id)) != nil {
                return made(.tiktok, id, place: max((place ?? 1) - 1, 0), author: user)
            }
        case .youtube, .facebook: break
        }
        return bracketedPost(platform)
    }

    /// `1abcxyz A title`, `1abcxyz 02 A title`
    private func redditPost() -> PathPost? {
        guard let blank = stem.firstIndex(of: UInt8(ascii: " ")), (5...8).contains(blank) else { return nil }
        for i in 0..<blank where !stem[i].isDigit && !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains(stem[i]) {
            return nil
        }
        var scanner = ByteScanner(stem, at: blank + 1)
        let number = scanner.number(2...2)
        let place = scanner.next == UInt8(ascii: " ") ? number : nil
        return made(.reddit, 0..<blank, place: max((place ?? 1) - 1, 0), author: nil)
    }

    /// yt-dlp's `A title [id]`
    private func bracketedPost(_ platform: Platform) -> PathPost? {
        guard stem.count > 3, stem[stem.count - 1] == UInt8(ascii: "]"),
            let bracket = stem.lastIndex(of: UInt8(ascii: "["))
        else { return nil }
        let id = bracket + 1..<stem.count - 1
        let isID =
            switch platform {
            case .youtube: id.count == 11 && Platform.instagramID(shortcode: stem.extracting(id)) ?? 1 > 0
            default: platform.time(ofID: stem.extracting(id)) != nil
            }
        return isID ? made(platform, id, place: 0, author: nil) : nil
    }

    // MARK: Others

    /// `tweets_media/<tweet>-<name>`, in X's archives.
    func archivedTweet() -> PathPost? {
        guard
            isFolder(0, "tweets_media") || isFolder(0, "tweet_media") || isFolder(0, "community_tweet_media")
                || isFolder(0, "deleted_tweets_media"),
            let dash = stem.firstIndex(of: UInt8(ascii: "-")), stem.extracting(0..<dash).decimal != nil
        else { return nil }
        return made(.twitter, 0..<dash, place: 0, author: nil)
    }

    /// `media_attachments/files/110/285/480/…/original/<name>`: the picture's id, in threes, which tells the time but
    /// not the post.
    func mastodonMedia() -> PathPost? {
        var depth = 0
        var id: UInt64 = 0
        var weight: UInt64 = 1
        var count = 0
        while depth < 16, let range = range(depth) {
            let folder = folders.extracting(range)
            if folder.count == 3, let number = folder.decimal {
                guard count < 6 else { return nil }
                id += number * weight
                weight *= 1000
                count += 1
            } else if count > 0 {
                guard folder.equals("files"), isFolder(depth + 1, "media_attachments") else { return nil }
                break
            } else if depth > 0 {
                return nil
            }
            depth += 1
        }
        guard count == 6, let time = Platform.mastodon.time(ofID: String(id)) else { return nil }
        return PathPost(post: Post(platform: Platform.mastodon.rawValue), time: time)
    }

    /// `<profile>/2024-05-01_12-00-00_UTC[_2]`: instaloader names no platform, but nobody else names pictures so.
    /// Pictures of profiles, which go on after that, are no posts.
    func instaloader() -> PathPost? {
        let date = "0000-00-00_00-00-00".utf8.count
        guard stem.count >= date + 4, case .moment? = TimeText(fileName: stem.extracting(0..<date + 4)) else {
            return nil
        }
        var scanner = ByteScanner(stem, at: date)
        guard scanner.skip("_utc") else { return nil }
        var place = 1
        if !scanner.isAtEnd {
            guard scanner.skip(UInt8(ascii: "_")), let number = scanner.number(1...2), scanner.isAtEnd else {
                return nil
            }
            place = max(number, 1)
        }
        return PathPost(
            post: Post(platform: Platform.instagram.rawValue, place: place - 1, author: instagramProfile), time: nil)
    }

    /// The innermost folder, where it can be a profile's: not a hashtag's, a place's or a feed's.
    private var instagramProfile: String? {
        guard let range = range(0), range.count <= 30 else { return nil }
        for i in range {
            let byte = folders[i]
            guard byte.isDigit || byte.isLetter || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") else {
                return nil
            }
        }
        return folder(0)
    }

    // MARK: Posts

    private func isStemNamed(_ word: StaticString) -> Bool {
        var scanner = ByteScanner(stem)
        return scanner.skip(word)
    }

    /// - id: Digits; Bluesky's are letters too.
    /// - place: From 1, as downloaders count.
    private func post(_ platform: Platform, _ id: Range<Int>, place: Range<Int>?, author: String?) -> PathPost? {
        guard platform == .bluesky || stem.extracting(id).decimal != nil else { return nil }
        var number = 1
        if let place {
            guard place.count <= 4, let written = stem.extracting(place).decimal else { return nil }
            number = max(Int(written), 1)
        }
        return made(platform, id, place: number - 1, author: author)
    }

    private func made(_ platform: Platform, _ id: Range<Int>, place: Int, author: String?) -> PathPost? {
        guard let text = stem.extracting(id).text else { return nil }
        return PathPost(
            post: Post(platform: platform.rawValue, id: text, place: place, author: author),
            time: platform.time(ofID: stem.extracting(id)))
    }
}

extension Span<UInt8> {
    /// The bytes as text, where they are UTF-8 and any.
    fileprivate var text: String? {
        guard !isEmpty, let text = try? UTF8Span(validating: self) else { return nil }
        return String(copying: text)
    }

    /// How many fields `_` separates, the last of them, and the one before it; a lone field is both.
    fileprivate func lastFields() -> (count: Int, middle: Range<Int>, last: Range<Int>) {
        guard let last = lastIndex(of: UInt8(ascii: "_")) else { return (1, 0..<count, 0..<count) }
        var borders = 0
        for i in 0..<count where self[i] == UInt8(ascii: "_") { borders += 1 }
        let middle = extracting(0..<last).lastIndex(of: UInt8(ascii: "_")).map { $0 + 1 } ?? 0
        return (borders + 1, middle..<last, last + 1..<count)
    }
}
