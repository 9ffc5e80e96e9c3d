import Foundation
import Testing

@testable import Intake

/// Real and documented dumps: what is known of each of their pictures, to the last field. They lie in `../shared`, and
/// without it nothing is tested here.
@Suite(.enabled(if: DumpSample.isThere, "there is no ../shared/data/dumps"))
struct DumpSampleTests {
    @Test(arguments: DumpSample.all) func everyPictureIsKnown(_ sample: DumpSample) throws {
        let zone = try #require(TimeZone(identifier: "Europe/Paris"))
        var lister = try SourceLister(
            source: DumpSample.shared.appending(Path(sample.source)), cursor: nil, leftOut: [:],
            context: IntakeContext(zone: zone))
        var found: [String] = []
        while let batch = try lister.next(limit: 3) { found += batch.references.map(DumpSample.row) }
        #expect(found == sample.rows)
        #expect(lister.findings.problems.map(\.description) == sample.problems)
    }
}

struct DumpSample: Sendable, CustomTestStringConvertible {
    static let shared: Path = {
        let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL
        return Path(package.appending(path: "../shared").standardizedFileURL.path(percentEncoded: false))
    }()
    static let isThere = FileManager.default.fileExists(atPath: shared.appending(Path("data/dumps")).description)

    var source: String
    /// As `row` writes them.
    var rows: [String]
    var problems: [String] = []

    var testDescription: String { source }

    /// `path | time source | platform id place author | #hashtags | likes comments shares views | marks`; `-` for what
    /// is not known.
    static func row(_ reference: PictureReference) -> String {
        let post = reference.post
        let engagement = post.engagement
        let counts = [engagement.likes, engagement.comments, engagement.shares, engagement.views]
        var marks: [String] = post.isRepost ? ["repost"] : []
        if post.role != .picture { marks.append(post.role.rawValue) }
        let time: String = post.time.map { "\($0.timestamp.iso8601) \($0.source)" } ?? "-"
        let whose: [String?] = [post.platform, post.id, post.place.map { String($0) }, post.author]
        let parts: [String] = [
            reference.place.shown.description, time, whose.map { $0 ?? "-" }.joined(separator: " "),
            post.hashtags.map { "#" + $0 }.joined(separator: " "),
            counts.map { count -> String in count.map { String($0) } ?? "-" }.joined(separator: " "),
            marks.joined(separator: " "),
        ]
        return parts.joined(separator: " | ")
    }

    static let all: [DumpSample] = [galleryDL] + sidecars + tables + manifests

    static let galleryDL = DumpSample(
        source: "data/dumps/gallery_dl_constructed",
        rows: [
            "gallery-dl/bluesky/alice.bsky.social/2025-05-06T17:24:41_3lojfm7aaqk26_1.jpg | 2025-05-06T17:24:41.000Z sidecar | bluesky 3lojfm7aaqk26 0 alice.bsky.social | #bag | 30 1 2 - | ",
            "gallery-dl/instagram/agentverseinsta/3955281333542808561_3955281333542808571.jpg | 2026-08-03T03:05:01.000Z sidecar | instagram 3955281333542808561 0 agentverseinsta | #café #coding | 42311 - - - | ",
            "gallery-dl/instagram/agentverseinsta/3955281333542808561_3955281333542808572.jpg | 2026-08-03T03:05:01.000Z sidecar | instagram 3955281333542808561 1 agentverseinsta | #café #coding | 42311 - - - | ",
            "gallery-dl/pinterest/someuser/boardname/pinterest_672584525610478245.jpg | 2022-02-09T20:32:10.000Z sidecar | pinterest 672584525610478245 0 creator |  | 13 0 1454 - | repost",
            "gallery-dl/reddit/aww/1abcxyz A public submission.jpg | 2026-05-28T20:26:40.000Z sidecar | reddit 1abcxyz - arker_fixture |  | 24518 812 - - | ",
            "gallery-dl/tumblr/blogname/tumblr_blogname_654953419288821760_01.jpg | 2021-06-25T19:02:33.000Z sidecar | tumblr 654953419288821760 0 blogname | #bag #leather | 1337 - - - | ",
            "gallery-dl/twitter/arkerfixture/1929384756102938112_1.jpg | 2025-06-02T03:49:06.000Z sidecar | twitter 1929384756102938112 0 arkerfixture | #archiving | 8123 204 1180 100000 | ",
            "gallery-dl/twitter/arkerfixture/1929384756102938999_1.jpg | 2025-06-01T02:20:13.000Z sidecar | twitter 1929384756102938999 0 someoneelse | #archiving | 8123 204 1180 100000 | repost",
        ])
}
