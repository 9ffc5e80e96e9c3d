import Intake
import Queue

/// Adds up what is counted, span after span of a query, in order.
struct SumBuffer {
    private static let steps = 21
    static let groups = 20
    /// Of `TextKind`, spelt out: a constant costs nothing where every count is added.
    private static let kinds = 3
    private static let cells = steps * groups * kinds

    private let query: TrendQuery
    private var strength = DateStrength.strong
    /// The first of the span; nil before there is one.
    private var day: CalendarDay?
    /// The raw day that was added last: most are followed by the same one.
    private var lastDay: Int?
    /// By brand, step, group and kind of text, one after the other.
    private var counts: [Int]
    private var hasAny = false
    private(set) var sums: [TrendSum] = []

    /// - classes: How many the model has.
    init(_ query: TrendQuery, classes: Int) {
        self.query = query
        counts = Array(repeating: 0, count: classes * Self.cells)
    }

    /// What is added next has dates of that strength.
    mutating func begin(_ strength: DateStrength) {
        finish()
        self.strength = strength
        (day, lastDay) = (nil, nil)
    }

    /// The place of a brand's, a step's and a kind of text's counts on a day, by group; days must not go back.
    mutating func place(day rawDay: Int, brand: Int, step: Int, text: TextKind) -> Int {
        if rawDay != lastDay {
            lastDay = rawDay
            let next = query.start(of: CalendarDay(rawValue: rawDay))
            if next != day {
                finish()
                day = next
            }
        }
        while (brand + 1) * Self.cells > counts.count { counts.append(0) }
        hasAny = true
        return brand * Self.cells + query.step(of: step) * Self.groups * Self.kinds + text.rawValue
    }

    mutating func add(_ count: Int, at place: Int, group: Int) {
        counts[place + group * Self.kinds] += count
    }

    /// Turns what the span holds into sums.
    mutating func finish() {
        guard hasAny, let day else { return }
        hasAny = false
        var place = 0
        for brand in 0..<counts.count / Self.cells {
            for step in 0..<Self.steps {
                for group in 0..<Self.groups {
                    let (unknown, silent, naming) = (counts[place], counts[place + 1], counts[place + 2])
                    place += Self.kinds
                    let count = unknown + silent + naming
                    guard count != 0 else { continue }
                    sums.append(
                        TrendSum(
                            day: day, strength: strength, brand: brand, confidenceStep: step, authorGroup: group,
                            count: count, named: naming, texts: silent + naming))
                }
            }
        }
        for index in counts.indices { counts[index] = 0 }
    }
}
