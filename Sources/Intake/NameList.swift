import Glibc

/// The smallest names of a directory above a given one, sorted by bytes, in one buffer. Never holds more than `limit`
/// names: when more come, the larger half is dropped, and a later pass over the directory finds those again.
struct NameList {
    private struct Entry {
        var offset: Int
        var length: Int
    }

    private let limit: Int
    private let after: [UInt8]?
    /// Names above it were dropped; nil when none was.
    private(set) var bound: [UInt8]?
    private var bytes: [UInt8] = []
    private var entries: [Entry] = []

    init(limit: Int, after: [UInt8]?) {
        self.limit = max(limit, 2)
        self.after = after
    }

    var count: Int { entries.count }

    subscript(index: Int) -> ArraySlice<UInt8> {
        let entry = entries[index]
        return bytes[entry.offset..<entry.offset + entry.length]
    }

    mutating func insert(_ name: Span<UInt8>) {
        if let after, !name.isAbove(after) { return }
        if entries.count == limit { dropLargerHalf() }
        if let bound, name.isAbove(bound) { return }
        entries.append(Entry(offset: bytes.count, length: name.count))
        unsafe name.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    mutating func sort() {
        unsafe bytes.withUnsafeBytes { bytes in
            entries.sort { left, right in
                let left = unsafe UnsafeRawBufferPointer(rebasing: bytes[left.offset..<left.offset + left.length])
                let right = unsafe UnsafeRawBufferPointer(rebasing: bytes[right.offset..<right.offset + right.length])
                return unsafe order(left, right) < 0
            }
        }
    }

    /// Whether a name is among them; names that were dropped may be, so true. The list is sorted.
    func mayContain(_ name: [UInt8]) -> Bool {
        if let bound, name.span.isAbove(bound) { return true }
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            let found = unsafe bytes.withUnsafeBytes { bytes in
                let entry = entries[middle]
                let candidate = unsafe UnsafeRawBufferPointer(
                    rebasing: bytes[entry.offset..<entry.offset + entry.length])
                return unsafe name.withUnsafeBytes { unsafe order($0, candidate) }
            }
            if found == 0 { return true }
            if found < 0 { high = middle } else { low = middle + 1 }
        }
        return false
    }

    private mutating func dropLargerHalf() {
        sort()
        var kept: [UInt8] = []
        for i in 0..<limit / 2 {
            let name = self[i]
            entries[i].offset = kept.count
            kept += name
        }
        entries.removeLast(entries.count - limit / 2)
        bytes = kept
        bound = Array(self[entries.count - 1])
    }
}

/// Below, at or above zero, as `memcmp`; of two names of which one begins the other, the shorter is first.
private func order(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    guard let leftBase = left.baseAddress, let rightBase = right.baseAddress else { return left.count - right.count }
    let order = unsafe memcmp(leftBase, rightBase, min(left.count, right.count))
    return order == 0 ? left.count - right.count : Int(order)
}

extension Span<UInt8> {
    fileprivate func isAbove(_ other: [UInt8]) -> Bool {
        unsafe withUnsafeBytes { mine in unsafe other.withUnsafeBytes { unsafe order(mine, $0) } } > 0
    }
}
