/// Counts by category and by group: a category is a brand, say, and a group one of a fixed number into which authors
/// fall by their hash, so that all that an author posted is in one. Groups are what the sampling error is told from;
/// sightings by one author are no independent draws, groups nearly are.
package struct GroupedCounts: Hashable, Sendable {
    package let categories: Int
    package let groups: Int
    /// [category][group]
    private var counts: [Int]

    package init(categories: Int, groups: Int = 20) {
        self.categories = categories
        self.groups = groups
        counts = Array(repeating: 0, count: categories * groups)
    }

    package subscript(category: Int, group: Int) -> Int {
        get { counts[place(category, group)] }
        set { counts[place(category, group)] = newValue }
    }

    /// The first categories alone.
    package func prefix(_ categories: Int) -> GroupedCounts {
        precondition(categories <= self.categories, "no such categories")
        var kept = GroupedCounts(categories: categories, groups: groups)
        kept.counts = Array(counts[..<(categories * groups)])
        return kept
    }

    /// Of a category over all groups.
    package func total(_ category: Int) -> Int { (0..<groups).reduce(0) { $0 + self[category, $1] } }

    package var total: Int { counts.reduce(0, +) }

    /// Of a group over all categories.
    func size(ofGroup group: Int) -> Int { (0..<categories).reduce(0) { $0 + self[$1, group] } }

    private func place(_ category: Int, _ group: Int) -> Int {
        precondition(category >= 0 && category < categories && group >= 0 && group < groups, "no such count")
        return category * groups + group
    }
}
