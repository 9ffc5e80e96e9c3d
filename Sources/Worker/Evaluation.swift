package import CNN
package import Imaging
import Queue

/// A model's answers for labelled pictures.
package struct Evaluation: Sendable {
    package struct Row: Sendable {
        package var picture: LabelledFolder.Picture
        package var result: Result<PictureClassifier.Classified, PictureError>
    }

    /// In the order of the pictures.
    package private(set) var rows: [Row]
    private let classCount: Int

    /// Classifies all pictures on `threads` threads, as the model is used. `isStopped` is asked between batches: nil is
    /// returned once it is true.
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

    /// Pictures that were predicted.
    package var count: Int { rows.count - bad.count }

    /// Pictures that are unfamiliar to the model.
    package var unfamiliar: Int {
        rows.count { row in
            guard case .success(let classified) = row.result else { return false }
            return classified.flags.contains(.unfamiliar)
        }
    }

    /// Takes out the pictures that the model was made from; returns how many there were of each use.
    package mutating func leaveOut(_ seen: SeenPictures) -> [SeenPictures.Use: Int] {
        var counts: [SeenPictures.Use: Int] = [:]
        rows.removeAll { row in
            guard case .success(let classified) = row.result, let use = seen.use(of: classified.fingerprint.short)
            else {
                return false
            }
            counts[use, default: 0] += 1
            return true
        }
        return counts
    }

    /// How many pictures the model was made from.
    package func count(of seen: SeenPictures) -> Int {
        rows.count { row in
            guard case .success(let classified) = row.result else { return false }
            return seen.use(of: classified.fingerprint.short) != nil
        }
    }

    /// What a model file keeps of it; nil without pictures.
    func heldOut(part: HeldOut.Part) -> HeldOut? {
        var counts = HeldOut(part: part)
        for case (let label, .success(let classified)) in rows.map({ ($0.picture.label, $0.result) }) {
            counts.add(
                label: label, predicted: classified.brand, step: classified.prediction(at: nil).confidenceStep)
        }
        counts.reliability = reliability()
        return counts.total > 0 ? counts : nil
    }

    /// Nil without pictures.
    /// - temperature: The one that the answers were made with, to see what they would be without it; nil for the
    ///   answers as they are.
    package func reliability(without temperature: Double? = nil) -> Reliability? {
        let answers = rows.compactMap { row -> (probabilities: [Float], label: Int)? in
            guard case .success(let classified) = row.result else { return nil }
            let probabilities = classified.probabilities
            return (
                temperature.map { uncalibrated(probabilities, temperature: $0) } ?? probabilities, row.picture.label
            )
        }
        return Reliability(probabilities: answers.map(\.probabilities), labels: answers.map(\.label))
    }

    package var bad: [BadPicture] {
        rows.compactMap { row in
            guard case .failure(let error) = row.result else { return nil }
            return BadPicture(row.picture.path, error)
        }
    }
}
