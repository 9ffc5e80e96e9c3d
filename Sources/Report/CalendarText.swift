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
}
