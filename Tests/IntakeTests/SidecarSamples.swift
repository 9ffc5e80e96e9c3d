@testable import Intake

/// Dumps whose records lie beside the pictures.
extension DumpSample {
    static let sidecars = [instaloader, img2dataset, webDataset, dumpDates]

    static let instaloader = DumpSample(
        source: "data/dumps/instaloader_constructed",
        rows: [
            "testuser/2023-01-01_00-00-00_UTC_profile_pic.jpg | 2023-01-01T00:00:00.000Z name | - - - - |  | - - - - | profile",
            "testuser/2023-02-21_17-20-00_UTC.jpg | 2023-02-21T17:20:00.000Z sidecar | instagram 2999999999999999999 0 testuser | #world #photography | 100 10 - - | ",
            "testuser/2023-02-22_17-20-00_UTC_1.jpg | 2023-02-22T17:20:00.000Z sidecar | instagram 2777777777777777777 0 testuser |  | 50 5 - - | ",
            "testuser/2023-02-22_17-20-00_UTC_2.jpg | 2023-02-22T17:20:00.000Z sidecar | instagram 2777777777777777777 1 testuser |  | 50 5 - - | ",
            "testuser/2023-02-22_17-20-00_UTC_3.jpg | 2023-02-22T17:20:00.000Z sidecar | instagram 2777777777777777777 2 testuser |  | 50 5 - - | thumbnail",
            "testuser/2023-02-23_17-20-00_UTC.jpg | 2023-02-23T17:20:00.000Z sidecar | instagram 12345678901234567 0 iphoneuser | #café | 42 3 - - | ",
        ])

    /// The camera's clock, in Paris.
    static let img2dataset = DumpSample(
        source: "data/dumps/img2dataset_constructed/files",
        rows: [
            "00000/000000000.jpg | 2008-10-22T14:28:39.000Z exif | - - - - |  | - - - - | ",
            "00000/000000001.jpg | - | - - - - |  | - - - - | ",
            "00000/000000002.jpg | - | - - - - |  | - - - - | ",
        ])

    static let webDataset = DumpSample(
        source: "data/dumps/img2dataset_constructed/webdataset",
        rows: [
            "00000.tar/000000000.jpg | 2008-10-22T14:28:39.000Z exif | - - - - |  | - - - - | ",
            "00000.tar/000000001.jpg | - | - - - - |  | - - - - | ",
            "00000.tar/000000002.jpg | - | - - - - |  | - - - - | ",
        ])

    static let dumpDates = DumpSample(
        source: "cases/dump-dates",
        rows: [
            "gallery-dl/instagram/someone/3000000000000000001_3000000000000000002.jpg | 2026-11-02T18:30:00.000Z sidecar | instagram 3000000000000000001 0 someone |  | - - - - | ",
            "names/2026-11-06_10-11-12_UTC.jpg | 2026-11-06T10:11:12.000Z name | instagram - 0 names |  | - - - - | ",
            "names/IMG-20261101-WA0001.jpg | 2026-11-01T11:00:00.000Z name | - - - - |  | - - - - | ",
            "names/IMG_20261102_101112.jpg | 2026-11-02T09:11:12.000Z name | - - - - |  | - - - - | ",
            "names/WhatsApp Image 2026-11-04 at 15.41.14.jpeg | 2026-11-04T14:41:14.000Z name | - - - - |  | - - - - | ",
            "takeout/IMG_3397.JPG | 2026-11-02T12:00:00.000Z sidecar | - - - - |  | - - - - | ",
        ])
}
