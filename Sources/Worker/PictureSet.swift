import CNN
import Foundation
import Imaging
package import Intake
import Threads

/// A picture that training leaves out, and why.
package struct BadPicture: Hashable, Sendable {
    package var path: Path
    package var reason: String
    package var message: String
    /// See `PictureError`.
    var cause: SystemError?
}

/// Labelled pictures as the trainer takes them: prepared once, augmented at each turn. Those that fit into the budget
/// stay decoded in memory; the others are decoded again whenever they are wanted, with the same result.
package final class PictureSet: TrainingPictures, PixelPictures {
    package let labels: [Int]
    /// See `Fingerprint.short`.
    package let identities: [UInt64]
    /// Left out because they cannot be decoded whole.
    package let bad: [BadPicture]
    private let paths: [Path]
    private let recipe: Recipe
    private let preprocessing: Preprocessing
    /// Empty where a picture did not fit.
    private let decoded: [[UInt8]]
    private let scratch = Monitor<[Scratch]>([])

    /// Decodes every picture once on `threads` threads. `isStopped` is asked between pictures: nil is returned once it
    /// is true. Throws where there is no memory for a decoder.
    package init?(
        _ pictures: [DataSplit.Picture], for recipe: Recipe, threads: Int, cacheBytes: Int,
        isStopped: @escaping @Sendable () -> Bool = { false }
    ) throws {
        let preprocessing = recipe.preprocessing
        let results = Monitor([Result<[UInt8], PictureError>?](repeating: nil, count: pictures.count))
        let fitting = cacheBytes / max(1, preprocessing.byteCount)
        let workers = try (0..<threads).map { _ in try Scratch() }
        try ThreadPool(threads: threads).forEach(pictures.count) { worker, index in
            if isStopped() { return }
            let result = workers[worker].whole(pictures[index].picture.path, for: preprocessing)
            results.withLock { $0[index] = index < fitting ? result : result.map { _ in [] } }
        }
        if isStopped() { return nil }
        let all = results.withLock { $0 }
        var good: [(picture: DataSplit.Picture, pixels: [UInt8])] = []
        var bad: [BadPicture] = []
        for (picture, result) in zip(pictures, all) {
            switch result {
            case .success(let pixels): good.append((picture, pixels))
            case .failure(let error): bad.append(BadPicture(picture.picture.path, error))
            case nil: break
            }
        }
        labels = good.map(\.picture.picture.label)
        identities = good.map(\.picture.fingerprint.short)
        paths = good.map(\.picture.picture.path)
        decoded = good.map(\.pixels)
        self.bad = bad
        self.recipe = recipe
        self.preprocessing = preprocessing
    }

    package var count: Int { paths.count }
    /// Pictures that are in memory.
    var cachedCount: Int { decoded.count { !$0.isEmpty } }
    var cachedBytes: Int { decoded.reduce(0) { $0 + $1.count } }

    /// See `PixelPictures`: bytes, height x width x RGB.
    package func load(_ index: Int, into pixels: inout MutableSpan<UInt8>) throws {
        try withPixels(of: index) { source in
            for index in source.indices { pixels[index] = source[index] }
        }
    }

    /// See `TrainingPictures`: rescaled floats, height x width x RGB.
    package func load(_ index: Int, augmentation: UInt64?, into input: inout MutableSpan<Float>) throws {
        try withPixels(of: index) { fill(&input, from: $0, augmentation: augmentation) }
    }

    private func withPixels(of index: Int, _ body: (Span<UInt8>) -> Void) throws {
        let cached = decoded[index]
        if !cached.isEmpty { return body(cached.span) }
        let scratch = try self.scratch.withLock { $0.popLast() } ?? Scratch()
        defer { self.scratch.withLock { $0.append(scratch) } }
        let pixels = try scratch.whole(paths[index], for: preprocessing).get()
        body(pixels.span)
    }

    private func fill(_ input: inout MutableSpan<Float>, from pixels: Span<UInt8>, augmentation: UInt64?) {
        if let seed = augmentation {
            recipe.augmentation(seed: seed).apply(
                to: pixels, width: preprocessing.width, height: preprocessing.height, into: &input)
        } else {
            for index in pixels.indices { input[index] = Float(pixels[index]) * (1 / 255) }
        }
    }

    /// A thread's decoder and file buffer. Used by one thread at a time.
    private final class Scratch: @unchecked Sendable {
        private var preparer: PicturePreparer

        init() throws(PictureError) {
            preparer = try PicturePreparer(zone: .gmt)
        }

        /// The prepared picture; a truncated or damaged one is an error here, since half a picture teaches little.
        func whole(_ path: Path, for preprocessing: Preprocessing) -> Result<[UInt8], PictureError> {
            var pixels = [UInt8](repeating: 0, count: preprocessing.byteCount)
            do throws(PictureError) {
                var span = pixels.mutableSpan
                switch try preparer.prepare(PicturePlace(path: path), for: preprocessing, into: &span).damage {
                case nil: break
                case .truncated: throw PictureError(.corrupt, "the file ends before its last scan line")
                case .damaged: throw PictureError(.corrupt, "the compressed picture is damaged")
                }
            } catch {
                return .failure(error)
            }
            return .success(pixels)
        }
    }
}
