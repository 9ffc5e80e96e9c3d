/// Which memory each value of a picture takes while a stage runs: one that nobody will take any more leaves its place
/// to another.
struct BufferPlan: Sendable {
    /// Of each value; nil for those that other memory holds.
    private(set) var slots: [Int?]
    private(set) var sizes: [Int] = []

    /// - uses: In the order in which they are done: the values taken and the one made.
    /// - counts: How many elements each value has.
    /// - held: Values with memory of their own.
    init(_ uses: [(sources: [Int], target: Int)], counts: [Int], held: Set<Int>) {
        slots = [Int?](repeating: nil, count: counts.count)
        var lastUse: [Int: Int] = [:]
        for (index, use) in uses.enumerated() {
            for source in use.sources { lastUse[source] = index }
        }
        var free: Set<Int> = []
        for (index, use) in uses.enumerated() {
            if !held.contains(use.target) {
                // The largest that is free; where it is too small, it grows.
                let slot = free.max { (sizes[$0], $1) < (sizes[$1], $0) } ?? sizes.count
                if slot == sizes.count { sizes.append(0) }
                free.remove(slot)
                sizes[slot] = max(sizes[slot], counts[use.target])
                slots[use.target] = slot
            }
            for source in Set(use.sources) where lastUse[source] == index {
                if let slot = slots[source] { free.insert(slot) }
            }
        }
    }
}
