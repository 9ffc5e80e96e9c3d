package import CNN
package import Imaging

/// A model's answers for labelled pictures.
package struct Evaluation: Sendable {
    package struct Row: Sendable {
        package var picture: LabelledFolder.Picture
        package var result: Result<PictureClassifier.Classified, PictureError>
    }

    /// In the order of the pictures.
    package let rows: [Row]
    private let classCount: Int

    /// Classifies all pictures on `threads` threads, as the model is used. `isStopped` is asked between batches: nil is returned once it is true.
    package init?(
        of model: Model, precision: PredictionPrecision? = nil, on pictures: [LabelledFolder.Picture],
        level: KernelLevel, threads: Int,
        isStopped: @escaping @Sendable () -> Bool = { false }
    ) throws {
        var rows: [Row] = []
        let isWhole = try classifyInOrder(
            pictures.map(\.path), with: model, precision: precision ?? model.preferredPrecision, level: level,
            threads: threads,
            isStopped: isStopped
        ) { index, result in
            rows.append(Row(picture: pictures[index], result: result))
        }
        guard isWhole else { return nil }
        self.rows = rows
        classCount = model.classes.count
    }

    /// Pictures by true class (rows) and predicted class (columns); those that could not be read are left out.
    package var confusion: [[Int]] {
        var counts = [[Int]](repeating: [Int](repeating: 0, count: classCount), count: classCount)
        for case (let label, .success(let classified)) in rows.map({ ($0.picture.label, $0.result) }) {
            counts[label][classified.brand] += 1
        }
        return counts
    }

    /// What a model file keeps of it.
    func heldOut(part: HeldOut.Part) -> HeldOut {
        var counts = HeldOut(part: part)
        for case (let label, .success(let classified)) in rows.map({ ($0.picture.label, $0.result) }) {
            counts.add(label: label, probabilities: classified.probabilities)
        }
        return counts
    }

    package var bad: [BadPicture] {
        rows.compactMap { row in
            guard case .failure(let error) = row.result else { return nil }
            return BadPicture(path: row.picture.path, reason: error.reason.rawValue, message: error.message)
        }
    }
}
