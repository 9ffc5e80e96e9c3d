extension DumpSample {
    static let tables = [imagefolder, namedImagefolder, namedXArchive]

    static let imagefolder = DumpSample(
        source: "data/dumps/img2dataset_constructed/hf_imagefolder",
        rows: [
            "train/0001.jpg | 2024-05-01T12:00:00.000Z manifest | - - - - |  | - - - - | ",
            "train/sub/0002.jpg | 2024-05-01T21:46:40.000Z manifest | - - - - |  | - - - - | ",
        ])

    static let namedImagefolder = DumpSample(
        source: "data/dumps/img2dataset_constructed/hf_imagefolder/train/metadata.jsonl",
        rows: [
            "0001.jpg | 2024-05-01T12:00:00.000Z manifest | - - - - |  | - - - - | ",
            "sub/0002.jpg | 2024-05-01T21:46:40.000Z manifest | - - - - |  | - - - - | ",
            "missing.jpg | - | - - - - |  | - - - - | ",
        ])

    static let namedXArchive = DumpSample(
        source: "data/dumps/x_archive/constructed/data/tweets.js",
        rows: [
            "tweets_media/1590000000000000001-FhAAA1xWQAA_abc.jpg | 2022-11-08T15:15:15.000Z manifest | twitter 1590000000000000001 0 ana | #bag | 12 - 3 - | ",
            "tweets_media/1590000000000000001-FhBBB1xWQAA_def.jpg | 2022-11-08T15:15:15.000Z manifest | twitter 1590000000000000001 1 ana | #bag | 12 - 3 - | ",
            "tweets_media/1590000000000000009-FhCCC1xWQAA_ghi.jpg | 2022-11-08T15:15:15.000Z manifest | twitter 1590000000000000009 0 ana |  | 0 - 0 - | repost",
        ])
}
