/// How a picture of any proportions comes to have a given size.
package enum Framing: Hashable, Sendable {
    /// All of it, whatever becomes of its proportions.
    case squash
    /// The largest part in its middle that has the size's proportions, and of that this fraction, 0 to 1, along each
    /// side.
    case centreCrop(Double)
    /// All of it, between bars of `barLevel`.
    case letterbox

    /// Of each channel: the middle, which is next to nothing for networks that take a mean away.
    static let barLevel: UInt8 = 128

    /// What is taken of a picture, and which part of the target it fills.
    struct Frame: Hashable {
        /// In pixels from the picture's left and upper edge.
        var columns: ClosedRange<Double>
        var rows: ClosedRange<Double>
        var width: Int
        var height: Int
        /// Of the filled part.
        var left = 0
        var top = 0
    }

    func frame(of picture: PictureSize, to target: PictureSize) -> Frame {
        let (width, height) = (Double(picture.width), Double(picture.height))
        var frame = Frame(columns: 0...width, rows: 0...height, width: target.width, height: target.height)
        let (across, down) = (width / Double(target.width), height / Double(target.height))
        switch self {
        case .squash: break
        case .centreCrop(let fraction):
            let scale = min(across, down) * fraction
            func middle(_ whole: Double, _ part: Double) -> ClosedRange<Double> {
                let margin = max(0, (whole - part) / 2)
                return margin...whole - margin
            }
            frame.columns = middle(width, scale * Double(target.width))
            frame.rows = middle(height, scale * Double(target.height))
        case .letterbox:
            let scale = max(across, down)
            frame.width = min(target.width, max(1, Int((width / scale).rounded())))
            frame.height = min(target.height, max(1, Int((height / scale).rounded())))
            frame.left = (target.width - frame.width) / 2
            frame.top = (target.height - frame.height) / 2
        }
        return frame
    }

    /// What a decoded picture's sides should reach, so that nothing is made larger that need not be.
    func least(for target: PictureSize) -> PictureSize {
        guard case .centreCrop(let fraction) = self else { return target }
        func reach(_ side: Int) -> Int { Int((Double(side) / max(fraction, 0.01)).rounded(.up)) }
        return PictureSize(width: reach(target.width), height: reach(target.height))
    }
}
