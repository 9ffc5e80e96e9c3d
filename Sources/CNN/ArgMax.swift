extension Span where Element == Float {
    /// Where the largest value stands, the first of equals; 0 where there is none. The one arg-max: a model's answer is
    /// its most probable class by this.
    package var indexOfLargest: Int {
        var best = 0
        for i in indices where self[i] > self[best] { best = i }
        return best
    }
}
