package import CNN
package import Foundation
package import Imaging
package import Intake
package import Queue

/// Reads, prepares and classifies pictures: the one way from a file to a prediction, for workers, `classify`,
/// `evaluate` and training's own held-out counts. For one thread at a time; owns all scratch memory.
package final class PictureClassifier {
    /// Pictures that a thread takes at a time.
    package static let batchSize = 8

    package let model: Model
    private let capacity: Int
    private var preparer: PicturePreparer
    private let predictor: Predictor
    private var pixels: [UInt8]
    private var probabilities: [Float]
    /// Pictures that have been read; the first alone where no store is asked.
    private var contents: [PictureContents]

    /// Bytes of pictures that wait in memory for the store's answer.
    private static let bytesAtOnce = 32 << 20
    /// Room that all but the first of `contents` keep from picture to picture.
    private static let keptBytes = 4 << 20

    /// What is known of a picture that the network has seen.
    package struct Classified: Sendable {
        package var probabilities: [Float]
        package var fingerprint: Fingerprint
        package var flags: PredictionFlags
        /// How like the model's own pictures it is, above what is unfamiliar; nil where the model cannot tell or was
        /// not asked.
        package var familiarity: Double?
        /// From EXIF, else the file's mtime; nil where neither can be true.
        package var fileTime: PostTime?
        /// Of the file, before it was read.
        var stamp: FileStamp

        /// Index of the most probable class, the first of equals.
        package var brand: Int { probabilities.span.indexOfLargest }

        package func prediction(at time: PostTime?) -> Prediction {
            Prediction(brand: brand, probabilities: probabilities, flags: flags, postTime: time)
        }
    }

    /// Says which of these pictures have been classified before, and how.
    typealias Memory = ([Fingerprint]) -> [Fingerprint: Prediction]

    /// `capacity` is the most pictures that go through the network together. Throws where the machine lacks the level,
    /// or memory for a decoder.
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
        contents = [PictureContents](repeating: PictureContents(), count: capacity)
    }

    /// Classifies up to `capacity` pictures. A result does not depend on which pictures stand beside it.
    package func classify(_ places: [PicturePlace]) -> [Result<Classified, PictureError>] {
        classify(places, remembering: nil)
    }

    /// - remembering: Is asked before anything is decoded; the network sees only what it does not know.
    private func classify(
        _ places: [PicturePlace], remembering memory: Memory?
    ) -> [Result<Classified, PictureError>] {
        precondition(places.count <= capacity)
        var prepared = 0
        var results: [Result<Classified, PictureError>] = []
        while results.count < places.count {
            let read = read(places[results.count...], remembering: memory != nil)
            let known = memory?(read.indices.filter { read[$0] == nil }.map { contents[$0].fingerprint }) ?? [:]
            for (index, error) in read.enumerated() {
                results.append(
                    Result { () throws(PictureError) in
                        if let error { throw error }
                        if let earlier = known[contents[index].fingerprint] { return remembered(earlier, index) }
                        let classified = try prepare(index, at: prepared * model.preprocessing.byteCount)
                        prepared += 1
                        return classified
                    })
            }
        }
        for index in contents.indices.dropFirst() where contents[index].bytes.capacity > Self.keptBytes {
            contents[index] = PictureContents()
        }
        predict(prepared, for: &results)
        return results
    }

    /// Reads the first of the pictures into `contents`; more of them, as far as memory should go, where the store is to
    /// be asked for all at once. Returns for each why it cannot be read.
    private func read(_ places: ArraySlice<PicturePlace>, remembering: Bool) -> [PictureError?] {
        var errors: [PictureError?] = []
        var byteCount = 0
        for place in places {
            do throws(PictureError) {
                try contents[errors.count].read(place)
                byteCount += contents[errors.count].bytes.count
                errors.append(nil)
            } catch {
                errors.append(error)
            }
            if !remembering || byteCount >= Self.bytesAtOnce { break }
        }
        return errors
    }

    private func remembered(_ earlier: Prediction, _ index: Int) -> Classified {
        Classified(
            probabilities: earlier.probabilities, fingerprint: contents[index].fingerprint, flags: earlier.flags,
            fileTime: preparer.fileTime(of: contents[index]), stamp: contents[index].stamp)
    }

    private func prepare(_ index: Int, at offset: Int) throws(PictureError) -> Classified {
        var span = pixels.mutableSpan
        var target = span._mutatingExtracting(offset..<offset + model.preprocessing.byteCount)
        let prepared = try preparer.prepare(contents[index], for: model.preprocessing, into: &target)
        let flags: PredictionFlags = prepared.damage.map { $0 == .truncated ? .truncated : .damaged } ?? []
        return Classified(
            probabilities: [], fingerprint: prepared.fingerprint, flags: flags, fileTime: prepared.fileTime,
            stamp: prepared.stamp)
    }

    /// Gives the pictures that were prepared, in order, what the network says of them.
    private func predict(_ prepared: Int, for results: inout [Result<Classified, PictureError>]) {
        let classes = model.classes.count
        var span = probabilities.mutableSpan
        var used = span._mutatingExtracting(first: prepared * classes)
        predictor.predict(
            pixels.span.extracting(first: prepared * model.preprocessing.byteCount), count: prepared, into: &used)
        var picture = 0
        for index in results.indices {
            guard case .success(var classified) = results[index], classified.probabilities.isEmpty else { continue }
            classified.probabilities = Array(probabilities[picture * classes..<(picture + 1) * classes])
            classified.familiarity = predictor.familiarity(of: picture)
            if let familiarity = classified.familiarity, familiarity < 0 { classified.flags.insert(.unfamiliar) }
            picture += 1
            results[index] = .success(classified)
        }
    }

    /// The outcomes of a job's items, whose paths are relative to `root`. Those about which nothing can be said just
    /// now have none: then `trouble` says why.
    func outcomes(
        of items: [Item], under root: Path, remembering memory: Memory? = nil
    ) -> (outcomes: [Outcome], trouble: String?) {
        let results = classify(items.map { $0.reference.place.under(root) }, remembering: memory)
        var trouble: String?
        let outcomes: [Outcome] = zip(items, results).compactMap { item, result in
            switch result {
            case .success(let classified):
                let time = [item.reference.post.time, classified.fileTime].compactMap(\.self)
                    .max { $0.source < $1.source }
                let prediction = classified.prediction(at: time)
                var item = item
                item.reference.stamp = classified.stamp
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
}

extension PictureError {
    /// What keeps the picture at `path`, one of a source with that root, from being read just now though it says
    /// nothing about the picture; nil where this is about the picture.
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
