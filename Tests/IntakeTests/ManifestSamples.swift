@testable import Intake

extension DumpSample {
    static let manifests = [
        xArchive, anonymisedArchive, facebook, facebookPosts, instagram, oldInstagram,
    ]

    static let xArchive = DumpSample(
        source: "data/dumps/x_archive/constructed",
        rows: [
            "data/tweets_media/1590000000000000001-FhAAA1xWQAA_abc.jpg | 2022-11-08T15:15:15.000Z manifest | twitter 1590000000000000001 0 ana | #bag | 12 - 3 - | ",
            "data/tweets_media/1590000000000000001-FhBBB1xWQAA_def.jpg | 2022-11-08T15:15:15.000Z manifest | twitter 1590000000000000001 1 ana | #bag | 12 - 3 - | ",
            "data/tweets_media/1590000000000000009-FhCCC1xWQAA_ghi.jpg | 2022-11-08T15:15:15.000Z manifest | twitter 1590000000000000009 0 ana |  | 0 - 0 - | repost",
        ])

    /// It holds no pictures: `AnonymisedArchiveTests` makes some.
    static let anonymisedArchive = DumpSample(source: "data/dumps/x_archive/clio", rows: [])

    static let facebook = DumpSample(
        source: "data/dumps/meta_export_constructed/facebook",
        rows: [
            "posts/media/TimelinePhotos_awR520Z08w/226622_n.jpg | 2011-05-10T17:54:06.000Z manifest | facebook - 0 - |  | - - - - | "
        ])

    static let facebookPosts = DumpSample(
        source: "data/dumps/meta_export_constructed/facebook/posts",
        rows: [
            "media/TimelinePhotos_awR520Z08w/226622_n.jpg | 2011-05-10T17:54:06.000Z manifest | facebook - 0 - |  | - - - - | "
        ])

    static let instagram = DumpSample(
        source: "data/dumps/meta_export_constructed/instagram",
        rows: [
            "media/posts/202301/a.jpg | 2023-01-01T12:00:02.000Z manifest | instagram - 0 - |  | - - - - | ",
            "media/posts/202301/b.jpg | 2023-01-01T12:00:02.000Z manifest | instagram - 1 - |  | - - - - | ",
            "media/posts/202409/17904019260137620.jpg | 2024-09-03T14:29:58.000Z manifest | instagram - 0 - | #sac | - - - - | ",
        ])

    static let oldInstagram = DumpSample(
        source: "data/dumps/meta_export_constructed/instagram_2018_2020",
        rows: [
            "photos/201810/abc.jpg | 2018-10-16T10:11:12.000Z manifest | instagram - 0 - |  | - - - - | "
        ])
}
