// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
    name: "virtio-trace-agent",
    products: [
        .executable(name: "trace-agent", targets: ["trace-agent"]),
        .executable(name: "trace-host", targets: ["trace-host"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        .target(
            name: "CEpoll",
            // Without optimization, glibc warns that it cannot fortify.
            cSettings: [
                .treatAllWarnings(as: .error),
                .define("_FORTIFY_SOURCE", to: "3", .when(configuration: .release)),
            ],
            linkerSettings: [.linkedLibrary("systemd"), .linkedLibrary("cap")]),
        .systemLibrary(name: "CZstd"),
        // Its headers are in a folder of their own.
        .systemLibrary(name: "CXML", pkgConfig: "libxml-2.0"),
        .systemLibrary(name: "CTraceEvent"),
        .target(name: "Reactor", dependencies: ["CEpoll"], swiftSettings: strict),
        .target(name: "TraceFile", dependencies: ["Reactor", "CZstd"], swiftSettings: strict),
        .target(name: "ControlProtocol", dependencies: ["Reactor"], swiftSettings: strict),
        .target(
            name: "CommandSupport",
            dependencies: [
                "Reactor",
                "TraceFile",
                "ControlProtocol",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "trace-agent",
            dependencies: [
                "Reactor",
                "TraceFile",
                "ControlProtocol",
                "CommandSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "trace-host",
            dependencies: [
                "Reactor",
                "TraceFile",
                "ControlProtocol",
                "CommandSupport",
                "CXML",
                "CTraceEvent",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "trace-load", dependencies: ["Reactor"], path: "Tests/trace-load", swiftSettings: strict),
        .executableTarget(
            name: "hold-thread", path: "Tests/hold-thread", cSettings: [.treatAllWarnings(as: .error)]),
        .executableTarget(
            name: "without-landlock", path: "Tests/without-landlock",
            cSettings: [.treatAllWarnings(as: .error)]),
        // Debian has no other way to its folders of headers than pkg-config.
        .systemLibrary(name: "CTraceCmd", path: "Tests/CTraceCmd", pkgConfig: "libtracecmd"),
        .executableTarget(
            name: "count-records", dependencies: ["CTraceCmd"], path: "Tests/count-records",
            cSettings: [.treatAllWarnings(as: .error)]),
        .target(
            name: "Support", dependencies: ["Reactor", .product(name: "Logging", package: "swift-log")],
            path: "Tests/Support", swiftSettings: strict),
        .testTarget(name: "ReactorTests", dependencies: ["Reactor"], swiftSettings: strict),
        .testTarget(
            name: "TraceFileTests", dependencies: ["TraceFile", "Support", "Reactor"], swiftSettings: strict),
        .testTarget(
            name: "ControlProtocolTests", dependencies: ["ControlProtocol", "CommandSupport", "Support"],
            swiftSettings: strict),
        .testTarget(
            name: "CommandSupportTests", dependencies: ["CommandSupport", "Reactor", "TraceFile", "Support"],
            swiftSettings: strict),
        .testTarget(
            name: "TraceAgentTests", dependencies: ["trace-agent", "Reactor", "Support"],
            swiftSettings: strict),
        .testTarget(
            name: "TracefsTests",
            dependencies: [
                "Support", "Reactor", "trace-agent", "trace-load", "hold-thread", "without-landlock",
                "count-records",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "TraceHostTests",
            dependencies: [
                "trace-host", "CommandSupport", "ControlProtocol", "Reactor", "Support", "TraceFile",
            ],
            swiftSettings: strict),
        .testTarget(name: "ProgramTests", dependencies: ["Support"], swiftSettings: strict),
        .testTarget(name: "GuestTests", dependencies: ["Support", "Reactor"], swiftSettings: strict),
        .testTarget(
            name: "ServiceTests", dependencies: ["Support", "Reactor", "hold-thread"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
