import Queue
import Testing

struct ConfidenceStepTests {
    @Test func stepsAreWholeTwentieths() {
        #expect(ConfidenceStep.of(0) == 0 && ConfidenceStep.of(1) == 20 && ConfidenceStep.of(1.000_1) == 20)
        #expect(ConfidenceStep.of(0.95) == 19 && ConfidenceStep.of(0.9499) == 18)
        for step in 0...20 {
            #expect(ConfidenceStep.of(Float(Double(step) / 20)) == step)
            #expect(ConfidenceStep.reaching(Double(step) / 20) == step)
        }
    }
}
