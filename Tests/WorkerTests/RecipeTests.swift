import CNN
import Imaging
import Testing

@testable import Worker

struct RecipeTests {
    @Test func augmentationIsWhatWasAskedFor() {
        var recipe = Recipe.blog
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
