/// img2dataset: `KEY.json` and `KEY.txt` for `KEY.jpg`, in folders and in tar files (github.com/rom1504/img2dataset,
/// writer.py). It knows where a picture came from, not when or whose it is, unless the columns that it was told to keep
/// do.
enum Img2Dataset: SidecarFormat {
    static let name = "img2dataset"

    static func names(for picture: PictureName) -> [[UInt8]] { [picture.stem + Array(".json".utf8)] }

    static func post(of picture: PictureName, in document: JSONNode, _ context: IntakeContext) -> Post? {
        guard document["key"] != nil, document["status"] != nil, document["original_width"] != nil else { return nil }
        let aliases = RecordAliases([document])
        var post = aliases.post(in: document, aliases.fields(), source: .sidecar, context)
        // It wrote the picture again, without its EXIF, which is here.
        post.time = post.time ?? document["exif"]?.string.flatMap { cameraTime(in: $0, context) }
        return post
    }

    /// - exif: A document of its own, by the names of ExifRead.
    private static func cameraTime(in exif: String, _ context: IntakeContext) -> PostTime? {
        guard exif.utf8.count > 2, let tags = try? JSONDocument().parse(Array(exif.utf8).span),
            let clock = tags["EXIF DateTimeOriginal"]?.string
        else { return nil }
        let zone = tags["EXIF OffsetTimeOriginal"]?.string ?? ""
        return (TimeText(clock + zone) ?? TimeText(clock)).map { PostTime($0.timestamp(in: context.zone), .exif) }
    }
}
