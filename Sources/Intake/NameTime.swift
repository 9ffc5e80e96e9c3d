extension TimeText {
    /// The time in a file's name, as cameras, telephones, messengers, screenshots and downloaders write it there; nil
    /// without one.
    ///
    /// Only dates from 1990 to 2099 that stand by themselves, between bytes that are no digits: a long number is no
    /// date, whatever its digits. A clock is a moment where the name's maker writes UTC (instaloader, gallery-dl for
    /// Bluesky, Pixel telephones).
    /// - fileName: Without folders.
    package init?(fileName: Span<UInt8>) {
        var day: CalendarDay?
        var position = 0
        while position < fileName.count {
            var scanner = ByteScanner(fileName, at: position)
            let digits = scanner.digitCount
            if [2, 4, 8, 14].contains(digits), let found = scanner.nameTime() {
                guard case .day(let found) = found else {
                    self = found
                    return
                }
                day = day ?? found
            }
            position += max(digits, 1)
        }
        guard let day else { return nil }
        self = .day(day)
    }
}

extension ByteScanner {
    /// The date, and perhaps time, that starts with the digits that are ahead.
    @_lifetime(self: copy self)
    fileprivate mutating func nameTime() -> TimeText? {
        switch digitCount {
        case 2: return telegramTime()
        case 4: return separatedTime()
        default: return compactTime()
        }
    }

    /// `2024-05-01`, `2024_05_01`; with a time also `2024.05.01` and `2024:05:01`, which are versions else.
    @_lifetime(self: copy self)
    private mutating func separatedTime() -> TimeText? {
        guard let year = number(4...4), let separator = next, "-_.:".utf8.contains(separator), skip(separator),
            let month = number(2...2), skip(separator), let day = number(2...2),
            let found = existingDay(CalendarDay.Date(year: year, month: month, day: day))
        else { return nil }
        if let time = clock(of: found, isUTC: false) { return time }
        return separator == UInt8(ascii: "-") || separator == UInt8(ascii: "_") ? .day(found) : nil
    }

    /// `20240501_101112`; after a camera's or a program's word also `20240501`, `20240501_101112345`, `20240501101112`,
    /// `20240501_10_11_12`; `20240501-WA0001`.
    @_lifetime(self: copy self)
    private mutating func compactTime() -> TimeText? {
        let start = position
        if let number = number(14...14) {
            guard let day = existingDay(CalendarDay.Date(compact: number / 1_000_000)), isNamed(before: start)
            else { return nil }
            return made(day, Clock(compact: number % 1_000_000), isUTC: false)
        }
        guard let number = number(8...8), let day = existingDay(CalendarDay.Date(compact: number)) else { return nil }
        let isNamed = isNamed(before: start)
        if isNamed {
            if let time = clock(of: day, isUTC: isPixel(before: start)) { return time }
        } else {
            var time = self
            if time.skipJoint(), let number = time.number(6...6),
                let time = made(day, Clock(compact: number), isUTC: false)
            {
                return time
            }
        }
        var tail = self
        return isNamed || (tail.skip("-wa") && tail.digitCount >= 4) ? .day(day) : nil
    }

    /// Telegram's `photo_1@01-05-2024_10-11-12`, the day first.
    @_lifetime(self: copy self)
    private mutating func telegramTime() -> TimeText? {
        let dash = UInt8(ascii: "-")
        guard position > 0, bytes[position - 1] == UInt8(ascii: "@"), let day = number(2...2), skip(dash),
            let month = number(2...2), skip(dash), let year = number(4...4),
            let found = existingDay(CalendarDay.Date(year: year, month: month, day: day))
        else { return nil }
        return clock(of: found, isUTC: false)
    }

    private func existingDay(_ date: CalendarDay.Date?) -> CalendarDay? {
        guard let date, (1990...2099).contains(date.year) else { return nil }
        return CalendarDay(existing: date)
    }

    /// Reads the time of day that follows a date.
    @_lifetime(self: copy self)
    private mutating func clock(of day: CalendarDay, isUTC: Bool) -> TimeText? {
        let start = position
        let isISO = skip("t")
        let isWord = !isISO && skipShortWord()
        guard isISO || isWord || skipJoint() else {
            position = start
            return nil
        }
        var clock: Clock
        if let number = number(6...6) {
            clock = Clock(compact: number)
        } else if let number = number(9...9) {
            clock = Clock(compact: number / 1000)
            clock.millisecond = number % 1000
        } else {
            guard let hour = number((isWord ? 1 : 2)...2), let separator = skipColon(), let minute = number(2...2)
            else {
                position = start
                return nil
            }
            clock = Clock(hour: hour, minute: minute, second: 0)
            let isSame = skipColon() == separator
            if isSame, let second = number(2...2) {
                clock.second = second
            } else if !isWord {
                position = start
                return nil
            }
        }
        if let isAfternoon = meridiem() {
            guard let onTwelveHours = clock.onTwelveHours(isAfternoon: isAfternoon) else { return nil }
            clock = onTwelveHours
        }
        // gallery-dl cuts Bluesky's time before its zone.
        let isBluesky = isISO && next == UInt8(ascii: "_")
        return made(day, clock, isUTC: isUTC || isBluesky || isMarkedUTC)
    }

    private func made(_ day: CalendarDay, _ clock: Clock, isUTC: Bool) -> TimeText? {
        guard let wall = WallClock(day.date, clock) else { return nil }
        return isUTC ? .moment(wall.timestamp(minutesAheadOfUTC: 0)) : .wallClock(wall)
    }

    /// `_UTC`, `Z`
    private var isMarkedUTC: Bool {
        var ahead = self
        _ = ahead.skip(UInt8(ascii: "_")) || ahead.skip(UInt8(ascii: " "))
        return (ahead.skip("utc") || ahead.skip("z")) && ahead.next?.isLetter != true && ahead.next?.isDigit != true
    }

    @_lifetime(self: copy self)
    private mutating func skipJoint() -> Bool {
        skip(UInt8(ascii: "_")) || skip(UInt8(ascii: "-")) || skip(UInt8(ascii: " "))
            || (next == UInt8(ascii: "T") && skip("t"))
    }

    /// ` at `, and what it is elsewhere: ` um `, ` à `, ` - `.
    @_lifetime(self: copy self)
    private mutating func skipShortWord() -> Bool {
        var ahead = self
        guard ahead.skip(UInt8(ascii: " ")) else { return false }
        let start = ahead.position
        while let byte = ahead.next, byte != UInt8(ascii: " "), !byte.isDigit, ahead.position - start < 5 {
            ahead.position += 1
        }
        guard ahead.position > start, ahead.skip(UInt8(ascii: " ")) else { return false }
        position = ahead.position
        return true
    }

    /// Reads what stands between hours and minutes, and says what it was; `：` is what Windows gets for a colon.
    @_lifetime(self: copy self)
    private mutating func skipColon() -> UInt8? {
        if skip("\u{FF1A}") { return UInt8(ascii: ":") }
        guard let byte = next, "-_.:".utf8.contains(byte) else { return nil }
        position += 1
        return byte
    }

    /// Whether digits at `start` follow a word that cameras and programs put before a date.
    private func isNamed(before start: Int) -> Bool {
        wordsBeforeDates.contains { isWord($0, before: start) }
    }

    private func isPixel(before start: Int) -> Bool { isWord("pxl", before: start) }

    private func isWord(_ word: StaticString, before start: Int) -> Bool {
        let end = start > 0 && "_- ".utf8.contains(bytes[start - 1]) ? start - 1 : start
        var ahead = ByteScanner(bytes, at: end - word.utf8CodeUnitCount)
        guard ahead.position >= 0 else { return false }
        let isAtBorder = ahead.position == 0 || !bytes[ahead.position - 1].isLetter
        return isAtBorder && ahead.skip(word)
    }
}

/// What cameras and programs put before a date, in lower case.
private let wordsBeforeDates: [StaticString] = [
    "img", "vid", "pxl", "mvimg", "pano", "burst", "dsc", "wp", "photo", "picture", "image", "screenshot",
    "signal", "inshot", "snapchat", "video",
]
