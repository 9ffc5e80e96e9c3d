import Foundation
import Imaging
import Intake
import Testing

@testable import bagq

@Suite struct DemoTests {
    /// 2026-03-15 10:00 UTC.
    private static let today = Timestamp(milliseconds: 1_773_568_800_000)
    private static let day: Int64 = 86_400_000
    private static let small = DemoSize(
        trainingPerBrand: 1, trainingOthers: 2, handbags: 10, handbagsYearBefore: 5, stillLifes: 2, truncated: 1,
        days: 5, longSide: 72)

    @Test func sameSeedSameBytesWhateverTheThreads() throws {
        let (one, other) = (try TemporaryFolder(), try TemporaryFolder())
        _ = try DemoData.write(to: one.url, seed: 7, today: Self.today, threads: 1, size: Self.small)
        _ = try DemoData.write(to: other.url, seed: 7, today: Self.today, threads: 3, size: Self.small)
        let files = try one.contents()
        #expect(files.count == 5 + 2 + 10 + 5 + 2 + 1 + BrokenFile.allCases.count)
        #expect(try files == other.contents())

        let changed = DemoPlan(seed: 8, today: Self.today, size: Self.small)
        #expect(changed.files.map(\.path) != DemoPlan(seed: 7, today: Self.today, size: Self.small).files.map(\.path))
    }

    @Test func whatIsWrittenIsWhatTheSummarySays() throws {
        let folder = try TemporaryFolder()
        let summary = try DemoData.write(to: folder.url, seed: 3, today: Self.today, threads: 2, size: Self.small)
        let files = try folder.contents()
        for brand in HandbagBrand.allCases {
            #expect(
                files.keys.filter { $0.hasPrefix("training/\(brand.rawValue)/") }.count == Self.small.trainingPerBrand)
        }
        #expect(files.keys.filter { $0.hasPrefix("training/_other/") }.count == Self.small.trainingOthers)
        #expect(files.count == summary.trainingCount + summary.dumpCount)

        var decoder = try PictureDecoder()
        for (path, file) in files {
            let name = String(path.dropFirst("dump/".count))
            do throws(PictureError) {
                let (image, details) = try decoder.decode(file.span)
                #expect(max(image.width, image.height) <= Self.small.longSide)
                #expect(Set(image.pixels).count > 20, "\(path) is blank")
                #expect((details.damage == .truncated) == summary.truncated.contains(name))
                let time = details.exif.captureTimes(in: .gmt).first?.milliseconds
                if path.hasPrefix("dump/") {
                    let days = summary.firstDay.milliseconds..<summary.lastDay.milliseconds + Self.day
                    let isOfDays = time.map { days.contains($0) || days.contains($0 + 364 * Self.day) }
                    #expect(isOfDays == true, "\(path) was taken at \(time ?? 0)")
                    #expect(summary.brandByPath[name] != nil || summary.stillLifes.contains(name))
                } else {
                    #expect(time == nil)
                }
            } catch {
                #expect(summary.broken[name] == error.reason.rawValue, "\(path): \(error)")
            }
        }
        #expect(Set(summary.broken.values) == ["empty", "not_an_image", "unsupported_format", "corrupt"])
    }

    @Test func oneBrandRises() throws {
        let plan = DemoPlan(seed: 2018, today: Self.today, size: DemoSize())
        #expect(plan.lastDay.milliseconds == 1_773_446_400_000, "2026-03-14")
        #expect(plan.lastDay.milliseconds - plan.firstDay.milliseconds == 59 * Self.day)
        #expect(Set(plan.files.map(\.path)).count == plan.files.count)

        var brandsByDay = [[HandbagBrand]](repeating: [], count: 60)
        var yearBefore: [HandbagBrand] = []
        for case .picture(.handbag(let brand), let time?) in plan.files.map(\.content) {
            let day = Int((time.milliseconds - plan.firstDay.milliseconds) / Self.day)
            if time < plan.firstDay { yearBefore.append(brand) } else { brandsByDay[day].append(brand) }
        }
        #expect(yearBefore.count == 300 && yearBefore.filter { $0 == DemoData.risingBrand }.count == 15)
        #expect(brandsByDay.joined().count == 1500)
        #expect(brandsByDay.allSatisfy { $0.count == 25 })
        func share(_ brand: HandbagBrand, _ days: Range<Int>) -> Double {
            let brands = brandsByDay[days].joined()
            return Double(brands.filter { $0 == brand }.count) / Double(brands.count)
        }
        let rising = DemoData.risingBrand
        #expect(abs(share(rising, 0..<40) - 0.15) < 0.01)
        #expect(abs(share(rising, 57..<60) - 0.4) < 0.02)
        #expect(share(rising, 53..<60) > share(rising, 46..<53) + 0.08)
        for brand in HandbagBrand.allCases where brand != rising {
            #expect(share(brand, 0..<60) > 0.1)
            #expect(share(brand, 40..<60) < share(rising, 55..<60))
        }
    }

    @Test func aMaskCoversTheAreaOfItsOutline() {
        let unit = Projection(centre: .zero, scale: Point(1, 1))
        func area(_ outline: Outline) -> Float {
            Mask(outline, through: unit, canvas: (64, 64)).values.reduce(0, +)
        }
        #expect(abs(area(.rectangle(from: Point(3.25, 4.5), to: Point(10.5, 9.75))) - 7.25 * 5.25) < 1e-3)
        #expect(abs(area(.disc(at: Point(30, 30), radius: 20)) - 400 * .pi) < 8)
        #expect(abs(area(.ring(at: Point(30, 30), radii: Point(20, 20), thickness: 5)) - 175 * .pi) < 4)
        #expect(abs(area(.polygon([Point(1, 1), Point(61, 4), Point(7, 50)])) - 1461) < 0.05)
        // What lies outside is left out, not wrapped around.
        #expect(abs(area(.rectangle(from: Point(-100, 10), to: Point(2, 12))) - 4) < 1e-3)
        #expect(area(.rectangle(from: Point(70, 70), to: Point(90, 90))) == 0)
    }
}

private final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "bagq-demo-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    /// All files' bytes by their path in the folder.
    func contents() throws -> [String: [UInt8]] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: url.path(percentEncoded: false))
        var files: [String: [UInt8]] = [:]
        for path in paths where path.hasSuffix(".jpg") {
            files[path] = Array(try Data(contentsOf: url.appending(path: path)))
        }
        return files
    }
}
