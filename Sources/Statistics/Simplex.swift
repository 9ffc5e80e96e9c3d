/// The p >= 0 with sum 1 that makes ||M p - q||² least, by the primal active-set method (J. Nocedal, S. J. Wright,
/// Numerical Optimization, 2006, algorithm 16.3): a component that would go below zero is held there until the slope
/// draws it off again.
/// - matrix: M as [row][column].
/// - target: q.
func leastSquaresOnSimplex(_ matrix: [[Double]], _ target: [Double]) -> [Double] {
    let system = NormalEquations(matrix)
    let columns = 0..<system.columns
    let right = columns.map { column in matrix.indices.reduce(0) { $0 + matrix[$1][column] * target[$1] } }
    var solution = columns.map { _ in 1 / Double(columns.count) }
    var isFree = columns.map { _ in true }
    // Each step ends lower than the one before, so no set comes again; the bound is for what rounding may do.
    for _ in 0..<20 * columns.count {
        let (wanted, multiplier) = system.solve(columns.filter { isFree[$0] }, right: right, sum: 1)
        func reach(_ column: Int) -> Double { solution[column] / (solution[column] - wanted[column]) }
        if let blocking = columns.filter({ wanted[$0] < 0 }).min(by: { reach($0) < reach($1) }) {
            let step = reach(blocking)
            for column in columns { solution[column] += step * (wanted[column] - solution[column]) }
            solution[blocking] = 0
            isFree[blocking] = false
            continue
        }
        solution = wanted
        let pulls = columns.filter { !isFree[$0] }.map { column in
            (column, pull: right[column] - dot(system.normal[column], solution) - multiplier)
        }
        guard let next = pulls.max(by: { $0.pull < $1.pull }), next.pull > 1e-12 else { break }
        isFree[next.0] = true
    }
    return solution
}

/// The normal equations of least squares under a fixed sum.
struct NormalEquations {
    /// MᵀM, and as much on its diagonal as makes it solvable where two columns are alike.
    let normal: [[Double]]
    var columns: Int { normal.count }

    init(_ matrix: [[Double]]) {
        let count = matrix.first?.count ?? 0
        normal = (0..<count).map { row in
            (0..<count).map { column in
                matrix.reduce(row == column ? 1e-9 : 0) { $0 + $1[row] * $1[column] }
            }
        }
    }

    /// The stationary point with all but the free components zero: MᵀM p + s = right for the free ones, where their sum
    /// is `sum`. Gives p and the multiplier s.
    func solve(_ free: [Int], right: [Double], sum: Double) -> (solution: [Double], multiplier: Double) {
        var rows = free.map { row in free.map { normal[row][$0] } + [1, right[row]] }
        rows.append(free.map { _ in 1 } + [0, sum])
        let values = eliminate(rows)
        var solution = Array(repeating: 0.0, count: columns)
        for (place, index) in free.enumerated() { solution[index] = values[place] }
        return (solution, values[free.count])
    }
}

/// Solves a square system whose rows end with the right-hand side, by Gauss's elimination with partial pivoting.
private func eliminate(_ system: [[Double]]) -> [Double] {
    var rows = system
    let count = rows.count
    for column in 0..<count {
        let pivot = (column..<count).max { abs(rows[$0][column]) < abs(rows[$1][column]) } ?? column
        rows.swapAt(column, pivot)
        for row in column + 1..<max(count, column + 1) {
            let factor = rows[row][column] / rows[column][column]
            if factor == 0 { continue }
            for place in column...count { rows[row][place] -= factor * rows[column][place] }
        }
    }
    var values = Array(repeating: 0.0, count: count)
    for row in (0..<count).reversed() {
        let known = (row + 1..<max(count, row + 1)).reduce(0) { $0 + rows[row][$1] * values[$1] }
        values[row] = (rows[row][count] - known) / rows[row][row]
    }
    return values
}

func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
