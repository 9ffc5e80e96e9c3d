import Imaging
import Intake
import Queue
import Report

/// Makes small pictures of sightings. One for each thread.
struct Thumbnails: ~Copyable {
    private var decoder: PictureDecoder
    /// Of the longer side, in pixels.
    private let side: Int

    init(side: Int = 320) throws(PictureError) {
        self.side = side
        decoder = try PictureDecoder()
    }

    /// The picture at its proportions, or why it cannot be shown: it may have gone, changed or become unreadable since.
    mutating func image(of row: SightingRow) -> Result<RGBImage, SightingSheet.Missing> {
        guard let picture = row.picture else {
            return .failure(SightingSheet.Missing(why: "where it lies is not known; submit its folder again"))
        }
        var bytes: [UInt8] = []
        do {
            _ = try PictureFile.read(picture.file, into: &bytes)
            if let fingerprint = picture.fingerprint, Fingerprint(of: bytes.span) != fingerprint {
                return .failure(SightingSheet.Missing(why: "another picture lies there now"))
            }
            let image = try decoder.decode(bytes.span, atLeast: (side, side)).image
            let scale = Double(side) / Double(max(image.width, image.height))
            guard scale < 1 else { return .success(image) }
            return .success(
                image.resized(
                    width: max(1, Int((Double(image.width) * scale).rounded())),
                    height: max(1, Int((Double(image.height) * scale).rounded()))))
        } catch {
            return .failure(SightingSheet.Missing(why: error.cause.map { "\($0)" } ?? error.message))
        }
    }

    /// The sightings with such pictures as files.
    mutating func entries(
        of rows: [SightingRow], labels: (SightingRow) -> String? = { _ in nil }
    ) throws(PictureError) -> [SightingSheet.Entry] {
        var entries: [SightingSheet.Entry] = []
        for row in rows {
            let thumbnail: Result<[UInt8], SightingSheet.Missing> =
                switch image(of: row) {
                case .success(let image): .success(try image.jpeg(quality: 78))
                case .failure(let missing): .failure(missing)
                }
            entries.append(SightingSheet.Entry(row, thumbnail: thumbnail, label: labels(row)))
        }
        return entries
    }
}
