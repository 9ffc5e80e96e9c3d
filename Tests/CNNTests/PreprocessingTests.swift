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
            #"{"width":150,"height":150,"resize":"crop","fraction":1.01}"#,
            #"{"width":150,"height":150,"resize":"crop","fraction":0}"#,
            #"{"width":150,"height":150,"resize":"letterbox","fraction":0.5}"#,
            #"{"width":150,"height":150,"resize":"stretch"}"#,
            #"{"width":150,"height":150,"resize":"squash","interpolation":"nearest"}"#,
        ] {
            #expect(throws: DecodingError.self) { try decoder.decode(Preprocessing.self, from: Data(bad.utf8)) }
        }
    }

    @Test func resizesAreWrittenAsTheyAreRead() throws {
        let texts: [(Preprocessing.Resize, Preprocessing.Interpolation, String)] = [
            (.squash, .bilinear, #"{"height":20,"interpolation":"bilinear","resize":"squash","width":30}"#),
            (.letterbox, .bicubic, #"{"height":20,"interpolation":"bicubic","resize":"letterbox","width":30}"#),
            (
                .crop(0.875), .bilinear,
                #"{"fraction":0.875,"height":20,"interpolation":"bilinear","resize":"crop","width":30}"#
            ),
        ]
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        for (resize, interpolation, text) in texts {
            let preprocessing = Preprocessing(width: 30, height: 20, resize: resize, interpolation: interpolation)
            #expect(try String(decoding: encoder.encode(preprocessing), as: UTF8.self) == text)
            #expect(try JSONDecoder().decode(Preprocessing.self, from: Data(text.utf8)) == preprocessing)
        }
    }
}
