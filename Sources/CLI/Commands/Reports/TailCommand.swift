internal import App
internal import ArgumentParser
internal import Chronology
internal import Linux
internal import Reporting
internal import Stores

struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Shows calls as they end, until Ctrl-C.",
        discussion: """
            Examples:
              spendfuse tail
              spendfuse tail --format jsonl | jq .cost_usd
            """)

    /// Calls are told once they end, by when they began: longer ones are not seen.
    private static let longestCallSeconds: Int64 = 3_600
    private static let mostCallsPerLook = 1_000
    /// Characters that a call takes with its id.
    private static let roomyWidth = 150
    private static let period = Duration.milliseconds(500)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    @Option(name: .long, help: "Ends after so many calls.")
    var count: Int?

    func run() async throws {
        guard output.format != .markdown, output.format != .json else {
            throw ValidationError("--format: a list without end is a table, jsonl or csv")
        }
        let store = try shared.ledger()
        let clock = SystemClock()
        var seen = try calls(store, clock.now()).map(Self.name)
        StandardError.print("following calls as they end; Ctrl-C ends it")
        var left = count ?? .max
        var isFirst = true
        while left > 0 {
            try? await Task.sleep(for: Self.period)
            let rows = try calls(store, clock.now())
            let known = Set(seen)
            let new = rows.filter { !known.contains(Self.name($0)) }.reversed().prefix(left)
            seen = rows.map(Self.name)
            guard !new.isEmpty else { continue }
            try show(Array(new), isFirst)
            isFirst = false
            left -= new.count
        }
    }

    private func calls(_ store: any SpendStore, _ now: Instant) throws -> [CallRow] {
        try Failure.reported(exit: .storeUnreachable) {
            try store.calls(
                since: now.advanced(bySeconds: -Self.longestCallSeconds),
                until: now.advanced(bySeconds: 1), limit: Self.mostCallsPerLook)
        }
    }

    private static func name(_ row: CallRow) -> String {
        "\(row.text("call_id") ?? row.text("timestamp") ?? "")/\(row.number("attempt") ?? 1)"
    }

    /// Column names stand once, above the first.
    private func show(_ rows: [CallRow], _ isFirst: Bool) throws {
        var table = output.format == .table ? CallRow.shortTable(rows) : CallRow.table(rows)
        // Each batch has the columns of the first, whatever is in it.
        let width = ProcessSettings.terminalWidth ?? .max
        if output.format == .table, width < Self.roomyWidth { table.drop("call_id") }
        let text = table.rendered(as: output.format, terminalWidth: nil)
        let headings = output.format == .table ? 2 : output.format == .csv ? 1 : 0
        var rest = text[...]
        for _ in 0..<(isFirst ? 0 : headings) {
            // A carriage return and a line feed are one character.
            rest = rest.drop { !$0.isNewline }.dropFirst()
        }
        print(rest, terminator: "")
        try Failure.flushed()
    }
}
