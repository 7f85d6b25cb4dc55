internal import App
internal import ArgumentParser
internal import Chronology
internal import Money
internal import Pricing
internal import Reporting
internal import Stores

struct AdviseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "advise",
        abstract: "Says what to change: savings a month, limits ahead, and what is not as usual.",
        discussion: """
            Looks at the last 30 days, and at the newest 20,000 calls one by one. Savings are \
            estimates in USD for 30 days, at the prices of today.
            Examples:
              spendfuse advise
              spendfuse advise --kind cheaper_model --format json
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    @Option(name: .long, help: "Only findings of this kind, such as cheaper_model.")
    var kind: Finding.Kind?

    @Option(
        name: .customLong("tz"),
        help: "The zone that days begin by, such as America/New_York (default UTC).")
    var zoneName = "UTC"

    func run() throws {
        let zone = try SpanOptions.zone(named: zoneName)
        let prices = try shared.prices()
        let store = try shared.ledger()
        let now = SystemClock().now()
        let basis = try Failure.reported(exit: .storeUnreachable) {
            try store.adviceBasis(prices: prices, at: now, zone: zone)
        }
        let findings = Advisor.findings(basis).filter { kind == nil || $0.kind == kind }
        let outlook = MonthOutlook(byDay: basis.byDay, now: now, zone: zone)
        if output.format == .table {
            print(Self.text(of: findings, outlook), terminator: "")
            return
        }
        var table = Finding.table(findings)
        table.facts = [
            ("month_spent_usd", outlook.spent.dollars),
            ("month_expected_usd", outlook.expected.dollars),
            ("month_low_usd", outlook.low.dollars), ("month_high_usd", outlook.high.dollars),
        ]
        output.show(table)
    }

    /// Each finding in three lines: texts are too long for columns.
    private static func text(of findings: [Finding], _ outlook: MonthOutlook) -> String {
        var lines = [
            "This month: \(outlook.spent.glance) USD so far,"
                + " \(outlook.expected.glance) USD expected"
                + " (\(outlook.low.glance) to \(outlook.high.glance))."
        ]
        if findings.isEmpty { lines.append("Nothing found that is worth changing.") }
        for finding in findings {
            let saving = finding.saving.map { ": saves \($0.glance) USD a month" } ?? ""
            let calls = finding.calls > 0 ? " (\(finding.calls) calls)" : ""
            lines += [
                "", "\(finding.subject.printable) [\(finding.kind.rawValue)]\(saving)\(calls)",
                "  \(finding.text.printable)", "  -> \(finding.remedy.printable)",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Finding.Kind: ExpressibleByArgument {}
