internal import App
internal import ArgumentParser
internal import Chronology
internal import Reporting
internal import Stores

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes every row of a span to standard output, with every column.",
        discussion: """
            Newest first, as 'calls' lists them; any number of rows, a page at a time. Progress \
            goes to standard error.
            Examples:
              spendfuse export --month 2026-11 > november.jsonl
              spendfuse export --since 2026-11-01 --until 2026-11-08 --format csv > week.csv
              spendfuse report --format focus --month 2026-11 > focus.csv   (FOCUS 1.2)
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case jsonl, csv }

    /// Rows that are in memory at once.
    private static let page = 5_000

    @OptionGroup var shared: SharedOptions
    @OptionGroup var span: SpanOptions

    @Option(name: .long, help: "jsonl or csv.")
    var format = Format.jsonl

    func run() throws {
        let (since, until) = try span.span()
        let store = try shared.ledger()
        var query = CallQuery(since: since, until: until, limit: Self.page)
        var written = 0
        while true {
            let rows = try Failure.reported(exit: .storeUnreachable) { try store.calls(query) }
            show(rows, isFirst: written == 0)
            written += rows.count
            guard rows.count == Self.page, let last = rows.last?.text("timestamp") else { break }
            StandardError.print("\(written) rows, down to \(last)")
            // The page may have ended among rows of one time: they come again, and are skipped.
            let same = rows.count { $0.text("timestamp") == last }
            query.offset = query.cursor == last ? query.offset + same : same
            query.cursor = last
        }
        StandardError.print("\(written) rows")
    }

    private func show(_ rows: [CallRow], isFirst: Bool) {
        let table = CallRow.table(rows)
        switch format {
        case .jsonl: print(table.jsonLines, terminator: "")
        case .csv:
            let text = table.csv
            guard isFirst else {
                // The names of the columns stand above the first row alone.
                let end = text.unicodeScalars.firstIndex(of: "\n")
                let body = end.map { text.unicodeScalars[text.unicodeScalars.index(after: $0)...] }
                print(body.map { String($0) } ?? "", terminator: "")
                return
            }
            print(text, terminator: "")
        }
    }
}
