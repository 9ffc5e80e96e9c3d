import CNN
import Foundation
import Testing
import Worker

struct TrainingJobOptionsTests {
    @Test func whatTheTrainerKnowsAndTheCacheLieInOneObject() throws {
        var training = TrainingOptions()
        training.epochs = 7
        let origins: [TrainingOrigin?] = [nil, .file("/weights/a b.safetensors"), .model(name: "luxe", number: 3)]
        for (cache, origin) in zip([nil, 0, 512], origins) {
            let options = TrainingJobOptions(
                training: training, cacheMegabytes: cache, origin: origin, resize: cache == 0 ? .letterbox : nil)
            let json = try JSONEncoder().encode(options)
            #expect(try JSONDecoder().decode(TrainingJobOptions.self, from: json) == options)
            #expect(try JSONDecoder().decode(TrainingOptions.self, from: json) == training)
        }
        let old = try JSONDecoder().decode(TrainingJobOptions.self, from: Data(#"{"epochs":7}"#.utf8))
        #expect(old == TrainingJobOptions(training: training))
    }
}
