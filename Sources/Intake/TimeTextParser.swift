/// Reads what `TimeText` takes, by hand: formatters are slow, and each knows one form.
struct TimeTextParser: ~Escapable {
    private var scanner: ByteScanner
    private let dayOrder: DayOrder?

    @_lifetime(copy text)
    init(_ text: Span<UInt8>, _ dayOrder: DayOrder?) {
        scanner = ByteScanner(text)
        self.dayOrder = dayOrder
        scanner.skipBlanks()
    }

    @_lifetime(self: copy self)
    mutating func parse() -> TimeText? {
        switch scanner.digitCount {
        case 0: return words()
        case 8, 14:
            let start = scanner.position
            if let time = compact() { return time }
            scanner.position = start
        default: break
        }
        if let number = number() { return TimeText(number: number) }
        return separated()
    }

    // MARK: Numbers

    /// The whole text as a number.
    private func number() -> Double? {
        var scanner = ByteScanner(scanner.bytes, at: scanner.position)
        var value = 0.0
        func digits(_ scanner: inout ByteScanner) -> Int {
            let count = scanner.digitCount
            for _ in 0..<count {
                value = value * 10 + Double(scanner.bytes[scanner.position] - UInt8(ascii: "0"))
                scanner.position += 1
            }
            return count
        }
        // Longer ones are no times.
        guard (1...20).contains(digits(&scanner)) else { return nil }
        var exponent = 0
        if scanner.skip(UInt8(ascii: ".")) { exponent = -digits(&scanner) }
        if scanner.skip("e") {
            let isNegative = scanner.skip(UInt8(ascii: "-"))
            if !isNegative { _ = scanner.skip(UInt8(ascii: "+")) }
            guard let written = scanner.number(1...2) else { return nil }
            exponent += isNegative ? -written : written
        }
        scanner.skipBlanks()
        guard scanner.isAtEnd, (-30...30).contains(exponent) else { return nil }
        var power = 1.0
        for _ in 0..<abs(exponent) { power *= 10 }
        return exponent < 0 ? value / power : value * power
    }

    /// `20240501`, `20240501T101112Z`, `20240501101112`
    @_lifetime(self: copy self)
    private mutating func compact() -> TimeText? {
        if let number = scanner.number(14...14) {
            guard let date = Date(compact: number / 1_000_000) else { return nil }
            return end(date, Clock(compact: number % 1_000_000))
        }
        guard let number = scanner.number(8...8), let date = Date(compact: number) else { return nil }
        var end = scanner
        end.skipBlanks()
        if end.isAtEnd { return day(date) }
        guard skipConnector(), let time = scanner.number(6...6) else { return nil }
        var clock = Clock(compact: time)
        fraction(&clock)
        return self.end(date, clock)
    }

    // MARK: Dates

    /// `2024-05-01`, `2024:05:01`, `2024/5/1`, `01/05/2024`, `1 May 2024`, `01-May-2024`
    @_lifetime(self: copy self)
    private mutating func separated() -> TimeText? {
        let start = scanner.position
        if let year = scanner.number(4...4) {
            guard let separator = scanner.next, separator != UInt8(ascii: " "), isSeparator(separator),
                scanner.skip(separator), let month = scanner.number(1...2), scanner.skip(separator),
                let day = scanner.number(1...2)
            else { return nil }
            return clock(of: Date(year: year, month: month, day: day))
        }
        if let (first, second, year) = ambiguousDate() {
            switch dayOrder {
            case nil: return nil
            case .dayFirst: return clock(of: Date(year: year, month: second, day: first))
            case .monthFirst: return clock(of: Date(year: year, month: first, day: second))
            }
        }
        scanner.position = start
        guard let day = scanner.number(1...2), skipGap(), let month = month(), skipGap(),
            let year = scanner.number(4...4)
        else { return nil }
        return clock(of: Date(year: year, month: month, day: day))
    }

    /// `01/05/2024`, `1.5.24`, `01-05-2024`: two parts of which one is the day, and the year.
    @_lifetime(self: copy self)
    mutating func ambiguousDate() -> (Int, Int, year: Int)? {
        guard let first = scanner.number(1...2), let separator = scanner.next, separator != UInt8(ascii: " "),
            separator != UInt8(ascii: ":"), isSeparator(separator), scanner.skip(separator),
            let second = scanner.number(1...2), scanner.skip(separator)
        else { return nil }
        if let year = scanner.number(4...4) { return (first, second, year) }
        guard let year = scanner.number(2...2) else { return nil }
        return (first, second, 2000 + year)
    }

    /// `Wed, 09 Feb 2022 20:32:10 +0000`, `Tue Jan 24 15:09:43 +0000 2017`, `Wed May 01 2024 10:11:12 GMT+0200`, `May
    /// 1, 2024`
    @_lifetime(self: copy self)
    private mutating func words() -> TimeText? {
        if skipWeekday() {
            _ = scanner.skip(UInt8(ascii: ","))
            guard scanner.skipBlanks() else { return nil }
            if scanner.digitCount > 0 { return separated() }
        }
        guard let month = month(), skipGap(), let day = scanner.number(1...2) else { return nil }
        _ = scanner.skip(UInt8(ascii: ","))
        guard skipGap() else { return nil }
        if let year = scanner.number(4...4) { return clock(of: Date(year: year, month: month, day: day)) }
        var zone: Int?
        guard let time = time(), self.zone(&zone) else { return nil }
        scanner.skipBlanks()
        guard let year = scanner.number(4...4) else { return nil }
        scanner.skipBlanks()
        return scanner.isAtEnd ? made(Date(year: year, month: month, day: day), time, zone) : nil
    }

    private func isSeparator(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "."): true
        default: false
        }
    }

    @_lifetime(self: copy self)
    private mutating func skipGap() -> Bool { scanner.skipBlanks() || scanner.skip(UInt8(ascii: "-")) }

    /// From 1.
    @_lifetime(self: copy self)
    private mutating func month() -> Int? { word(of: "janfebmaraprmayjunjulaugsepoctnovdec").map { $0 + 1 } }

    @_lifetime(self: copy self)
    private mutating func skipWeekday() -> Bool { word(of: "montuewedthufrisatsun") != nil }

    /// Reads a word that starts with one of a list's, and says which.
    /// - list: Words of three letters, in lower case.
    @_lifetime(self: copy self)
    private mutating func word(of list: StaticString) -> Int? {
        var end = scanner.position
        while end < scanner.bytes.count, scanner.bytes[end].isLetter { end += 1 }
        guard (3...9).contains(end - scanner.position) else { return nil }
        for index in 0..<list.utf8CodeUnitCount / 3 {
            var isSame = true
            for i in 0..<3 {
                if unsafe scanner.bytes[scanner.position + i].lowercased != list.utf8Start[index * 3 + i] {
                    isSame = false
                }
            }
            if isSame {
                scanner.position = end
                return index
            }
        }
        return nil
    }

    // MARK: Clocks

    /// What follows a date, to the end of the text.
    @_lifetime(self: copy self)
    private mutating func clock(of date: Date) -> TimeText? {
        var end = scanner
        end.skipBlanks()
        if end.isAtEnd { return day(date) }
        guard skipConnector(), let time = time() else { return nil }
        return self.end(date, time)
    }

    /// What stands between a date and a time.
    @_lifetime(self: copy self)
    private mutating func skipConnector() -> Bool {
        if scanner.skip("t") || scanner.skip(UInt8(ascii: "_")) { return true }
        _ = scanner.skip(UInt8(ascii: ","))
        return scanner.skipBlanks()
    }

    /// `10:11`, `10:11:12.345`, `6:30:00 PM`
    @_lifetime(self: copy self)
    private mutating func time() -> Clock? {
        let colon = UInt8(ascii: ":")
        guard let hour = scanner.number(1...2), scanner.skip(colon), let minute = scanner.number(2...2) else {
            return nil
        }
        var clock = Clock(hour: hour, minute: minute, second: 0, millisecond: 0)
        if scanner.skip(colon) {
            guard let second = scanner.number(2...2) else { return nil }
            // A leap second.
            clock.second = second == 60 ? 59 : second
            fraction(&clock)
        }
        guard let isAfternoon = scanner.meridiem() else { return clock }
        return clock.onTwelveHours(isAfternoon: isAfternoon)
    }

    @_lifetime(self: copy self)
    private mutating func fraction(_ clock: inout Clock) {
        guard scanner.next == UInt8(ascii: ".") || scanner.next == UInt8(ascii: ",") else { return }
        var weight = 100
        var digits = ByteScanner(scanner.bytes, at: scanner.position + 1)
        while let byte = digits.next, byte.isDigit {
            clock.millisecond += Int(byte - UInt8(ascii: "0")) * weight
            weight /= 10
            digits.position += 1
        }
        if weight < 100 { scanner.position = digits.position }
    }

    /// Reads the zone, where there is one, and sees that nothing follows it but a remark.
    @_lifetime(self: copy self)
    private mutating func end(_ date: Date, _ clock: Clock) -> TimeText? {
        var zone: Int?
        guard self.zone(&zone) else { return nil }
        scanner.skipBlanks()
        // `(Central European Summer Time)`, `[Europe/Berlin]`
        let isRemark = scanner.next == UInt8(ascii: "(") || scanner.next == UInt8(ascii: "[")
        return scanner.isAtEnd || (zone != nil && isRemark) ? made(date, clock, zone) : nil
    }

    /// Reads a zone as minutes ahead of UTC, if one is there; false for one that nobody knows.
    @_lifetime(self: copy self)
    private mutating func zone(_ minutes: inout Int?) -> Bool {
        scanner.skipBlanks()
        if let byte = scanner.next, byte.isLetter {
            if scanner.skip("utc") || scanner.skip("gmt") || scanner.skip("z") || scanner.skip("ut") {
                minutes = 0
            } else if let hours = americanZone() {
                minutes = hours * 60
            }
            if let byte = scanner.next, minutes == nil || byte.isLetter { return false }
        }
        guard let sign = scanner.next, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return true }
        scanner.position += 1
        var hours: Int
        var rest = 0
        if let number = scanner.number(4...4) {
            (hours, rest) = number.quotientAndRemainder(dividingBy: 100)
        } else {
            guard let number = scanner.number(1...2) else { return false }
            hours = number
            if scanner.skip(UInt8(ascii: ":")) {
                guard let number = scanner.number(2...2) else { return false }
                rest = number
            }
        }
        guard hours <= 14, rest < 60 else { return false }
        minutes = (hours * 60 + rest) * (sign == UInt8(ascii: "-") ? -1 : 1)
        return true
    }

    /// RFC 2822's obsolete zones, in hours ahead of UTC.
    @_lifetime(self: copy self)
    private mutating func americanZone() -> Int? {
        if scanner.skip("edt") { return -4 }
        if scanner.skip("est") || scanner.skip("cdt") { return -5 }
        if scanner.skip("cst") || scanner.skip("mdt") { return -6 }
        if scanner.skip("mst") || scanner.skip("pdt") { return -7 }
        return scanner.skip("pst") ? -8 : nil
    }

    private func day(_ date: Date) -> TimeText? { CalendarDay(existing: date).map(TimeText.day) }

    private func made(_ date: Date, _ clock: Clock, _ zone: Int?) -> TimeText? {
        guard let wall = WallClock(date, clock) else { return nil }
        return zone.map { .moment(wall.timestamp(minutesAheadOfUTC: $0)) } ?? .wallClock(wall)
    }
}

private typealias Date = CalendarDay.Date

extension CalendarDay.Date {
    /// - number: As in 20240501.
    init?(compact number: Int) {
        self.init(year: number / 10_000, month: number / 100 % 100, day: number % 100)
        // So that numbers of eight digits are not all dates.
        guard (1900...2100).contains(year) else { return nil }
    }
}

extension CalendarDay {
    /// Nil where there is no such day.
    init?(existing date: Date) {
        guard (1...9999).contains(date.year), (1...12).contains(date.month) else { return nil }
        self.init(date)
        guard self.date == date else { return nil }
    }
}

/// A time of day as it is written, not necessarily one that exists.
struct Clock {
    var hour: Int
    var minute: Int
    var second: Int
    var millisecond = 0
}

extension Clock {
    /// - number: As in 101112.
    init(compact number: Int) {
        self.init(hour: number / 10_000, minute: number / 100 % 100, second: number % 100)
    }

    /// Nil where no such clock goes beyond 12.
    func onTwelveHours(isAfternoon: Bool) -> Clock? {
        guard (1...12).contains(hour) else { return nil }
        var clock = self
        clock.hour = hour % 12 + (isAfternoon ? 12 : 0)
        return clock
    }
}

extension WallClock {
    init?(_ date: CalendarDay.Date, _ clock: Clock) {
        self.init(
            year: date.year, month: date.month, day: date.day, hour: clock.hour, minute: clock.minute,
            second: clock.second, millisecond: clock.millisecond)
    }
}

extension ByteScanner {
    /// Reads `AM`, `pm`, `a.m.`, with a blank of any width before it; whether it is the afternoon, nil where none of
    /// these is ahead.
    @_lifetime(self: copy self)
    mutating func meridiem() -> Bool? {
        var ahead = self
        // U+202F, which Macs write, and U+00A0.
        if !ahead.skip("\u{202F}"), !ahead.skip("\u{A0}") { ahead.skipBlanks() }
        let isAfternoon = ahead.next?.lowercased == UInt8(ascii: "p")
        guard ahead.skip("am") || ahead.skip("pm") || ahead.skip("a.m.") || ahead.skip("p.m."),
            ahead.next?.isLetter != true
        else { return nil }
        position = ahead.position
        return isAfternoon
    }
}
