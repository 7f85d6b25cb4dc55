// swift-tools-version:6.2
import PackageDescription

/// Every target of the house is built alike: Swift 6, explicit existentials, no warnings.
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// A target named `name` that lives in `Sources/<layer>/<name>`.
func module(
    _ name: String, in layer: String, uses dependencies: [Target.Dependency] = [],
    resources: [Resource] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies,
        path: ["Sources", layer, name].filter { !$0.isEmpty }.joined(separator: "/"),
        resources: resources, swiftSettings: house)
}

/// A test target for what `name` says, that lives in `Tests/<name>`.
func tests(
    _ name: String, of dependencies: [Target.Dependency]
) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(name)",
        swiftSettings: house)
}

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let serviceLifecycle = Target.Dependency.product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(
    name: "UnixSignals", package: "swift-service-lifecycle")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(
    name: "Configuration", package: "swift-configuration")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let swiftCSV = Target.Dependency.product(name: "SwiftCSV", package: "SwiftCSV")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")

let bindings: [Target] = [
    .systemLibrary(
        name: "CCurl", path: "Sources/Bindings/CCurl", pkgConfig: "libcurl",
        providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CLinux", path: "Sources/Bindings/CLinux"),
    .systemLibrary(
        name: "CSQLite", path: "Sources/Bindings/CSQLite", pkgConfig: "sqlite3",
        providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(
        name: "CPostgres", path: "Sources/Bindings/CPostgres", pkgConfig: "libpq",
        providers: [.apt(["libpq-dev"])]),
    module("Curl", in: "Bindings", uses: ["CCurl"]),
    module("Linux", in: "Bindings", uses: ["CLinux"]),
    module("SQLite", in: "Bindings", uses: ["CSQLite"]),
    module("Postgres", in: "Bindings", uses: ["CPostgres"]),
]

let domain: [Target] = [
    module("Chronology", in: "Domain"),
    module("Money", in: "Domain"),
    module("StrictYAML", in: "Domain", uses: [yams]),
    module("Metering", in: "Domain", uses: ["Money"]),
    module("Pricing", in: "Domain", uses: ["Money", "Chronology", "Metering", "StrictYAML"]),
    module("Dialects", in: "Domain", uses: ["Metering", "Money", "Pricing"]),
    module("Accounting", in: "Domain", uses: ["Money", "Chronology"]),
    module(
        "Reporting", in: "Domain",
        uses: ["Money", "Chronology", "Metering", "Pricing", "Accounting"]),
]

let inside: [Target.Dependency] = [
    "Money", "Chronology", "Metering", "Pricing", "Dialects", "Accounting",
]

/// Queries that plan the shared store's schema; see `Migration`.
let migrations = [
    "0001_tables", "0001_twins", "0002_ledger", "0002_rollups", "0003_views", "0004_functions",
    "0005_security",
    "0006_sharing", "verify",
]

/// Templates of the dashboard; see `PageRenderer`.
let pages = [
    "base.mustache", "money.mustache", "table.mustache", "overview.mustache", "budgets.mustache",
    "budget.mustache", "calls.mustache", "call.mustache", "models.mustache", "alerts.mustache",
    "plain.mustache", "login.mustache", "problem.mustache", "style.css",
]

let middle: [Target] = [
    module("Gateway", in: "", uses: inside + [crypto, logging]),
    module(
        "Stores", in: "", uses: inside + ["Gateway", "Reporting"]),
    module("UpstreamCurl", in: "Adapters", uses: ["Gateway", "Curl", "Linux"]),
    module("AlertDelivery", in: "Adapters", uses: ["Gateway", "Metering", "Curl", crypto]),
    module("ZoneDatabase", in: "Adapters", uses: ["Chronology"]),
    module(
        "SpendExports", in: "Adapters",
        uses: [
            "Money", "Chronology", "Metering", "Pricing", "Reporting", "Curl", swiftCSV,
        ]),
    module(
        "StorePostgres", in: "Adapters",
        uses: inside + ["Gateway", "Reporting", "Stores", "Postgres", crypto],
        resources: migrations.map { .embedInCode("Migrations/\($0).sql") }),
    module(
        "LedgerSQLite", in: "Adapters",
        uses: inside + ["Gateway", "Reporting", "Stores", "SQLite", grdb, logging]),
]

let edge: [Target] = [
    module(
        "Inbound", in: "Edge", uses: ["Gateway", "Dialects", nioCore, nioPosix, nioHTTP1, logging]),
    module("Demo", in: "Edge", uses: [nioCore, nioPosix, nioHTTP1]),
    module(
        "Admin", in: "Edge",
        uses: inside + [
            "Gateway", "Reporting", "Stores", "Linux", hummingbird, mustache, httpTypes, nioCore,
            nioPosix, crypto, logging,
        ],
        resources: pages.map { .embedInCode("Templates/\($0)") }),
]

let top: [Target] = [
    module(
        "Config", in: "",
        uses: [
            "Accounting", "Chronology", "AlertDelivery", "Gateway", "Dialects", "Inbound",
            "StrictYAML", configuration,
        ]),
    module(
        "App", in: "",
        uses: inside + [
            "Gateway", "Reporting", "Stores", "Config", "UpstreamCurl", "LedgerSQLite",
            "StorePostgres", "ZoneDatabase", "SpendExports",
            "AlertDelivery", "Inbound", "Demo", "Admin", "Linux", nioCore, nioPosix, logging,
            serviceLifecycle, unixSignals, crypto,
            hummingbird,
        ]),
    .executableTarget(
        name: "spendfuse",
        dependencies: inside + [
            "App", "Config", "Reporting", "Stores", "StorePostgres", "Gateway", "LedgerSQLite",
            "ZoneDatabase", "AlertDelivery",
            "SpendExports", "Linux", argumentParser,
        ],
        path: "Sources/CLI", swiftSettings: house),
]

let proofs: [Target] = [
    .target(
        name: "TestSupport", dependencies: inside + ["Gateway", "StrictYAML"],
        path: "Tests/Support", swiftSettings: house),
    .executableTarget(
        name: "metering-bench", dependencies: ["Dialects", "Metering"], path: "Tests/Bench",
        swiftSettings: house),
    .executableTarget(
        name: "metering-fuzz", dependencies: ["TestSupport"], path: "Tests/Fuzz",
        swiftSettings: house),
    .executableTarget(
        name: "ledger-simulation", dependencies: ["TestSupport"], path: "Tests/SimulationRun",
        swiftSettings: house),
    tests("Tidy", of: []),
    tests("Domain", of: inside + ["TestSupport", "Reporting", "ZoneDatabase", "Config"]),
    tests("Simulation", of: inside + ["TestSupport"]),
    tests("Gateway", of: inside + ["TestSupport", "Gateway", crypto]),
    tests(
        "Stores",
        of: inside + [
            "TestSupport", "Gateway", "Reporting", "Stores", "LedgerSQLite", "StorePostgres",
            "Postgres", "ZoneDatabase", logging,
        ]),
    tests(
        "LedgerSQLite",
        of: inside + [
            "TestSupport", "Gateway", "Reporting", "Stores", "LedgerSQLite", "ZoneDatabase", grdb,
            logging,
        ]),
]

let package = Package(
    name: "spendfuse",
    products: [.executable(name: "spendfuse", targets: ["spendfuse"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(
            url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/swiftcsv/SwiftCSV", from: "0.10.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: bindings + domain + middle + edge + top + proofs,
    swiftLanguageModes: [.v6]
)
