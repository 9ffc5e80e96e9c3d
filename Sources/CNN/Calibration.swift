/// What turns a network's outputs into probabilities that can be believed: p = softmax(s / temperature), where s are
/// the logits or, after label smoothing, what is left of them when it is taken back.
///
/// The loss of labels smoothed by ε is least where the network says q = (1 - ε) p + ε / K of K classes whose
/// probabilities are p (Szegedy et al. 2015, "Rethinking the Inception Architecture for Computer Vision", 7). So s =
/// ln(q - ε / K).
package struct Calibration: Hashable, Sendable {
    /// The ε that the network was trained with.
    package var labelSmoothing = 0.0
    /// 1, or fitted to validation pictures.
    package var temperature = 1.0

    /// A class's s / temperature, less that of the picture's likeliest class: never above 0.
    /// - logit: Less the picture's largest.
    /// - sum: Of e^logit over its classes.
    func score(_ logit: Double, sum: Double, classes: Int) -> Double {
        guard labelSmoothing > 0 else { return logit / temperature }
        let share = labelSmoothing / Double(classes)
        // A network that says less than the share is no surer than one that says a little more: nothing is impossible.
        func rest(_ probability: Double) -> Double { max(probability - share, share / 10, .leastNormalMagnitude) }
        return (logarithm(rest(exponential(logit) / sum)) - logarithm(rest(1 / sum))) / temperature
    }
}
