import Foundation
package import Intake

/// Numbers for people.
package enum Format {
    /// 1,234,567
    package static func count(_ value: Int) -> String {
        var text = ""
        for (index, digit) in String(value.magnitude).reversed().enumerated() {
            if index > 0 && index.isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return (value < 0 ? "-" : "") + String(text.reversed())
    }

    /// "1 picture", "2,000 pictures".
    package static func count(_ value: Int, _ noun: String) -> String {
        "\(count(value)) \(noun)\(value == 1 ? "" : "s")"
    }

    /// With so many decimals, rounded as C does; "-" when it is not finite.
    package static func fixed(_ value: Double, decimals: Int) -> String {
        value.isFinite ? String(format: "%.\(decimals)f", value) : "-"
    }

    /// "41.2 %" of a fraction; "-" when there is none.
    package static func percent(_ fraction: Double?) -> String {
        guard let fraction, fraction.isFinite else { return "-" }
        return "\(fixed(fraction * 100, decimals: 1)) %"
    }

    /// "131/s", "12.3/s", "0.25/s"
    package static func rate(_ perSecond: Double) -> String {
        guard perSecond.isFinite, perSecond < 1e15 else { return "-" }
        return switch perSecond {
        case 99.95...: "\(count(Int(perSecond.rounded())))/s"
        case 0.995...: "\(fixed(perSecond, decimals: 1))/s"
        default: "\(fixed(perSecond, decimals: 2))/s"
        }
    }

    /// The two largest units that matter: "45 s", "2 min 10 s", "3 h 5 min", "2 d 4 h".
    package static func duration(seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e15 else { return "-" }
        if seconds > 0 && seconds < 9.95 { return "\(fixed(seconds, decimals: 1)) s" }
        let whole = max(0, Int(seconds.rounded()))
        let (large, small) =
            switch whole {
            case ..<60: ("", "\(whole) s")
            case ..<3600: ("\(whole / 60) min", whole % 60 == 0 ? "" : "\(whole % 60) s")
            case ..<86400: ("\(whole / 3600) h", whole % 3600 < 60 ? "" : "\(whole % 3600 / 60) min")
            default: ("\(count(whole / 86400)) d", whole % 86400 < 3600 ? "" : "\(whole % 86400 / 3600) h")
            }
        return [large, small].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// "3 h ago", in the largest unit; "just now" for less than 5 seconds, and for what lies in the future.
    package static func age(of moment: Timestamp, now: Timestamp) -> String {
        let seconds = (Double(now.milliseconds) - Double(moment.milliseconds)) / 1000
        let whole = Int(min(max(seconds, 0), 1e15))
        return switch whole {
        case ..<5: "just now"
        case ..<60: "\(whole) s ago"
        case ..<3600: "\(whole / 60) min ago"
        case ..<86400: "\(whole / 3600) h ago"
        default: "\(count(whole / 86400)) d ago"
        }
    }

    /// "512 B", "1.5 kB", "2.4 GB"
    package static func bytes(_ value: Int) -> String {
        var scaled = Double(value)
        if scaled.magnitude < 1000 { return "\(value) B" }
        for unit in ["kB", "MB", "GB", "TB"] {
            scaled /= 1000
            if scaled.magnitude < 999.95 { return "\(fixed(scaled, decimals: 1)) \(unit)" }
        }
        return "\(fixed(scaled / 1000, decimals: 1)) PB"
    }
}
