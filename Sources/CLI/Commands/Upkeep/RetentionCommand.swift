internal import App
internal import ArgumentParser
internal import Chronology
internal import Foundation
internal import Reporting
internal import Stores

struct RetentionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention", abstract: "Deletes rows that are older than you want to keep.",
        subcommands: [RetentionRun.self])
}

struct RetentionRun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Deletes old rows, in small batches beside a running gateway.",
        discussion: """
            Sums of limits are kept apart from rows, so that no window that is open changes; a \
            limit that is set later counts only the rows that are left.
            Example:
              spendfuse retention run --calls 365 --dry-run
            """)

    /// A month and a day: a limit that is set anew can then count its month.
    private static let fewestDays = 32
    /// A hundred years.
    private static let mostDays = 36_525
    private static let batch = 200
    /// Between two batches, for calls that wait to be written. Microseconds.
    private static let pause: UInt32 = 20_000

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    @Option(name: .long, help: "Days to keep rows of calls.")
    var calls = 90
    @Option(name: .long, help: "Days to keep performance metrics.")
    var performance = 90
    @Option(name: .long, help: "Days to keep acknowledged alerts.")
    var alerts = 90
    @Option(name: .long, help: "Days to keep the audit.")
    var audit = 365
    @Flag(name: .long, help: "Count what would go; delete nothing.")
    var dryRun = false

    func validate() throws {
        for (name, days) in [
            ("--calls", calls), ("--performance", performance), ("--alerts", alerts),
            ("--audit", audit),
        ] where !(Self.fewestDays...Self.mostDays).contains(days) {
            throw ValidationError("\(name) must be \(Self.fewestDays) to \(Self.mostDays) days")
        }
    }

    private func days(_ subject: RetentionRule.Subject) -> Int {
        switch subject {
        case .calls: calls
        case .performance: performance
        case .alerts: alerts
        case .audit: audit
        }
    }

    func run() throws {
        let store = try shared.upkeep()
        let clock = SystemClock()
        var table = ReportTable(columns: [
            .text("table"), .text("older_than"), .number(dryRun ? "would_delete" : "deleted"),
        ])
        try Failure.reported {
            for subject in RetentionRule.Subject.allCases {
                let began = clock.now()
                let rule = RetentionRule(
                    subject: subject,
                    cutoff: began.advanced(
                        bySeconds: -Int64(days(subject)) * Instant.secondsPerDay))
                var deleted = 0
                if dryRun {
                    deleted = try store.countExpired(rule)
                } else {
                    while case let count = try store.deleteExpired(rule, limit: Self.batch),
                        count > 0
                    {
                        deleted += count
                        usleep(Self.pause)
                    }
                    try store.note(
                        retention: rule, deleted: deleted, began: began, at: clock.now())
                }
                table.rows.append([
                    .text(subject.rawValue), .text(rule.cutoff.shortText),
                    .number(Int64(deleted)),
                ])
            }
        }
        output.show(table)
    }
}
