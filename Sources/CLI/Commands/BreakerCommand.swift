internal import Accounting
internal import App
internal import ArgumentParser
internal import Chronology
internal import LedgerSQLite
internal import Money
internal import Reporting
internal import Stores

struct BreakerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "breaker", abstract: "Shows and resets loop breakers that have tripped.",
        discussion: "Set one with 'spendfuse limit set SCOPE --breaker alert|stop'.",
        subcommands: [BreakerList.self, BreakerReset.self])
}

struct BreakerList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists breakers that have tripped and hold now.",
        discussion: """
            Example:
              spendfuse breaker list
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    func run() throws {
        let ledger = try shared.ledger()
        let trips = try Failure.reported(exit: .storeUnreachable) {
            try ledger.openTrips(at: SystemClock().now())
        }
        output.show(Self.table(trips))
    }

    static func table(_ trips: [BreakerTrip]) -> ReportTable {
        var table = ReportTable(columns: [
            .text("scope"), .text("action"), .money("burn_usd_per_minute"),
            .money("allowed_usd_per_minute"), .money("usual_usd_per_minute"),
            .text("tripped_at"), .text("until"),
        ])
        table.rows = trips.map { trip in
            [
                .text(trip.scope.description), .text(trip.action.rawValue),
                .money(trip.cause.burn), .money(trip.cause.allowed), .money(trip.cause.usual),
                .text(trip.at.shortText), .text(trip.until.shortText),
            ]
        }
        return table
    }
}

struct BreakerReset: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset", abstract: "Lets a stopped scope go on, within a second.",
        discussion: """
            Examples:
              spendfuse breaker reset session:s1
              spendfuse breaker reset --all
            """)

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The scope that is stopped, from 'breaker list'.")
    var scope: String?

    @Flag(name: .long, help: "Every breaker that holds.")
    var all = false

    func run() throws {
        guard (scope == nil) == all else {
            throw ValidationError("name a scope from 'breaker list', or --all")
        }
        let wanted = scope.flatMap { Scope(stored: $0) }
        if scope != nil, wanted == nil {
            throw ValidationError("'\(scope ?? "")' is not a scope; see 'breaker list'")
        }
        let ledger = try shared.ledger()
        let trips = try Failure.reported(exit: .storeUnreachable) {
            try ledger.resetBreakers(wanted, by: Actor.name, at: SystemClock().now())
        }
        guard !trips.isEmpty else {
            StandardError.print("spendfuse: no breaker holds there; see 'breaker list'")
            throw ExitCode.failure
        }
        for trip in trips { print("\(trip.scope): reset; it may go on") }
    }
}
