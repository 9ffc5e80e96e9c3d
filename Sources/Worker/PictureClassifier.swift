package import CNN
package import Foundation
package import Imaging
package import Intake
package import Queue

/// Reads, prepares and classifies pictures: the one way from a file to a prediction, for workers, `classify`, `evaluate`
/// and training's own held-out counts. For one thread at a time; owns all scratch memory.
package final class PictureClassifier {
    /// Pictures that a thread takes at a time.
    package static let batchSize = 8

    package let model: Model
    private let capacity: Int
    private var preparer: PicturePreparer
    private let predictor: Predictor
    private var pixels: [UInt8]
    private var probabilities: [Float]

    /// What is known of a picture that the network has seen.
    package struct Classified: Sendable {
        package var probabilities: [Float]
        package var fingerprint: Fingerprint
        /// Nil for a whole picture.
        package var damage: PictureDamage?
        package var flags: PredictionFlags { damage.map { $0 == .truncated ? .truncated : .damaged } ?? [] }
        /// From EXIF, else the file's mtime; nil where neither can be true.
        package var fileTime: PostTime?

        /// Index of the most probable class, the first of equals.
        package var brand: Int { probabilities.span.indexOfLargest }
    }

    /// `capacity` is the most pictures that go through the network together. Throws where the machine lacks the level, or
    /// memory for a decoder.
    /// - zone: See `PicturePreparer`.
    package init(
        _ model: Model, precision: PredictionPrecision, level: KernelLevel, capacity: Int, zone: TimeZone
    ) throws {
        self.model = model
        self.capacity = capacity
        preparer = try PicturePreparer(zone: zone)
        predictor = try Predictor(model: model, precision: precision, level: level, capacity: capacity)
        pixels = [UInt8](repeating: 0, count: capacity * model.preprocessing.byteCount)
        probabilities = [Float](repeating: 0, count: capacity * model.classes.count)
    }

    /// Classifies up to `capacity` pictures. A result does not depend on which pictures stand beside it.
    package func classify(_ places: [PicturePlace]) -> [Result<Classified, PictureError>] {
        precondition(places.count <= capacity)
        let size = model.preprocessing.byteCount
        var prepared = 0
        var results = places.map { place -> Result<Classified, PictureError> in
            do throws(PictureError) {
                let result = try prepare(place, at: prepared * size)
                prepared += 1
                return .success(result)
            } catch {
                return .failure(error)
            }
        }
        let classes = model.classes.count
        var span = probabilities.mutableSpan
        var used = span._mutatingExtracting(first: prepared * classes)
        predictor.predict(pixels.span.extracting(first: prepared * size), count: prepared, into: &used)
        var rest = probabilities[..<(prepared * classes)]
        for index in results.indices {
            guard case .success(var classified) = results[index] else { continue }
            classified.probabilities = Array(rest.prefix(classes))
            rest = rest.dropFirst(classes)
            results[index] = .success(classified)
        }
        return results
    }

    /// The outcomes of a job's items, whose paths are relative to `root`. Those about which nothing can be said just now have none:
    /// then `trouble` says why.
    func outcomes(of items: [Item], under root: Path) -> (outcomes: [Outcome], trouble: String?) {
        let results = classify(items.map { $0.reference.place.under(root) })
        var trouble: String?
        let outcomes: [Outcome] = zip(items, results).compactMap { item, result in
            switch result {
            case .success(let classified):
                let time = [item.reference.post.time, classified.fileTime].compactMap(\.self)
                    .max { $0.source < $1.source }
                let prediction = Prediction(
                    brand: classified.brand, probabilities: classified.probabilities,
                    flags: classified.flags, postTime: time)
                return Outcome(item: item, result: .prediction(prediction, classified.fingerprint))
            case .failure(let error):
                if let why = error.trouble(at: root.appending(item.reference.place.path), under: root) {
                    trouble = why
                    return nil
                }
                return Outcome(
                    item: item, result: .failure(Failure(reason: error.reason.rawValue, message: error.message)))
            }
        }
        return (outcomes, trouble)
    }

    private func prepare(_ place: PicturePlace, at offset: Int) throws(PictureError) -> Classified {
        var span = pixels.mutableSpan
        var target = span._mutatingExtracting(offset..<offset + model.preprocessing.byteCount)
        let prepared = try preparer.prepare(place, for: model.preprocessing, into: &target)
        return Classified(
            probabilities: [], fingerprint: prepared.fingerprint, damage: prepared.damage,
            fileTime: prepared.fileTime)
    }
}

extension PictureError {
    /// What keeps the picture at `path`, one of a source with that root, from being read just now though it says nothing about the
    /// picture; nil where this is about the picture.
    func trouble(at path: Path, under root: Path) -> String? {
        BadPicture(path, self).trouble(under: root)
    }
}

extension BadPicture {
    /// See `PictureError.trouble`.
    func trouble(under root: Path) -> String? {
        guard let cause else { return nil }
        if cause.saysNothingOfTheFile { return "\(path): \(message)" }
        return cause.saysMissing ? SourceLister.absence(of: root) : nil
    }
}
