/// Which category is ahead of all others.
package enum Lead: Hashable, Sendable {
    /// Fewer than `fewestToCall` were counted, or the categories are none.
    case none
    case leads(Int)
    /// The first two, more counted first: which of them is ahead cannot be told.
    case tied(Int, Int)
}

/// What the interval of a lead leaves out. A little less than `usualTail`: two brands that are equal, and far ahead of
/// all others, are the hardest case, and there the larger of the two has also the luckier interval (5.5 % were named
/// wrongly in simulations).
private let leadTail = 0.03

/// The leader is named only where the interval of its lead over the second excludes zero, so that at most one in twenty
/// is named wrongly. That the two were picked for being first costs nothing more: where many are equal, the best two
/// are close to each other.
package func lead(_ counts: GroupedCounts) -> Lead {
    let order = (0..<counts.categories).sorted { (counts.total($1), $0) < (counts.total($0), $1) }
    guard counts.total >= fewestToCall, let first = order.first, let shares = GroupedShares(counts) else {
        return .none
    }
    guard order.count > 1 else { return .leads(first) }
    let second = order[1]
    guard let interval = Difference((shares, first), less: (shares, second)).interval(tail: leadTail) else {
        return .tied(first, second)
    }
    return interval.low > 0 ? .leads(first) : .tied(first, second)
}
