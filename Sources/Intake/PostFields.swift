/// Where the records of a site or tool keep what a post says: for each field the places to look, in order, as keys into
/// each other with dots between. The first that holds something counts.
struct PostFields: Sendable {
    struct Keys: ExpressibleByArrayLiteral, Sendable {
        let paths: [[String]]

        init(arrayLiteral elements: String...) {
            paths = elements.map { $0.split(separator: ".").map(String.init) }
        }

        init(paths: [[String]]) {
            self.paths = paths
        }
    }

    var platform: String?
    var time: Keys = []
    var author: Keys = []
    var id: Keys = []
    /// The picture's number in its post, from 1.
    var number: Keys = []
    /// Of all of these, one after the other.
    var text: Keys = []
    /// Lists of words, or of objects with a word each; or one text. Handles among them are none.
    var hashtags: Keys = []
    var likes: Keys = []
    var comments: Keys = []
    var shares: Keys = []
    var views: Keys = []
    /// Whether clocks without a zone are UTC's; else they are the database's.
    var clocksAreUTC = true
    /// Of dates such as 01/05/2024; nil where such dates are none.
    var dayOrder: DayOrder?

    /// - source: Of its time.
    /// - text: What the post says, where that lies elsewhere.
    func post(
        in record: JSONNode, source: TimeSource, text more: String? = nil, _ context: IntakeContext
    ) -> Post {
        var post = Post(
            time: record.first(time) { PostTime($0, source, clocksAreUTC: clocksAreUTC, dayOrder: dayOrder, context) },
            platform: platform, id: record.first(id) { $0.text.flatMap(\.nonBlank) },
            place: record.first(number) { $0.int.flatMap { $0 > 0 ? $0 - 1 : nil } },
            author: record.first(author) { $0.text.flatMap(\.nonBlank) })
        post.engagement = Engagement(
            likes: record.first(likes, Self.count), comments: record.first(comments, Self.count),
            shares: record.first(shares, Self.count), views: record.first(views, Self.count))
        let texts = text.paths.compactMap { record.node(at: $0)?.string } + (more.map { [$0] } ?? [])
        let words = hashtags.paths.lazy.compactMap { record.node(at: $0) }.flatMap(Self.words)
        post.take(texts: texts, hashtags: Array(words), context)
        return post
    }

    /// A number of people; what is hidden is below 0 or absent.
    private static func count(_ node: JSONNode) -> Int? {
        (node.int ?? node.string.flatMap(PostText.count)).flatMap { $0 >= 0 ? $0 : nil }
    }

    private static func words(_ node: JSONNode) -> [String] {
        if let text = node.string { return PostText.list(of: text) }
        return node.elements.compactMap { element in
            element.string ?? ["text", "name", "tag"].lazy.compactMap { element[$0]?.string }.first
        }.filter { !$0.hasPrefix("@") }
    }
}

extension JSONNode {
    /// What lies at keys into each other, a number being an array's element; nil where nothing or null does.
    func node(at path: [String]) -> JSONNode? {
        var node = self
        for key in path {
            guard let next = node[key] ?? (node.kind == .array ? Int(key).flatMap { node[$0] } : nil) else {
                return nil
            }
            node = next
        }
        return node.isNull ? nil : node
    }

    /// What is made of the first that something can be made of.
    func first<T>(_ keys: PostFields.Keys, _ make: (JSONNode) -> T?) -> T? {
        for path in keys.paths {
            if let node = node(at: path), let made = make(node) { return made }
        }
        return nil
    }
}

extension PostTime {
    /// What a value of a dump says; nil where it says no time.
    /// - clocksAreUTC: Clocks without a zone are; else they are in the context's.
    init?(
        _ node: JSONNode, _ source: TimeSource, clocksAreUTC: Bool, dayOrder: DayOrder? = nil, _ context: IntakeContext
    ) {
        let text =
            node.kind == .number
            ? node.double.flatMap { TimeText(number: $0) } : node.string.flatMap { TimeText($0, dayOrder: dayOrder) }
        guard let text else { return nil }
        self.init(text.timestamp(in: context.zone, clocksAreUTC: clocksAreUTC), source)
    }
}

extension Post {
    /// Takes the hashtags and the brands out of what it says.
    /// - hashtags: That are given apart; with none, those in the texts count.
    mutating func take(texts: [String], hashtags given: [String], _ context: IntakeContext) {
        let texts = texts.map(PostText.plain)
        let words = given.isEmpty ? texts.flatMap(PostText.hashtags) : given
        hashtags = PostText.folded(words)
        hasText = !hashtags.isEmpty || texts.contains { $0.nonBlank != nil }
        if !context.brands.isEmpty {
            mentions = context.brands.named(in: (texts + hashtags).joined(separator: "\n"))
        }
    }
}

extension String {
    var nonBlank: String? {
        if let first = utf8.first, (0x21...0x7E).contains(first) { return self }
        return allSatisfy(\.isWhitespace) ? nil : self
    }
}
