/// Whole 5 % steps in a confidence, 0 to 20: all that trend sums and held-out counts keep of it.
package enum ConfidenceStep {
    /// The allowance counts a probability that is 0.95 but for rounding as 0.95.
    package static func of(_ confidence: Float) -> Int {
        min(20, max(0, Int((Double(confidence) * 20 + 1e-6).rounded(.down))))
    }

    /// The first step that reaches a threshold, which is a multiple of 0.05.
    package static func reaching(_ threshold: Double) -> Int { Int((threshold * 20).rounded()) }
}
