internal import App
internal import ArgumentParser
internal import Chronology
internal import Config
internal import Foundation
internal import Gateway
internal import LedgerSQLite
internal import Linux
internal import Pricing
internal import Reporting
internal import StorePostgres
internal import Stores
internal import ZoneDatabase

/// Options that every command takes.
struct SharedOptions: ParsableArguments {
    @Option(name: .long, help: "The config file (default: see config/example.yaml).")
    var config: String?

    @Option(name: .long, help: "The directory of the ledger.")
    var state: String?

    @Option(name: .long, help: "The directory of price sheets.")
    var pricing: String?

    /// The settings, with `flags` over all other sources.
    func settings(_ flags: [String: String] = [:]) throws -> Settings {
        var flags = flags
        flags["state"] = state
        flags["pricing"] = pricing
        return try Failure.reported {
            var loader = try SettingsLoader(
                flags: flags, environment: ProcessInfo.processInfo.environment,
                configPath: config)
            return try loader.load()
        }
    }

    /// Every price that is in force, the user's own before those that come with the program.
    func prices() throws -> PriceBook {
        let settings = try settings()
        return try Failure.reported {
            try sharedPrices(settings)?.pull()
            return try PriceSheetFolder.read(settings.pricing, state: settings.state)
        }
    }

    /// The prices that people set, where several gateways share them.
    func sharedPrices(_ settings: Settings) -> SharedPrices? {
        settings.databaseURL.map { url in
            SharedPrices(
                store: PostgresStore(
                    url: url.revealed, zones: SystemZones(), applicationName: "spendfuse"),
                state: settings.state)
        }
    }

    /// The store, for a command that works beside the server: the shared one where it is set.
    ///
    /// `mayMake`: the command has something to keep, and begins a ledger where there is none. To
    /// others a folder without one is a mistake, as they would show that nothing was spent.
    func ledger(mayMake: Bool = false) throws -> any SpendStore { try upkeep(mayMake: mayMake) }

    /// Not there; what merely cannot be seen is there.
    private static func isMissing(_ path: String) -> Bool {
        do {
            _ = try FileManager.default.attributesOfItem(atPath: path)
            return false
        } catch let error as CocoaError {
            return [.fileNoSuchFile, .fileReadNoSuchFile].contains(error.code)
        } catch {
            return false
        }
    }

    func upkeep(mayMake: Bool = false) throws -> any SpendStore & StoreUpkeep {
        let settings = try settings()
        let path = settings.state + "/" + LedgerDatabase.fileName
        if !mayMake, settings.databaseURL == nil, Self.isMissing(path) {
            StandardError.print(
                "spendfuse: there is no ledger in \(settings.state); name its folder with --state,"
                    + " or start 'spendfuse serve' first")
            throw ExitCode.storeUnreachable
        }
        if let url = settings.databaseURL {
            return PostgresStore(
                url: url.revealed, zones: SystemZones(), applicationName: "spendfuse")
        }
        return try Failure.reported(exit: .storeUnreachable) {
            try LedgerDatabase(
                directory: settings.state, isServer: false, clock: SystemClock(),
                zones: SystemZones())
        }
    }
}

/// The `--format` of commands that print tables.
struct FormatOption: ParsableArguments {
    @Option(name: .long, help: "table, json, jsonl, csv or markdown.")
    var format: ReportFormat = .table

    func show(_ table: ReportTable) { Self.show(table, as: format) }

    static func show(_ table: ReportTable, as format: ReportFormat) {
        let width = ProcessSettings.terminalWidth
        print(table.rendered(as: format, terminalWidth: width), terminator: "")
    }
}

extension ReportFormat: ExpressibleByArgument {}

/// How commands fail: a line on standard error, and an exit code that scripts rely on.
enum Failure {
    static func reported<Value>(
        exit code: ExitCode = .failure, _ body: () throws -> Value
    ) throws -> Value {
        do {
            return try body()
        } catch let code as ExitCode {
            throw code
        } catch {
            StandardError.print("spendfuse: \(error)")
            throw code
        }
    }
}

extension Failure {
    /// Throws where something that was printed did not arrive: a disk that is full, for one.
    static func flushed() throws {
        guard let reason = ProcessSettings.flushStandardOutput() else { return }
        StandardError.print(
            "spendfuse: standard output: \(reason); what was written is incomplete")
        throw ExitCode.failure
    }
}

extension ExitCode {
    static let storeUnreachable = ExitCode(5)
    /// A threshold that the caller named was passed.
    static let thresholdPassed = ExitCode(3)
}
