import CNN
import Foundation
import Imaging
import Intake
import Testing

@testable import Worker

struct RecipeTests {
    @Test func picturesArePreparedAsTheModelSays() throws {
        var recipe = Recipe(.blog)
        #expect(recipe.preprocessing == Preprocessing(width: 150, height: 150))
        let image = RGBImage(width: 90, height: 50, pixels: (0..<90 * 50 * 3).map { UInt8(truncatingIfNeeded: $0 / 7) })
        let file = try image.jpeg(quality: 90)
        let place = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).jpg")
        defer { try? FileManager.default.removeItem(at: place) }
        try Data(file).write(to: place)
        let framings: [(Preprocessing.Resize.Kind, Framing)] = [
            (.squash, .squash), (.crop, .centreCrop(0.875)), (.letterbox, .letterbox),
        ]
        var all: Set<[UInt8]> = []
        for (kind, framing) in framings {
            recipe.prepare(by: kind)
            #expect(recipe.preprocessing.resize.kind == kind)
            var (found, expected) = ([UInt8](repeating: 0, count: 67_500), [UInt8](repeating: 1, count: 67_500))
            var preparer = try PicturePreparer(zone: .gmt)
            var span = found.mutableSpan
            _ = try preparer.prepare(
                PicturePlace(path: Path(place.path)), for: recipe.preprocessing, into: &span)
            var decoder = try PictureDecoder()
            span = expected.mutableSpan
            _ = try decoder.fit(file.span, toWidth: 150, height: 150, by: framing, into: &span)
            #expect(found == expected, "\(kind)")
            all.insert(found)
        }
        #expect(all.count == 3)
    }

    @Test(arguments: Recipe.Name.allCases)
    func aRecipesNetworkTakesItsPictures(_ name: Recipe.Name) throws {
        let recipe = Recipe(name)
        let input = try recipe.architecture(classes: 7).input
        #expect(input.width == recipe.preprocessing.width && input.height == recipe.preprocessing.height)
        let options = Recipe.options(name)
        #expect(options.recipe == name.rawValue && options.problem == nil)
        #expect(name != .blog || options == TrainingOptions(), "the post's")
    }

    @Test func augmentationIsWhatWasAskedFor() {
        var recipe = Recipe(.blog)
        func drawn() -> [Augmentation] { (0..<500).map { recipe.augmentation(seed: $0) } }
        func areas(_ all: [Augmentation]) -> [Float] { all.map { $0.warp.rowPerRow * $0.warp.columnPerColumn } }
        #expect(drawn().contains { $0.warp.rowPerColumn != 0 }, "blog shears")
        recipe.augment = .nothing
        #expect(drawn().allSatisfy { $0 == Augmentation() })
        for (augment, least, colour) in [(TrainingOptions.Augment.light, 0.8, 0.1), (.strong, 0.2, 0.4)] {
            recipe.augment = augment
            let all = drawn()
            let (smallest, largest) = (areas(all).min() ?? 0, areas(all).max() ?? 0)
            #expect(smallest > Float(least) - 0.01 && smallest < Float(least) + 0.05 && largest <= 1)
            #expect(all.allSatisfy { abs($0.brightness - 1) < Float(colour) + 1e-5 })
            #expect(all.contains { abs($0.saturation - 1) > Float(colour) * 0.9 })
            #expect((200...300).contains(all.count(where: \.isFlipped)))
            #expect(augment == .strong || all.allSatisfy { $0.warp.rowPerRow == $0.warp.columnPerColumn })
        }
    }
}
