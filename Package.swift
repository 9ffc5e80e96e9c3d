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
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let package = Package(
    name: "bagq",
    products: [
        .executable(name: "bagq", targets: ["bagq"]),
        .executable(name: "bagq-bench", targets: ["bagq-bench"]),
    ],
    targets: [
        system("CSQLite", "sqlite3", apt: "libsqlite3-dev"),
        system("CTurboJPEG", "libturbojpeg", apt: "libturbojpeg0-dev"),
        .target(
            name: "CKernels",
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror", "-O3"])]),
        .target(name: "Intake", swiftSettings: strict),
        .target(name: "Imaging", dependencies: ["CKernels", "CTurboJPEG"], swiftSettings: strictAndFast),
        .target(name: "CNN", dependencies: ["CKernels", "Imaging"], swiftSettings: strictAndFast),
        .target(name: "Queue", dependencies: ["Intake", "Imaging"], swiftSettings: strict),
        .target(
            name: "SQLiteStore", dependencies: ["CSQLite", "Queue", "Intake", "Imaging"],
            swiftSettings: strict),
        .target(
            name: "Worker", dependencies: ["Intake", "Imaging", "CNN", "Queue"],
            swiftSettings: strict),
        .target(name: "Report", dependencies: ["Queue", "Intake"], swiftSettings: strict),
        .executableTarget(
            name: "bagq",
            dependencies: ["Intake", "Imaging", "CNN", "Queue", "SQLiteStore", "Worker", "Report"],
            swiftSettings: strict),
        .executableTarget(
            name: "bagq-bench",
            dependencies: ["Intake", "Imaging", "CNN", "Queue", "SQLiteStore", "Worker", "Report"],
            swiftSettings: strict),
        tests("IntakeTests", ["Intake"]),
        tests("ImagingTests", ["Imaging", "CKernels"]),
        tests("CNNTests", ["CNN", "CKernels"], exclude: ["vectors"]),
        tests("QueueTests", ["Queue", "SQLiteStore", "Intake", "Imaging", "CSQLite"]),
        tests("WorkerTests", ["Worker", "Queue", "SQLiteStore", "Intake", "Imaging", "CNN"]),
        tests("ReportTests", ["Report", "Queue", "Intake"]),
        tests("CommandTests", ["bagq", "Imaging", "Intake", "Queue", "SQLiteStore"]),
    ],
    swiftLanguageModes: [.v6], cLanguageStandard: .c17)
