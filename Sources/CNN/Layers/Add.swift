/// y = a + b, then the activation. Its gradient goes to both inputs unchanged.
struct Add: Sendable {
    let activation: Activation

    func forward(_ a: Buffer<Float>, _ b: Buffer<Float>, into y: Buffer<Float>, _ kernels: Kernels) {
        kernels.add(a, b, clamp: activation.clamp, into: y)
    }
}
