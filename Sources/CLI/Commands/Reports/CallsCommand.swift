internal import ArgumentParser
internal import Reporting
internal import Stores

struct CallsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calls", abstract: "Lists single calls, newest first.",
        discussion: """
            Examples:
              spendfuse calls --limit 5
              spendfuse calls --last 24h --limit 1000 --format csv
            """)

    /// What fits in memory, and in the numbers of every store.
    static let mostCalls = 1_000_000

    @OptionGroup var shared: SharedOptions
    @OptionGroup var span: SpanOptions
    @OptionGroup var output: FormatOption

    @Option(name: .long, help: "At most so many calls.")
    var limit = 50

    func run() throws {
        guard (1...Self.mostCalls).contains(limit) else {
            throw ValidationError("--limit must be 1 to \(Self.mostCalls)")
        }
        let (since, until) = try span.span()
        let ledger = try shared.ledger()
        let rows = try Failure.reported(exit: .storeUnreachable) {
            try ledger.calls(since: since, until: until, limit: limit)
        }
        output.show(output.format == .table ? CallRow.shortTable(rows) : CallRow.table(rows))
    }
}
