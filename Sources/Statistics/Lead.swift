/// Which category is ahead of all others.
package enum Lead: Hashable, Sendable {
    /// Fewer than `fewestToCall` were counted, or the categories are none.
    case none
    case leads(Int)
    /// The first two, more counted first: which of them is ahead cannot be told.
    case tied(Int, Int)
}

/// The leader is named only where the 95 % interval of its lead over the second excludes zero. That the two were picked for being first
/// makes it no more often wrong than for two brands that were alone: where many are equal, the best two are close to each other.
package func lead(_ counts: GroupedCounts) -> Lead {
    let order = (0..<counts.categories).sorted { (counts.total($1), $0) < (counts.total($0), $1) }
    guard counts.total >= fewestToCall, let first = order.first, let shares = GroupedShares(counts) else {
        return .none
    }
    guard order.count > 1 else { return .leads(first) }
    let second = order[1]
    guard let interval = Difference((shares, first), less: (shares, second)).interval(tail: usualTail) else {
        return .tied(first, second)
    }
    return interval.low > 0 ? .leads(first) : .tied(first, second)
}
