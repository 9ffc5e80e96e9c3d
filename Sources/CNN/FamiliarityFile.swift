/// What a model's file keeps of it: two tensors beside the network's, and two numbers in the metadata.
extension Familiarity {
    struct Numbers: Codable {
        var weight: Double
        var limit: Double
    }

    static let tensorCount = 2
    private static let (meanName, directionsName) = ("familiarity.mean", "familiarity.directions")

    var numbers: Numbers { Numbers(weight: weight, limit: limit) }

    var tensors: [Safetensors.Tensor] {
        [
            .init(name: Self.meanName, shape: [mean.count], values: mean.array),
            .init(
                name: Self.directionsName, shape: [mean.count, Self.dimensions],
                values: directions.array),
        ]
    }

    /// - count: Features.
    init(_ numbers: Numbers, in file: Safetensors, features count: Int) throws(ModelFileError) {
        guard numbers.weight.isFinite, numbers.weight >= 0, numbers.limit.isFinite else {
            throw .invalid("its familiarity's numbers are out of range")
        }
        let mean = try file.values(of: Self.meanName, shape: [count])
        let values = try file.values(of: Self.directionsName, shape: [count, Self.dimensions])
        for (name, values) in [(Self.meanName, mean), (Self.directionsName, values)]
        where !values.allSatisfy(\.isFinite) {
            throw .tensor(name, "has values that are not finite")
        }
        let buffers = (mean: Buffer<Float>(count: mean.count), directions: Buffer<Float>(count: values.count))
        buffers.mean.copy(from: mean)
        buffers.directions.copy(from: values)
        self.init(
            mean: buffers.mean, directions: buffers.directions, weight: numbers.weight, limit: numbers.limit)
    }
}
