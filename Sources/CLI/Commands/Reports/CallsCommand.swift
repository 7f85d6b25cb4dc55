internal import ArgumentParser
internal import Reporting
internal import Stores

struct CallsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calls", abstract: "Lists single calls, newest first.")

    @OptionGroup var shared: SharedOptions
    @OptionGroup var span: SpanOptions
    @OptionGroup var output: FormatOption

    @Option(name: .long, help: "At most so many calls.")
    var limit = 50

    func run() throws {
        guard limit > 0 else { throw ValidationError("--limit must be above 0") }
        let (since, until) = try span.span()
        let ledger = try shared.ledger()
        let rows = try Failure.reported(exit: .storeUnreachable) {
            try ledger.calls(since: since, until: until, limit: limit)
        }
        output.show(output.format == .table ? CallRow.shortTable(rows) : CallRow.table(rows))
    }
}
