import Foundation
import Imaging
import Intake
import Queue

/// How much of everything the demonstration has.
struct DemoSize {
    var trainingPerBrand = 50
    /// Pictures without a bag, to train on as `_other`.
    var trainingOthers = 50
    var handbags = 1500
    /// As many more were taken in the same weeks a year before.
    var handbagsYearBefore = 300
    var stillLifes = 40
    var truncated = 3
    var days = 60
    /// Pictures are three quarters of it to all of it long, in pixels.
    var longSide = 480
}

/// A file that is to be written.
struct DemoFile {
    enum Content {
        case picture(DemoPicture.Subject, takenAt: Timestamp?)
        case truncated(HandbagBrand, takenAt: Timestamp)
        case broken(BrokenFile)
    }

    let content: Content
    /// Relative to the demonstration's folder.
    let path: String

    func bytes(longSide: Int, random: inout DemoRandom) throws -> [UInt8] {
        func jpeg(_ subject: DemoPicture.Subject, _ takenAt: Timestamp?) throws -> [UInt8] {
            let image = DemoPicture.draw(subject, longSide: longSide, random: &random)
            let exif = takenAt.map { EXIFBlock(dateTimeOriginal: DemoFile.exifText($0)) }
            return try image.jpeg(quality: Int(random.number(60, 93)), exif: exif)
        }
        switch content {
        case .picture(let subject, let takenAt):
            return try jpeg(subject, takenAt)
        case .truncated(let brand, let takenAt):
            // Cut in the scan: tables and EXIF are the first 1,000 bytes or so.
            let bytes = try jpeg(.handbag(brand), takenAt)
            return Array(bytes.prefix(bytes.count * 6 / 10))
        case .broken(let kind):
            return kind.bytes(random: &random)
        }
    }

    /// `YYYY:MM:DD HH:MM:SS`, from ISO 8601's `YYYY-MM-DDTHH:MM:SSZ`.
    private static func exifText(_ time: Timestamp) -> String {
        let text = Date(timeIntervalSince1970: TimeInterval(time.milliseconds) / 1000).formatted(.iso8601)
        return text.dropLast().replacingOccurrences(of: "-", with: ":").replacingOccurrences(of: "T", with: " ")
    }
}

/// Every file of the demonstration, in order: training pictures, then the dump.
struct DemoPlan {
    private(set) var files: [DemoFile] = []
    /// Midnight UTC of the first and of the last day.
    let firstDay: Timestamp
    let lastDay: Timestamp
    private let size: DemoSize
    private var random: DemoRandom

    init(seed: UInt64, today: Timestamp, size: DemoSize) {
        let midnight = today.milliseconds - today.milliseconds % DemoPlan.day
        firstDay = Timestamp(milliseconds: midnight - Int64(size.days) * DemoPlan.day)
        lastDay = Timestamp(milliseconds: midnight - DemoPlan.day)
        self.size = size
        random = DemoRandom(seed: seed)

        for brand in HandbagBrand.allCases {
            for number in 0..<size.trainingPerBrand {
                let path = "training/\(brand.rawValue)/\(DemoPlan.padded(number)).jpg"
                files.append(DemoFile(content: .picture(.handbag(brand), takenAt: nil), path: path))
            }
        }
        for number in 0..<size.trainingOthers {
            let path = "training/\(otherClass)/\(DemoPlan.padded(number)).jpg"
            files.append(DemoFile(content: .picture(.stillLife, takenAt: nil), path: path))
        }
        planDump()
    }

    /// The rising brand's share of a day's bags: 15 % on the first day, 40 % on the last, most of the way in the last
    /// three weeks, so that it shows in every window from a week to the whole.
    /// - progress: 0 on the first day, 1 on the last.
    static func risingShare(_ progress: Float) -> Float {
        0.15 + 0.25 * smoothstep(0.7, 0.97, progress)
    }

    private mutating func planDump() {
        var contents: [DemoFile.Content] = []
        var owed: [HandbagBrand: Float] = [:]
        for number in 0..<size.handbags {
            let day = number * size.days / size.handbags
            let rising = DemoPlan.risingShare(Float(day) / Float(max(size.days - 1, 1)))
            let brand = brand(rising: rising, owed: &owed)
            contents.append(.picture(.handbag(brand), takenAt: moment(of: day)))
        }
        owed = [:]
        for number in 0..<size.handbagsYearBefore {
            let day = number * size.days / size.handbagsYearBefore
            let brand = brand(rising: DemoPlan.risingShareYearBefore, owed: &owed)
            contents.append(.picture(.handbag(brand), takenAt: moment(of: day - DemoPlan.daysOfYear)))
        }
        for _ in 0..<size.stillLifes {
            contents.append(.picture(.stillLife, takenAt: moment(of: Int(random.next() % UInt64(size.days)))))
        }
        for number in 0..<size.truncated {
            let brand = HandbagBrand.allCases[number % HandbagBrand.allCases.count]
            contents.append(.truncated(brand, takenAt: moment(of: size.days - 1)))
        }
        contents += BrokenFile.allCases.map { .broken($0) }
        // Neither names nor folders tell the brand or the day.
        contents.shuffle(using: &random)
        for (number, content) in contents.enumerated() {
            let author = "\(random.pick(DemoPlan.adjectives))-\(random.pick(DemoPlan.animals))"
            files.append(DemoFile(content: content, path: "dump/\(author)/photo-\(DemoPlan.padded(number)).jpg"))
        }
    }

    /// The brand that is furthest behind its share so far: chance would blur the rise that is to be found.
    /// - rising: what the rising brand has of the day's.
    private func brand(rising: Float, owed: inout [HandbagBrand: Float]) -> HandbagBrand {
        for (brand, share) in DemoPlan.sharesOfTheRest { owed[brand, default: 0] += share * (1 - rising) }
        owed[DemoData.risingBrand, default: 0] += rising
        var next = DemoData.risingBrand
        for brand in HandbagBrand.allCases where owed[brand, default: 0] > owed[next, default: 0] { next = brand }
        owed[next, default: 0] -= 1
        return next
    }

    private mutating func moment(of day: Int) -> Timestamp {
        let second = Int64(random.number(7 * 3600, 22 * 3600))
        return Timestamp(milliseconds: firstDay.milliseconds + Int64(day) * DemoPlan.day + second * 1000)
    }

    private static func padded(_ number: Int) -> String {
        String(repeating: "0", count: max(0, 4 - String(number).count)) + String(number)
    }

    private static let day: Int64 = 86_400_000
    /// Whole weeks, so that weekdays agree.
    static let daysOfYear = 364
    static let risingShareYearBefore: Float = 0.05
    private static let sharesOfTheRest: [(HandbagBrand, Float)] = [
        (.castellune, 0.31), (.ondarelle, 0.24), (.tessaudry, 0.19), (.brinmoor, 0.26),
    ]
    private static let adjectives = ["amber", "blue", "calm", "early", "little", "quiet"]
    private static let animals = ["badger", "finch", "heron", "otter"]
}
