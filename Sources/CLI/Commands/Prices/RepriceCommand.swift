internal import App
internal import ArgumentParser
internal import Chronology
internal import Config
internal import LedgerSQLite
internal import Money
internal import Pricing
internal import Reporting
internal import Stores

struct RepriceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reprice", abstract: "Prices past calls anew, at corrected prices.",
        discussion: """
            Shows the difference of each call, and with --apply books it as an adjustment \
            beside the call; what was booked is never changed. Done twice, it finds nothing more.
            Example:
              spendfuse reprice --since 2026-11-01
              spendfuse reprice --since 2026-11-01 --apply
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    @Option(name: .long, help: "Calls from this date or moment on, in UTC.")
    var since: String

    @Option(name: .long, help: "Calls before this date or moment (default: now).")
    var until: String?

    @Flag(name: .long, help: "Book the differences.")
    var apply = false

    /// Calls that are looked at in one run; more are priced in steps of --since and --until.
    private static let maximumCalls = 1_000_000

    func run() throws {
        let now = SystemClock().now()
        let begin = try Self.moment(since, "--since", now)
        let end = try until.map { try Self.moment($0, "--until", now) } ?? now
        let prices = try shared.prices()
        let ledger = try shared.ledger()
        let adjustments = try Failure.reported(exit: .storeUnreachable) {
            let earlier = try ledger.adjustments(since: begin, until: end)
            let calls = try ledger.calls(since: begin, until: end, limit: Self.maximumCalls)
            guard calls.count < Self.maximumCalls else {
                throw ValidationError(
                    "more than \(Self.maximumCalls) calls; price them in steps of --until")
            }
            return calls.compactMap { row in
                let key = "\(row.text("call_id") ?? "")/\(row.number("attempt") ?? 0)"
                return Repricing.adjustment(
                    of: row, adjustedBy: earlier[key] ?? .zero, prices: prices)
            }
        }
        output.show(Self.table(adjustments))
        guard apply, !adjustments.isEmpty else { return }
        let written = try Failure.reported(exit: .storeUnreachable) {
            let count = try ledger.adjust(adjustments, at: now)
            try ledger.audit(
                AuditEntry.Change(
                    actor: Actor.name, action: "prices.reprice", subject: "\(count) calls",
                    before: nil, after: nil), at: now)
            return count
        }
        StandardError.print("\(written) adjustments are booked")
    }

    private static func moment(
        _ text: String, _ option: String, _ now: Instant
    ) throws -> Instant {
        guard let moment = TimeWord.instant(text, now: now, zone: .utc) else {
            throw ValidationError("\(option): '\(text)' is not a time; try 2026-11-20 or 7d")
        }
        return moment
    }

    private static func table(_ adjustments: [PriceAdjustment]) -> ReportTable {
        var table = ReportTable(columns: [
            .text("call_id"), .text("model"), .money("booked_usd"), .money("cost_usd"),
            .money("difference_usd"), .text("price_version"),
        ])
        table.rows = adjustments.map { adjustment in
            [
                .text(adjustment.callID), .text(adjustment.model), .money(adjustment.booked),
                .money(adjustment.cost), .money(adjustment.difference), .text(adjustment.version),
            ]
        }
        func sum(_ part: (PriceAdjustment) -> Amount) -> Amount {
            adjustments.reduce(.zero) { $0 + part($1) }
        }
        table.totalRow = [
            .text("total"), .text(nil), .money(sum(\.booked)), .money(sum(\.cost)),
            .money(sum(\.difference)), .text(nil),
        ]
        return table
    }
}
