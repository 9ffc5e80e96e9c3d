import Foundation
import Imaging
import Intake
package import Queue
import Threads

/// Labelled pictures in the parts that training uses them for, each with the fingerprint of its bytes.
///
/// What the folder does not give of validation and test is cut from training: a picture's part follows from its bytes
/// and the seed alone, so that copies stay together and a folder that grows moves no picture. Of ten pictures of a
/// brand seven are learnt from, one and a half choose, one and a half are quoted, on average; where chance leaves a
/// part of a brand without any, those nearest to it are moved.
package struct DataSplit: Sendable {
    package struct Picture: Hashable, Sendable {
        package var picture: LabelledFolder.Picture
        package var fingerprint: Fingerprint
    }

    private var parts: [DataPart: [Picture]] = [:]
    /// Not read, or with two labels.
    package private(set) var leftOut: [BadPicture] = []
    /// What is worth knowing of the parts, in sentences.
    package private(set) var remarks: [String] = []

    package subscript(part: DataPart) -> [Picture] { parts[part] ?? [] }

    /// Reads every picture's bytes on `threads` threads. `isStopped` is asked between pictures: nil is returned once it
    /// is true.
    package init?(
        _ folder: LabelledFolder, seed: UInt64, threads: Int,
        isStopped: @escaping @Sendable () -> Bool = { false }
    ) throws {
        for part in DataPart.allCases {
            guard let read = try Self.read(folder.given[part] ?? [], threads, isStopped) else { return nil }
            parts[part] = read.pictures
            leftOut += read.leftOut
        }
        leaveOutTwoLabels(classes: folder.classes)
        cut(folder.missing, seed: seed)
        keepApart(.validation, from: [.training])
        keepApart(.test, from: [.training, .validation])
        if folder.missing == [.validation] {
            remarks.append(
                "no validation folder is given: \(self[.validation].count) of the training pictures are held out")
        }
    }

    private static func read(
        _ pictures: [LabelledFolder.Picture], _ threads: Int, _ isStopped: @escaping @Sendable () -> Bool
    ) throws -> (pictures: [Picture], leftOut: [BadPicture])? {
        let results = Monitor([Result<Fingerprint, PictureError>?](repeating: nil, count: pictures.count))
        let buffers = (0..<threads).map { _ in Monitor<[UInt8]>([]) }
        try ThreadPool(threads: threads).forEach(pictures.count) { worker, index in
            if isStopped() { return }
            let result = buffers[worker].withLock { buffer in
                Result { () throws(PictureError) in
                    _ = try PictureFile.read(PicturePlace(path: pictures[index].path), into: &buffer)
                    return Fingerprint(of: buffer.span)
                }
            }
            results.withLock { $0[index] = result }
        }
        if isStopped() { return nil }
        var (known, leftOut): ([Picture], [BadPicture]) = ([], [])
        for (picture, result) in zip(pictures, results.withLock(\.self)) {
            switch result {
            case .success(let fingerprint): known.append(Picture(picture: picture, fingerprint: fingerprint))
            case .failure(let error): leftOut.append(BadPicture(picture.path, error))
            case nil: break
            }
        }
        return (known, leftOut)
    }

    /// The same bytes under two brands teach nothing.
    private mutating func leaveOutTwoLabels(classes: [String]) {
        var labels: [Fingerprint: Set<Int>] = [:]
        for picture in parts.values.joined() { labels[picture.fingerprint, default: []].insert(picture.picture.label) }
        for part in DataPart.allCases {
            for picture in self[part] {
                guard let two = labels[picture.fingerprint], two.count > 1 else { continue }
                let names = two.sorted().map { classes[$0] }.joined(separator: " and ")
                leftOut.append(
                    BadPicture(
                        path: picture.picture.path, reason: "two_labels", message: "the same picture stands in \(names)"
                    ))
            }
            parts[part] = self[part].filter { labels[$0.fingerprint]?.count == 1 }
        }
    }

    /// Pictures that are given in two parts are left out of the later one, so that no accuracy is quoted on what was
    /// learnt.
    private mutating func keepApart(_ part: DataPart, from others: [DataPart]) {
        let known = Set(others.flatMap { self[$0].map(\.fingerprint) })
        let (count, kept) = (self[part].count, self[part].filter { !known.contains($0.fingerprint) })
        guard kept.count < count else { return }
        parts[part] = kept
        remarks.append(
            "\(count - kept.count) of \(count) \(part.rawValue) pictures are also among those of "
                + "\(others.map(\.rawValue).joined(separator: " or ")): left out of \(part.rawValue)")
    }

    // MARK: Cutting

    /// The shares of [0, 1) that fall to each part; the rest is training.
    private static let shares: [(part: DataPart, range: Range<Double>)] = [
        (.test, 0..<0.15), (.validation, 0.15..<0.3),
    ]
    /// Of fewer different pictures of a brand none is spared.
    private static let fewest = 3

    private mutating func cut(_ missing: Set<DataPart>, seed: UInt64) {
        guard !missing.isEmpty else { return }
        let shares = Self.shares.filter { missing.contains($0.part) }
        var assigned: [Fingerprint: DataPart] = [:]
        for (_, pictures) in Dictionary(grouping: self[.training], by: \.picture.label) {
            assigned.merge(Self.assign(Set(pictures.map(\.fingerprint)), shares, seed: seed)) { $1 }
        }
        let all = self[.training]
        for part in missing.union([.training]) { parts[part] = all.filter { assigned[$0.fingerprint] == part } }
    }

    private static func assign(
        _ fingerprints: Set<Fingerprint>, _ shares: [(part: DataPart, range: Range<Double>)], seed: UInt64
    ) -> [Fingerprint: DataPart] {
        let placed = fingerprints.map { (fingerprint: $0, place: place($0, seed: seed)) }
            .sorted { $0.place < $1.place }
        var parts = placed.map { picture in shares.first { $0.range.contains(picture.place) }?.part ?? .training }
        guard placed.count >= fewest else {
            return Dictionary(uniqueKeysWithValues: placed.map { ($0.fingerprint, .training) })
        }
        func count(_ part: DataPart) -> Int { parts.count { $0 == part } }
        for (part, range) in shares where count(part) == 0 {
            let middle = (range.lowerBound + range.upperBound) / 2
            let spare = parts.indices.filter { count(parts[$0]) > 1 }
            if let nearest = spare.min(by: { abs(placed[$0].place - middle) < abs(placed[$1].place - middle) }) {
                parts[nearest] = part
            }
        }
        while 2 * count(.training) < placed.count,
            let last = parts.indices.last(where: { parts[$0] != .training && count(parts[$0]) > 1 })
        {
            parts[last] = .training
        }
        return Dictionary(uniqueKeysWithValues: zip(placed.map(\.fingerprint), parts))
    }

    /// In [0, 1), the same for the same bytes and seed everywhere.
    private static func place(_ fingerprint: Fingerprint, seed: UInt64) -> Double {
        var random = CounterRandom(seed, fingerprint.short)
        return Double(random.next() >> 11) * 0x1p-53
    }
}

extension DataSplit {
    /// Of the data set: equal for equal pictures in equal classes, whatever they are called and whichever part they are
    /// in. The fingerprint of a text with a line for each picture, its own fingerprint in hexadecimal and its class
    /// with a space between, the lines sorted by bytes.
    package func fingerprint(classes: [String]) -> Fingerprint {
        let lines = parts.values.joined().map { picture in
            Array("\(picture.fingerprint.hexadecimal) \(classes[picture.picture.label])\n".utf8)
        }
        let text = lines.sorted { $0.lexicographicallyPrecedes($1) }.reduce(into: [UInt8]()) { $0 += $1 }
        return Fingerprint(of: text.span)
    }
}

extension Fingerprint {
    package var hexadecimal: String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
    /// The first 8 bytes: what a model remembers of a picture.
    package var short: UInt64 { bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}

extension BadPicture {
    init(_ path: Path, _ error: PictureError) {
        self.init(path: path, reason: error.reason.rawValue, message: error.message, cause: error.cause)
    }
}
