package import CNN
import Imaging

/// A way to train: the network, how its pictures are prepared, and how they are varied.
package enum Recipe: String, CaseIterable, Sendable {
    /// The 2018 blog post's, exactly.
    case blog

    package func architecture(classes: Int) throws(ArchitectureError) -> Architecture {
        switch self {
        case .blog: try .blog(classes: classes)
        }
    }

    package var preprocessing: Preprocessing {
        switch self {
        case .blog: Preprocessing(width: 150, height: 150)
        }
    }

    /// The same for the same seed.
    func augmentation(seed: UInt64) -> Augmentation {
        var random = CounterRandom(seed)
        return switch self {
        case .blog: .blog(width: preprocessing.width, height: preprocessing.height, using: &random)
        }
    }
}
