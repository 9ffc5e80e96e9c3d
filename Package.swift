// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"), .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(), .treatAllWarnings(as: .error),
]
/// Pixel and tensor loops are 50 times slower unoptimised, so these targets are optimised in debug builds too.
let strictAndFast = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

func system(_ name: String, _ pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}
/// A system library, or what stands over one, that is there with a trait alone. `canImport` is no guard for it: use
/// `#if TRAIT`.
func optional(_ name: String, _ trait: String) -> Target.Dependency {
    .target(name: name, condition: .when(traits: [trait]))
}
func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], settings: [SwiftSetting] = strict
) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

/// With `BAGQ_TEST_TARGETS`, names with commas between them, the test product holds only these, and needs only what
/// they need: the sanitizers' builds in `.ci/run` need not build the rest.
func chosen(_ targets: [Target]) -> [Target] {
    guard let names = Context.environment["BAGQ_TEST_TARGETS"]?.split(separator: ",") else { return targets }
    return targets.filter { $0.type != .test || names.contains(Substring($0.name)) }
}

let package = Package(
    name: "bagq",
    products: [
        .executable(name: "bagq", targets: ["bagq"]),
        .executable(name: "bagq-bench", targets: ["bagq-bench"]),
    ],
    traits: [
        .trait(name: "PNG", description: "Read PNG pictures (apt: libpng-dev)."),
        .trait(name: "WebP", description: "Read WebP pictures (apt: libwebp-dev)."),
        .default(enabledTraits: []),
    ],
    targets: chosen([
        system("CSQLite", "sqlite3", apt: "libsqlite3-dev"),
        system("CTurboJPEG", "libturbojpeg", apt: "libturbojpeg0-dev"),
        system("CLibPNG", "libpng", apt: "libpng-dev"),
        system("CWebP", "libwebp", apt: "libwebp-dev"),
        .target(
            name: "CPNG", dependencies: [optional("CLibPNG", "PNG")],
            cSettings: [
                .define("BAGQ_PNG", .when(traits: ["PNG"])), .unsafeFlags(["-Wall", "-Wextra", "-Werror"]),
            ]),
        .target(
            name: "CKernels",
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror", "-O3"])]),
        .target(name: "Threads", swiftSettings: strictAndFast),
        .target(name: "Intake", swiftSettings: strict),
        .target(
            name: "Imaging", dependencies: ["CKernels", "CTurboJPEG", "CPNG", optional("CWebP", "WebP"), "Intake"],
            swiftSettings: strictAndFast),
        .target(name: "CNN", dependencies: ["CKernels", "Threads"], swiftSettings: strictAndFast),
        .target(name: "Queue", dependencies: ["CKernels", "Intake"], swiftSettings: strict),
        .target(
            name: "SQLiteStore", dependencies: ["CSQLite", "Threads", "Queue", "Intake"], swiftSettings: strict),
        .target(
            name: "Worker", dependencies: ["Threads", "Intake", "Imaging", "CNN", "Queue"],
            swiftSettings: strict),
        .target(name: "Statistics", swiftSettings: strictAndFast),
        .target(name: "Report", dependencies: ["Queue", "Intake", "Statistics"], swiftSettings: strict),
        .executableTarget(
            name: "bagq",
            dependencies: [
                "Threads", "Intake", "Imaging", "CNN", "Queue", "SQLiteStore", "Worker", "Statistics", "Report",
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "bagq-bench",
            dependencies: ["Threads", "Intake", "Imaging", "CNN", "Queue", "SQLiteStore", "Worker", "Report"],
            swiftSettings: strict),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strictAndFast),
        tests("IntakeTests", ["Intake", "TestSupport"]),
        tests("ThreadsTests", ["Threads"]),
        tests(
            "ImagingTests", ["Imaging", "Intake", "Queue", "CKernels", "TestSupport", optional("CWebP", "WebP")]),
        tests("CNNTests", ["CNN", "Threads", "CKernels"], exclude: ["vectors"]),
        tests(
            "QueueTests", ["Queue", "SQLiteStore", "Intake", "CKernels", "CSQLite", "TestSupport"], exclude: ["schemas"]
        ),
        tests(
            "WorkerTests", ["Worker", "Threads", "Queue", "SQLiteStore", "Intake", "Imaging", "CNN", "TestSupport"],
            exclude: ["vectors"]),
        tests("StatisticsTests", ["Statistics", "TestSupport"], settings: strictAndFast),
        tests("ReportTests", ["Report", "Statistics", "Queue", "Intake", "TestSupport"]),
        tests("CommandTests", ["bagq", "Imaging", "Intake", "Queue", "SQLiteStore", "TestSupport"]),
    ]),
    swiftLanguageModes: [.v6], cLanguageStandard: .c17)
