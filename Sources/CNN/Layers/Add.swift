/// y = a + b, then the activation. Its gradient goes to both inputs unchanged.
struct Add: Sendable {
    let shape: Shape
    let activation: Activation

    func forward(_ a: Buffer<Float>, _ b: Buffer<Float>, into y: Buffer<Float>, _ kernels: Kernels) {
        y.copy(from: a)
        kernels.add(b, to: y)
        activation.apply(to: y, kernels)
    }
}
