/// Google Photos in Takeout: `IMG.JPG.supplemental-metadata.json`, before 2024 `IMG.JPG.json`, for `IMG.JPG`, its name
/// cut off at 46 characters (github.com/ente-io/ente/issues/4953). A second `IMG.JPG` is `IMG(1).JPG`, and its document
/// `IMG.JPG(1).json`; what was edited there is `IMG-edited.JPG` and shares the document. Its time is that of the
/// picture, as the camera or whoever mended it says.
enum GoogleTakeout: SidecarFormat {
    static let name = "Google Takeout"

    static func names(for picture: PictureName) -> [[UInt8]] {
        let ending = picture.name[picture.stem.endIndex...]
        var found: [[UInt8]] = []
        func add(_ stem: ArraySlice<UInt8>) {
            let (start, count) = counted(stem)
            // The number stays where it is in names that had it before.
            found += documents(of: stem + ending, [])
            if !count.isEmpty { found += documents(of: start + ending, count) }
        }
        add(picture.stem)
        let (start, count) = counted(picture.stem)
        for mark in editMarks where start.count > mark.count && start.suffix(mark.count).elementsEqual(mark) {
            add(start.dropLast(mark.count) + count)
        }
        return found
    }

    static func post(of picture: PictureName, in document: JSONNode, _ context: IntakeContext) -> Post? {
        guard document[path: "photoTakenTime", "timestamp"] != nil else { return nil }
        return fields.post(in: document, source: .sidecar, context)
    }

    private static let fields = PostFields(
        time: ["photoTakenTime.timestamp"], text: ["description"], views: ["imageViews"])

    private static let ending = Array(".json".utf8)
    private static let word = Array(".supplemental-metadata".utf8)
    private static let longestName = 46
    private static let editMarks = [
        "-edited", "-bearbeitet", "-modifié", "-editado", "-modificato", "-bewerkt", "-editada",
    ]
    .map { Array($0.utf8) }

    private static func documents(of name: ArraySlice<UInt8>, _ count: ArraySlice<UInt8>) -> [[UInt8]] {
        var found: [[UInt8]] = []
        if name.count < longestName {
            // Others cut elsewhere.
            for length in (0...word.count).reversed() { found.append(name + word.prefix(length) + count + ending) }
        } else {
            found.append(name.prefix(longestName) + count + ending)
            let characters = Array(String(decoding: name, as: UTF8.self).prefix(longestName).utf8)
            if characters.count != longestName { found.append(characters + count + ending) }
        }
        return found
    }

    /// A stem without `(1)` at its end, and that.
    private static func counted(_ stem: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, ArraySlice<UInt8>) {
        guard stem.last == UInt8(ascii: ")"), let start = stem.lastIndex(of: UInt8(ascii: "(")), start > stem.startIndex
        else {
            return (stem, [])
        }
        let digits = stem[(start + 1)...].dropLast()
        return (1...4).contains(digits.count) && digits.allSatisfy(\.isDigit)
            ? (stem[..<start], stem[start...]) : (stem, [])
    }
}
