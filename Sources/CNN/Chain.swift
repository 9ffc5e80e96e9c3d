/// Layers of which each alone takes what the one before makes, done a band of rows at a time: what passes between them
/// stays in the second-level cache, where a whole picture's values would not. The values are the same.
struct Chain: Sendable {
    let links: [Link]
    /// Of the value behind each link but the last: how many rows are in hand at a time.
    let heights: [Int]
    let steps: [Step]

    /// How a layer's rows of output depend on its rows of input.
    struct Link: Hashable, Sendable {
        let input: Shape
        let output: Shape
        let size: Int
        let stride: Int
        /// Rows of padding.
        let top: Int

        /// The rows of the input that these rows of the output see.
        func inputRows(of rows: Range<Int>) -> Range<Int> {
            let first = min(max(rows.lowerBound * stride - top, 0), input.height)
            return first..<max(first, min((rows.upperBound - 1) * stride - top + size, input.height))
        }

        /// Elements of a row.
        var inputRow: Int { input.width * input.channels }
        var outputRow: Int { output.width * output.channels }
    }

    /// Bytes of a value above which it is not to exist whole, and of the values of a band.
    private static let mostOfValue = 640 << 10
    private static let mostOfBand = 512 << 10

    /// - elementSize: Bytes of an element of the values.
    init(_ links: [Link], elementSize: Int) {
        let height = links.last?.output.height ?? 0
        func heights(_ bandHeight: Int) -> [Int] {
            var most = [Int](repeating: 0, count: links.count)
            for band in Self.bands(of: height, bandHeight) {
                for (index, rows) in Self.rows(of: band, links).enumerated() {
                    most[index] = max(most[index], rows.count)
                }
            }
            return most.dropLast()
        }
        func isInCache(_ bandHeight: Int) -> Bool {
            zip(heights(bandHeight), links).reduce(0) { $0 + $1.0 * $1.1.outputRow } * elementSize <= Self.mostOfBand
        }
        let most = (1...max(height, 1)).last(where: isInCache) ?? 1
        // As equal as can be.
        let count = (height + most - 1) / most
        let bandHeight = (height + count - 1) / count
        self.links = links
        self.heights = heights(bandHeight)
        steps = Self.steps(Self.bands(of: height, bandHeight), links)
    }

    private static func bands(of height: Int, _ bandHeight: Int) -> [Range<Int>] {
        stride(from: 0, to: height, by: bandHeight).map { $0..<min($0 + bandHeight, height) }
    }

    /// The rows of each link's output that rows of the last one's need.
    private static func rows(of band: Range<Int>, _ links: [Link]) -> [Range<Int>] {
        var result = [band]
        for link in links.dropFirst().reversed() { result.append(link.inputRows(of: result[result.count - 1])) }
        return result.reversed()
    }

    /// What is to be done, for each band and link: to move the rows of its output that are there already, and to make
    /// others.
    struct Step: Sendable {
        let link: Int
        /// Of the output, to be made.
        let rows: Range<Int>
        /// The first row of the input that they see.
        let firstInput: Int
        /// The first row of the input, and of the output, that is in hand; 0 where all of them are.
        let inputStart: Int
        let outputStart: Int
        /// How many rows from `outputStart` on are there already, and how many rows too far behind.
        let kept: Int
        let shift: Int
    }

    private static func steps(_ bands: [Range<Int>], _ links: [Link]) -> [Step] {
        var made = [Int](repeating: 0, count: links.count)
        var starts = made
        return bands.flatMap { band in
            let needed = rows(of: band, links)
            return links.indices.map { index in
                let start = index == links.count - 1 ? 0 : needed[index].lowerBound
                let first = max(made[index], needed[index].lowerBound)
                let rows = first..<max(first, needed[index].upperBound)
                let step = Step(
                    link: index, rows: rows, firstInput: links[index].inputRows(of: rows).lowerBound,
                    inputStart: index == 0 ? 0 : starts[index - 1], outputStart: start,
                    kept: index == links.count - 1 ? 0 : max(made[index] - start, 0), shift: start - starts[index])
                (made[index], starts[index]) = (rows.upperBound, start)
                return step
            }
        }
    }

    /// Whether a value is too large to pass from one layer to the next whole.
    fileprivate static func splits(_ value: Shape, elementSize: Int) -> Bool { value.count * elementSize > mostOfValue }
}

/// A step of a stage of any kind.
protocol PictureStep: Sendable {
    /// The values that it takes, and the one that it makes.
    var sources: [Int] { get }
    var target: Int { get }
    /// Nil where it cannot be done in bands.
    var link: Chain.Link? { get }
}

/// A step, or several that are done as a chain.
struct PictureUnit<Step: PictureStep>: Sendable {
    private(set) var steps: [Step]
    private(set) var chain: Chain?

    /// A stage's.
    /// - held: Values that are wanted whole; nil for all.
    static func units(of steps: [Step], held: Set<Int>?, elementSize: Int) -> [PictureUnit] {
        var uses: [Int: Int] = [:]
        for source in steps.flatMap(\.sources) { uses[source, default: 0] += 1 }
        var units: [PictureUnit] = []
        for step in steps {
            if let held, let last = units.last?.steps.last, let link = last.link, step.link != nil,
                step.sources == [last.target], uses[last.target] == 1, !held.contains(last.target),
                Chain.splits(link.output, elementSize: elementSize)
            {
                units[units.count - 1].steps.append(step)
            } else {
                units.append(PictureUnit(steps: [step]))
            }
        }
        for index in units.indices where units[index].steps.count > 1 {
            units[index].chain = Chain(units[index].steps.compactMap(\.link), elementSize: elementSize)
        }
        return units
    }

    /// As `BufferPlan` takes it.
    var use: (sources: [Int], target: Int) { (steps[0].sources, steps[steps.count - 1].target) }

    /// Values that exist in bands alone, with how many elements of them are in hand.
    var bandCounts: [(value: Int, count: Int)] {
        guard let chain else { return [] }
        return zip(steps, zip(chain.links, chain.heights)).map { step, link in
            (step.target, link.1 * link.0.outputRow)
        }
    }
}
