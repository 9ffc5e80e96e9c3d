package import Intake

extension CalendarDay {
    /// "3 June 2026"
    package var longText: String { "\(shortText) \(date.year)" }

    /// "3 June"
    package var shortText: String { "\(date.day) \(CalendarDay.months[date.month - 1])" }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    /// Reads `2026-06-03`; nil for what is no day.
    init?(iso8601 text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = wholeNumber(bytes[..<4]), let month = wholeNumber(bytes[5..<7]),
            let day = wholeNumber(bytes[8...]),
            year > 0, (1...12).contains(month), day > 0
        else { return nil }
        self.init(Date(year: year, month: month, day: day))
        // The 30th of February is no day: it would run into March.
        if date != Date(year: year, month: month, day: day) { return nil }
    }
}

/// Of digits alone, at most nine.
func wholeNumber<Digits: Collection<UInt8>>(_ digits: Digits) -> Int? {
    guard !digits.isEmpty, digits.count <= 9,
        digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
}
