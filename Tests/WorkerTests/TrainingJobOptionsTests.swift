import CNN
import Foundation
import Testing
import Worker

struct TrainingJobOptionsTests {
    @Test func whatTheTrainerKnowsAndTheCacheLieInOneObject() throws {
        var training = TrainingOptions()
        training.epochs = 7
        for cache in [nil, 0, 512] {
            let options = TrainingJobOptions(training: training, cacheMegabytes: cache)
            let json = try JSONEncoder().encode(options)
            #expect(try JSONDecoder().decode(TrainingJobOptions.self, from: json) == options)
            #expect(try JSONDecoder().decode(TrainingOptions.self, from: json) == training)
        }
        let old = try JSONDecoder().decode(TrainingJobOptions.self, from: Data(#"{"epochs":7}"#.utf8))
        #expect(old == TrainingJobOptions(training: training))
    }
}
