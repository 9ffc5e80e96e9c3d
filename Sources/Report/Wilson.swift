/// Wilson's 95 % interval for a rate (E. B. Wilson, JASA 22, 1927): honest also for few trials and for rates near 0 and 1.
/// Without trials nothing is known: 0 to 1.
package func wilson(_ successes: Int, of n: Int) -> (low: Double, high: Double) {
    guard n > 0 else { return (0, 1) }
    let z = 1.959963984540054
    let total = Double(n)
    let rate = Double(successes) / total
    let middle = (rate + z * z / (2 * total)) / (1 + z * z / total)
    let half = z / (1 + z * z / total) * (rate * (1 - rate) / total + z * z / (4 * total * total)).squareRoot()
    return (successes == 0 ? 0 : max(0, middle - half), successes == n ? 1 : min(1, middle + half))
}
