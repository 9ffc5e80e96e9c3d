import CNN
import Foundation
import Testing

struct PreprocessingTests {
    @Test func checksTheSizesOfPreprocessing() throws {
        let decoder = JSONDecoder()
        let good = Data(#"{"width":150,"height":128,"resize":"squash"}"#.utf8)
        #expect(try decoder.decode(Preprocessing.self, from: good) == Preprocessing(width: 150, height: 128))
        for bad in [
            #"{"width":0,"height":128,"resize":"squash"}"#, #"{"width":4097,"height":128,"resize":"squash"}"#,
            #"{"width":150,"height":-1,"resize":"squash"}"#, #"{"width":150,"height":150,"resize":"crop"}"#, "{}",
        ] {
            #expect(throws: DecodingError.self) { try decoder.decode(Preprocessing.self, from: Data(bad.utf8)) }
        }
    }
}
