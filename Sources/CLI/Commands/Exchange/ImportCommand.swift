internal import App
internal import ArgumentParser
internal import Chronology
internal import Config
internal import Metering
internal import Money
internal import Reporting
internal import SpendExports
internal import Stores

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Takes over what other programs recorded: LiteLLM, ccusage, OpenAI, Anthropic.",
        discussion: """
            Each call, or sum of calls, is taken over once, however often its file is imported. It \
            counts for limits like other spend of its time. Leave out days whose calls went \
            through Spendfuse as well: they would count twice. \
            Sources: LiteLLM's /spend/logs?summarize=false or the table LiteLLM_SpendLogs as CSV; \
            'ccusage daily --json'; OpenAI's organization/usage/completions or its CSV; \
            Anthropic's usage_report/messages or its CSV. Usage without costs is priced by the \
            price sheets.
            Examples:
              spendfuse import spend-logs.json
              spendfuse import ccusage.json --user ada --dry-run
              spendfuse import usage.csv --from openai --until 2026-11-01
            """)

    /// Calls that are written in one transaction.
    private static let batch = 500

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    @Argument(help: "The file: JSON, JSON lines or CSV.", completion: .file())
    var file: String

    @Option(name: .long, help: "What it is: auto, litellm, ccusage, openai or anthropic.")
    var from = SpendImport.Source.auto

    @Option(name: .long, help: "Who pays where the file names nobody (default auth.default_user).")
    var user: String?

    @Option(name: .long, help: "Only what is before this date or time.")
    var until: String?

    @Flag(name: .long, help: "Shows what would be taken over, and writes nothing.")
    var dryRun = false

    func run() throws {
        let payer = try user ?? shared.settings().defaultUser
        let prices = try shared.prices()
        let end = try until.map { text -> Instant in
            guard let moment = TimeWord.instant(text, now: SystemClock().now()) else {
                throw ValidationError("--until: '\(text)' is not a time; try 2026-11-20")
            }
            return moment
        }
        let read = try Failure.reported {
            try SpendImport(
                try ExportFile.read(file), from: from, user: payer, prices: prices,
                now: SystemClock().now())
        }
        for reason in read.leftOut { StandardError.print("left out: \(reason)") }
        let calls = read.calls.filter { call in end.map { call.moment < $0 } ?? true }
        let unpriced = calls.filter { $0.priceVersion == nil && !$0.usage.isEmpty }
        for model in Set(unpriced.map { "\($0.provider)/\($0.model ?? "?")" }).sorted() {
            StandardError.print("note: \(model) has no price, and is taken over at 0")
        }
        let written = dryRun ? 0 : try write(calls)
        output.show(Self.table(calls, written: written, isDryRun: dryRun))
    }

    private func write(_ calls: [ImportedCall]) throws -> Int {
        let store = try shared.ledger(mayMake: true)
        var written = 0
        for first in stride(from: 0, to: calls.count, by: Self.batch) {
            let part = Array(calls[first..<min(first + Self.batch, calls.count)])
            written += try Failure.reported(exit: .storeUnreachable) {
                try store.importCalls(part)
            }
            if calls.count > Self.batch {
                StandardError.print("\(first + part.count) of \(calls.count)")
            }
        }
        return written
    }

    private static func table(
        _ calls: [ImportedCall], written: Int, isDryRun: Bool
    ) -> ReportTable {
        var table = ReportTable(columns: [
            .text("source"), .text("provider"), .text("model"), .number("entries"),
            .number("calls"), .number("tokens"), .money("cost_usd"),
        ])
        let groups = Dictionary(grouping: calls) { [$0.source, $0.provider, $0.model ?? ""] }
        table.rows = groups.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { key, calls in
            key.map { .text($0) } + figures(calls)
        }
        table.totalRow = [.text("total"), .text(""), .text("")] + figures(calls)
        table.facts = [
            ("new", isDryRun ? "not written (dry run)" : String(written)),
            ("known_before", isDryRun ? "" : String(calls.count - written)),
        ].filter { !$0.1.isEmpty }
        return table
    }

    private static func figures(_ calls: [ImportedCall]) -> [ReportTable.Cell] {
        [
            .number(Int64(calls.count)), .number(calls.reduce(0) { $0 + $1.requests }),
            .number(calls.reduce(0) { $0 + $1.usage.totalTokens }),
            .money(calls.reduce(Amount.zero) { $0 + $1.cost }),
        ]
    }
}

extension SpendImport.Source: ExpressibleByArgument {}
