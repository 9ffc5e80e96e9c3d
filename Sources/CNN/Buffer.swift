/// A stretch of memory that starts as zeros, is aligned to a cache line, and lives as long as any buffer or slice of
/// it.
///
/// Copies share the memory. Threads may use one buffer at the same time only where they write to different elements:
/// the units of work of `ThreadPool.forEach` each write to slices of their own.
@safe package struct Buffer<Element: BitwiseCopyable>: @unchecked Sendable {
    private let memory: Memory<Element>
    private let offset: Int
    package let count: Int

    package init(count: Int) {
        memory = Memory(count: count)
        offset = 0
        self.count = count
    }

    private init(memory: Memory<Element>, offset: Int, count: Int) {
        self.memory = memory
        self.offset = offset
        self.count = count
    }

    package subscript(bounds: Range<Int>) -> Buffer {
        precondition(bounds.lowerBound >= 0 && bounds.upperBound <= count, "slice \(bounds) of a buffer of \(count)")
        return Buffer(memory: memory, offset: offset + bounds.lowerBound, count: bounds.count)
    }

    package subscript(bounds: PartialRangeUpTo<Int>) -> Buffer { self[0..<bounds.upperBound] }
    package subscript(bounds: PartialRangeFrom<Int>) -> Buffer { self[bounds.lowerBound..<count] }

    /// The `index`th of equal slices of `size` elements.
    package func slice(_ index: Int, of size: Int) -> Buffer { self[index * size..<(index + 1) * size] }

    package func withMutableSpan<Result, Failure>(
        _ body: (inout MutableSpan<Element>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var span = unsafe MutableSpan(_unsafeStart: pointer, count: count)
        return try body(&span)
    }

    package var span: Span<Element> {
        @_lifetime(borrow self)
        get { unsafe _overrideLifetime(Span(_unsafeStart: pointer, count: count), borrowing: self) }
    }

    package var array: [Element] {
        unsafe [Element](UnsafeBufferPointer(start: pointer, count: count))
    }

    package func fill(with value: Element) {
        unsafe pointer.update(repeating: value, count: count)
    }

    /// Copies all of `source`, which must have as many elements.
    package func copy(from source: Buffer) {
        precondition(source.count == count, "copying \(source.count) elements over \(count)")
        unsafe pointer.update(from: source.pointer, count: count)
    }

    package func copy(from source: [Element]) {
        precondition(source.count == count, "copying \(source.count) elements over \(count)")
        unsafe source.withUnsafeBufferPointer { source in
            if let start = source.baseAddress { unsafe pointer.update(from: start, count: count) }
        }
    }

    package func copy(from source: Span<Element>) {
        precondition(source.count == count, "copying \(source.count) elements over \(count)")
        unsafe source.withUnsafeBufferPointer { source in
            if let start = source.baseAddress { unsafe pointer.update(from: start, count: count) }
        }
    }

    /// Moves `elements` from `start` on to the beginning.
    package func move(_ elements: Int, from start: Int) {
        precondition(elements >= 0 && start >= 0 && start + elements <= count)
        if elements > 0, start > 0 { unsafe pointer.update(from: pointer + start, count: elements) }
    }

    /// For the C border only: valid while the buffer lives.
    var pointer: UnsafeMutablePointer<Element> { unsafe memory.start + offset }
}

/// Owns the memory of a buffer and its slices.
@safe private final class Memory<Element: BitwiseCopyable> {
    let start: UnsafeMutablePointer<Element>

    init(count: Int) {
        let byteCount = max(count, 1) * MemoryLayout<Element>.stride
        let raw = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
        unsafe raw.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        unsafe start = raw.assumingMemoryBound(to: Element.self)
    }

    deinit { unsafe start.deallocate() }
}
