import Foundation
import Testing

@testable import Intake

/// Real records, without their pictures: the pictures are made here, under the names that their downloaders give them.
@Suite(.enabled(if: DumpSample.isThere, "there is no ../shared/data/dumps"))
struct RecordSampleTests {
    let dump = DumpTree()

    private func copy(_ sample: String, to name: String) throws {
        let text = try String(contentsOfFile: DumpSample.shared.appending(Path(sample)).description, encoding: .utf8)
        dump.file(name, text)
    }

    @Test func tweetsOfAPIv2() throws {
        for name in ["media_tweet", "noflat", "streaming_output_with_error", "edited_before", "flat_head15", "lists"] {
            try copy("data/dumps/twarc_v2/\(name).jsonl", to: "\(name).jsonl")
        }
        dump.tree.files([
            "1380242525827530756_1.jpg", "1380242345652785166-EyebGPCXIAMP9xj.jpg", "1380240726429143044_2.jpg",
            "Ex5ldKwXEAEnEnI.jpg", "Ex5lubjXAAQm1WE.jpg:large", "7VaQu-AvReI8RHkv.jpg",
            "FeKcHsVaUAEYpU_?format=jpg&name=orig", "nobody.jpg",
        ])
        let found = try dump.list()
        #expect(
            found.rows == [
                "1380240726429143044_2.jpg | 2021-04-08T19:26:47.000Z manifest | twitter 1380240726429143044 1 ComfortablySmug |  | 128 45 16 - | ",
                "1380242345652785166-EyebGPCXIAMP9xj.jpg | 2021-04-08T19:33:13.000Z manifest | twitter 1380242345652785166 0 LauraisOmitted |  | 0 1 0 - | ",
                "1380242525827530756_1.jpg | 2021-04-08T19:33:56.000Z manifest | twitter 1380242525827530756 0 The_Reaper2008 |  | 0 0 0 - | thumbnail",
                "7VaQu-AvReI8RHkv.jpg | 2022-08-13T20:36:51.000Z manifest | twitter 1558553189766631429 0 IgorBrigadir |  | 93 3 13 - | thumbnail",
                "Ex5ldKwXEAEnEnI.jpg | 2021-04-01T15:52:31.000Z manifest | twitter 1377650090978992134 0 blackheart_265 |  | 0 0 0 - | ",
                "Ex5lubjXAAQm1WE.jpg:large | 2021-04-01T15:53:42.000Z manifest | twitter 1377650387579248643 0 OpenMindMH | #dogsoftwitter #dogs | 0 0 0 - | ",
                "FeKcHsVaUAEYpU_?format=jpg&name=orig | 2022-10-03T17:57:01.000Z manifest | twitter 1576994746135764992 0 wongmjane |  | 0 0 0 - | ",
                "nobody.jpg | - | - - - - |  | - - - - | ",
            ])
        #expect(
            found.problems == [
                "streaming_output_with_error.jsonl:8: the file ends in the middle of this record; was it copied whole?"
            ])
    }

    /// The archive has neither pictures nor an account.
    @Test func anAnonymisedArchive() throws {
        try copy("data/dumps/x_archive/clio/data/tweets.js", to: "data/tweets.js")
        let found = try dump.list()
        #expect(found.rows == [] && found.problems == [])
    }
}
