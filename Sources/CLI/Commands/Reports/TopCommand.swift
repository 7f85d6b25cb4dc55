internal import ArgumentParser
internal import Reporting
internal import Stores

struct TopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Lists the calls that cost most.",
        discussion: """
            Examples:
              spendfuse top --last 24h
              spendfuse top --month current --limit 50 --format csv
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var span: SpanOptions
    @OptionGroup var output: FormatOption

    @Option(name: .long, help: "At most so many calls.")
    var limit = 10

    func run() throws {
        guard (1...CallsCommand.mostCalls).contains(limit) else {
            throw ValidationError("--limit must be 1 to \(CallsCommand.mostCalls)")
        }
        let (since, until) = try span.span()
        let store = try shared.ledger()
        let rows = try Failure.reported(exit: .storeUnreachable) {
            try store.dearestCalls(since: since, until: until, limit: limit)
        }
        output.show(output.format == .table ? CallRow.shortTable(rows) : CallRow.table(rows))
    }
}
