/// A pass of the resize, ready to be timed: for benchmarks.
package struct ResizeProfile {
    /// `columns`, then `rows`.
    package var name: String
    /// Of its source.
    package var bytes: Int
    package var run: () -> Void

    package static func passes(from size: (width: Int, height: Int), to target: (width: Int, height: Int)) -> [Self] {
        var (columns, rows) = (Taps(), Taps())
        columns.set(from: size.width, to: target.width)
        rows.set(from: size.height, to: target.height)
        let passes = [
            ("columns", ResamplePass.columns(columns, height: size.height)),
            ("rows", ResamplePass.rows(rows, width: target.width)),
        ]
        let kernels = ResampleKernels()
        return passes.map { name, pass in
            let source = [UInt8](repeating: 99, count: pass.sourceCount)
            var result = [UInt8](repeating: 0, count: pass.targetCount)
            return Self(name: name, bytes: source.count) { kernels.run(pass, source, intoArray: &result) }
        }
    }
}
