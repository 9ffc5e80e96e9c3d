import Testing

@testable import CNN

struct ArchitectureTests {
    @Test func blogIsTheBlogsNetwork() throws {
        let blog = try Architecture.blog(classes: 5)
        #expect(blog.parameterCount == 2_200_421)
        #expect(blog.multiplyAdds == 523_645_056)
        #expect(blog.classCount == 5)
    }
}
