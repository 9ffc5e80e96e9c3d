import Foundation
import Testing

@testable import Imaging

/// A picture whose four corners differ: red, green, blue and white from the upper left in reading order.
func scene(width: Int = 48, height: Int = 32) -> RGBImage {
    var pixels: [UInt8] = []
    for y in 0..<height {
        for x in 0..<width {
            switch (y < height / 2, x < width / 2) {
            case (true, true): pixels += [200, 30, 30]
            case (true, false): pixels += [30, 160, 40]
            case (false, true): pixels += [40, 50, 190]
            case (false, false): pixels += [235, 235, 225]
            }
        }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
}

extension RGBImage {
    /// This upright picture as a camera held another way stores it.
    func stored(as orientation: Orientation) -> RGBImage {
        // Left and right turns undo each other; every other orientation undoes itself.
        let inverse: Orientation =
            switch orientation {
            case .right: .left
            case .left: .right
            default: orientation
            }
        var result = [UInt8](repeating: 0, count: pixels.count)
        var span = result.mutableSpan
        inverse.copyUpright(pixels.span, width: width, height: height, into: &span)
        return inverse.swapsSides
            ? RGBImage(width: height, height: width, pixels: result)
            : RGBImage(width: width, height: height, pixels: result)
    }

    func meanDifference(from other: [UInt8]) -> Double {
        zip(pixels, other).reduce(0) { $0 + abs(Double($1.0) - Double($1.1)) } / Double(pixels.count)
    }
}

func prepare(
    _ file: [UInt8], width: Int = 32, height: Int = 24
) throws -> (pixels: [UInt8], details: PictureDetails) {
    var decoder = try PictureDecoder()
    var pixels = [UInt8](repeating: 0, count: height * width * 3)
    var span = pixels.mutableSpan
    let details = try decoder.fit(file.span, toWidth: width, height: height, by: .squash, into: &span)
    return (pixels, details)
}

func reason(of file: [UInt8]) -> PictureError.Reason? {
    do {
        _ = try prepare(file)
        return nil
    } catch {
        return (error as? PictureError)?.reason
    }
}

/// The folder of test data beside the checkout.
let sharedData = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../../shared/data")
let hasSharedData = FileManager.default.fileExists(atPath: sharedData.appending(path: "clothing").path)
