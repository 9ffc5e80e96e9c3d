import Foundation

/// Flickr's YFCC100M and its like: tab-separated, without a header, some 23 to 25 columns whose number differs from
/// release to release (lbsn.vgiscience.org/tutorial/yfcc-introduction). They are known by their shape: the page's
/// address, the picture's address, the second of the upload. Texts are written as in addresses.
enum YFCC: RecordFileFormat {
    static let name = "YFCC100M"

    static func records(
        of file: RecordFile, in folder: FolderView, _ context: IntakeContext, _ problems: inout [MetadataProblem]
    ) throws(SystemError) -> (any RecordFormat)? {
        guard file.isHeaderless else { return nil }
        let rows = file.head
        func column(_ isOne: (String) -> Bool) -> String? {
            let width = rows[0].members.reduce(0) { count, _ in count + 1 }
            return (0..<max(width, 40)).map(String.init).first { key in
                let values = rows.compactMap { $0[key]?.string }
                return 2 * values.count > rows.count && values.allSatisfy(isOne)
            }
        }
        guard let page = column({ Self.page($0) != nil }) else { return nil }
        let picture = column { $0.contains("staticflickr.com/") || $0.contains("static.flickr.com/") }
        // Times, not ids and accuracies: from 2004 on.
        let uploaded = column {
            $0.utf8.count == 10 && $0.utf8.allSatisfy(\.isDigit) && $0 > "1070000000" && $0 < "2000000000"
        }
        // Before the page stand title, description, the author's tags, machines' tags, longitude, latitude and
        // accuracy.
        let position = Int(page) ?? 0
        return YFCCRow(
            page: page, picture: picture, uploaded: uploaded, texts: [position - 7, position - 6].map(String.init),
            tags: String(position - 5))
    }

    /// Whose picture it is and which, by its page: `http://www.flickr.com/photos/39019111@N00/23666168/`.
    static func page(_ address: String) -> (author: String, id: String)? {
        guard let start = address.firstRange(of: "flickr.com/photos/")?.upperBound else { return nil }
        let parts = address[start...].split(separator: "/")
        guard parts.count >= 2, parts[1].utf8.allSatisfy(\.isDigit) else { return nil }
        return (String(parts[0]), String(parts[1]))
    }
}

/// One picture; the columns are called by their numbers.
private struct YFCCRow: RecordFormat {
    let page: String
    let picture: String?
    let uploaded: String?
    let texts: [String]
    let tags: String

    var nameColumns: Set<String>? { Set([page, picture].compactMap { $0 }) }

    func forEachPicture(in record: JSONNode, _ body: (PostIndex.Name, Int) -> Void) {
        guard let (_, id) = record[page]?.string.flatMap(YFCC.page) else { return }
        body(.stem(Array(id.utf8)[...]), 0)
        if let address = picture.flatMap({ record[$0]?.string }) {
            // `23666168_e1b1a2c3d4.jpg`
            body(.stem(PictureName(Array(address.utf8)).stem), 0)
        }
    }

    func post(of number: Int, in record: JSONNode, _ context: IntakeContext) -> Post {
        var post = Post(platform: Platform.flickr.rawValue)
        if let (author, id) = record[page]?.string.flatMap(YFCC.page) { (post.author, post.id) = (author, id) }
        post.time = uploaded.flatMap { record[$0] }.flatMap { PostTime($0, .manifest, clocksAreUTC: true, context) }
        post.take(
            texts: texts.compactMap { record[$0]?.string }.map(Self.decoded),
            hashtags: PostText.list(of: record[tags]?.string.map(Self.decoded) ?? ""), context)
        return post
    }

    /// `Canon+PowerShot%20S5`
    private static func decoded(_ text: String) -> String {
        let text = text.replacing("+", with: " ")
        return text.removingPercentEncoding ?? text
    }
}
