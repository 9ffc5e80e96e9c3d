import CNN
import Report
import Worker

/// How far confidences can be believed, for people and as JSON: what `evaluate` says of it.
struct CalibrationText {
    private let reliability: Reliability
    /// The same answers without the model's temperature.
    private let uncalibrated: Reliability
    private let temperature: Double

    /// Nil where nothing was measured.
    init?(_ evaluation: Evaluation, of model: Model) {
        temperature = model.calibration.temperature
        guard let reliability = evaluation.reliability(),
            let uncalibrated = evaluation.reliability(without: temperature)
        else { return nil }
        (self.reliability, self.uncalibrated) = (reliability, uncalibrated)
    }

    var text: String {
        """
        calibration error (ECE, \(Reliability.binCount) bins) \(Self.text(reliability.error)): \(reliability.verdict)
        log loss (NLL) \(Self.text(reliability.loss))\(uncalibratedText)
        """
    }

    private var uncalibratedText: String {
        guard temperature != 1 else { return "" }
        return "; without the temperature of \(Format.fixed(temperature, decimals: 3)) they would be "
            + "\(Self.text(uncalibrated.error)) and \(Self.text(uncalibrated.loss))"
    }

    static func text(_ value: Double) -> String { Format.fixed(value, decimals: 4) }

    var members: [(key: String, value: JSONValue)] {
        [("temperature", .number(temperature))] + reliability.members
            + [
                ("ece_uncalibrated", JSONValue(uncalibrated.error, decimals: 6)),
                ("nll_uncalibrated", JSONValue(uncalibrated.loss, decimals: 6)),
            ]
    }
}

extension Reliability {
    /// "a perfectly calibrated model would show 0.0251 here on average, and up to 0.0384 in 95 of 100 cases"
    var verdict: String {
        "a perfectly calibrated model would show \(CalibrationText.text(expectedError)) here on average, and up to "
            + "\(CalibrationText.text(expectedErrorLimit)) in 95 of 100 cases"
    }

    var members: [(key: String, value: JSONValue)] {
        [
            ("ece", JSONValue(error, decimals: 6)), ("ece_expected", JSONValue(expectedError, decimals: 6)),
            ("ece_expected_95", JSONValue(expectedErrorLimit, decimals: 6)), ("nll", JSONValue(loss, decimals: 6)),
        ]
    }
}

extension Model {
    /// "46 of 48 validation pictures of its brands are recognised (95.8 %), 44 of the 47 recognised are right (93.6
    /// %)"; nil where no picture was held out.
    func coverageText(at threshold: Double) -> String? {
        guard let counts = thresholdCounts, let coverage = coverage(at: threshold) else { return nil }
        return "\(Format.count(coverage.brands.recognised)) of \(Format.count(coverage.brands.pictures)) "
            + "\(counts.part.rawValue) pictures of its brands are recognised (\(Format.percent(coverage.rate))), "
            + "\(Format.count(coverage.right)) of the \(Format.count(coverage.recognised)) recognised are right "
            + "(\(Format.percent(coverage.precision)))"
    }

    /// What another threshold costs.
    func thresholdChangeText(from old: Double, to new: Double) -> String {
        func text(_ threshold: Double) -> String {
            "from confidence \(Format.fixed(threshold, decimals: 2)): "
                + (coverageText(at: threshold) ?? "what that comes to is not known, for no picture was held out")
        }
        return "recognised \(text(new))" + (old == new ? "" : "; until now \(text(old))")
    }
}
