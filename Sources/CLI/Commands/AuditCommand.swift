internal import App
internal import ArgumentParser
internal import LedgerSQLite
internal import Reporting
internal import Stores

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Shows who changed what, and when.",
        subcommands: [AuditList.self], defaultSubcommand: AuditList.self)
}

struct AuditList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists changes, newest first.",
        discussion: """
            Who: the value of SPENDFUSE_ACTOR, or the system's user.
            Example:
              spendfuse audit list --since 7d
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var span: SpanOptions
    @OptionGroup var output: FormatOption

    @Option(name: .long, help: "At most so many changes.")
    var limit = 50

    func run() throws {
        guard limit > 0 else { throw ValidationError("--limit must be above 0") }
        let (since, until) = try span.span()
        let ledger = try shared.ledger()
        let entries = try Failure.reported(exit: .storeUnreachable) {
            try ledger.auditEntries(since: since, until: until, limit: limit)
        }
        var table = ReportTable(columns: [
            .number("id"), .text("timestamp"), .text("actor"), .text("action"), .text("subject"),
            .text("before"), .text("after"),
        ])
        let isTable = output.format == .table
        table.rows = entries.map { entry in
            let change = entry.change
            return [
                .number(entry.id), .text(entry.timestamp), .text(change.actor),
                .text(change.action), .text(change.subject),
                isTable ? .text(change.before) : .json(change.before ?? "null"),
                isTable ? .text(change.after) : .json(change.after ?? "null"),
            ]
        }
        output.show(table)
    }
}
