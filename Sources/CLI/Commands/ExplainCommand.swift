internal import Accounting
internal import App
internal import ArgumentParser
internal import Chronology
internal import Config
internal import LedgerSQLite
internal import Money
internal import Reporting
internal import Stores

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Takes the cost of one call apart.",
        discussion: """
            Each class × price = cost, with the price sheet and the budgets it touched.
            Example:
              spendfuse explain 019a2b3c-4d5e-7f60-8123-456789abcdef
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    @Argument(help: "The call's id, from 'calls' or the x-spendfuse-call-id header.")
    var call: String

    func run() throws {
        guard let id = CallID(text: call) else {
            throw ValidationError(
                "'\(call)' is not a call's id; copy one from 'spendfuse calls'")
        }
        let ledger = try shared.ledger()
        let rows = try Failure.reported(exit: .storeUnreachable) { try ledger.attempts(of: id) }
        guard !rows.isEmpty else {
            StandardError.print("spendfuse: no call has the id \(call); see 'spendfuse calls'")
            throw ExitCode.failure
        }
        let prices = try shared.prices()
        let moment = rows.first?.text("timestamp").flatMap { Instant(text: $0) }
        let adjustments = try Failure.reported(exit: .storeUnreachable) {
            try moment.map {
                try ledger.adjustments(since: $0, until: $0.advanced(bySeconds: 1))
            } ?? [:]
        }
        for row in rows {
            let key = "\(call)/\(row.number("attempt") ?? 0)"
            let explanation = CallExplanation(
                row, prices: prices, adjusted: adjustments[key] ?? .zero)
            switch output.format {
            case .table: print(explanation.text, terminator: "")
            default: output.show(explanation.table)
            }
        }
    }
}
