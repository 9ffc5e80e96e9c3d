/// A picture's name as the formats take it apart: `a/b_2.jpg` is `b_2.jpg`, its stem `b_2`, its post's stem `b`.
struct PictureName {
    /// From the source's root; the last component is the name.
    let path: [UInt8]
    let name: ArraySlice<UInt8>
    /// Without the last extension, or what a browser kept of an address's query (`FhAAA?format=jpg&name=large`).
    let stem: ArraySlice<UInt8>
    /// The stem without the number of the picture in its post at its end, where there is one, and that number.
    let numbered: (stem: ArraySlice<UInt8>, number: Int)?

    init(_ path: [UInt8]) {
        self.path = path
        let start = path.lastIndex(of: Path.separator).map { $0 + 1 } ?? 0
        name = path[start...]
        let end = name.firstIndex(of: UInt8(ascii: "?")) ?? path.endIndex
        let dot = path[start..<end].lastIndex(of: UInt8(ascii: ".")).flatMap { $0 > start ? $0 : nil } ?? end
        let stem = path[start..<dot]
        self.stem = stem
        let digits = stem.reversed().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
        let underscore = stem.endIndex - digits - 1
        if (1...6).contains(digits), underscore > start, stem[underscore] == UInt8(ascii: "_"),
            let number = Int(String(decoding: stem[(underscore + 1)...], as: UTF8.self))
        {
            numbered = (stem[..<underscore], number)
        } else {
            numbered = nil
        }
    }

    /// What a file is called that was saved from an address, without query and fragment.
    init(address: String) {
        self.init(Array(address.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }))
    }

    /// The names of the folders that it lies in, from the source's root.
    var folders: [ArraySlice<UInt8>] { path[..<name.startIndex].split(separator: Path.separator) }
}
