internal import Accounting
internal import App
internal import ArgumentParser
internal import Config
internal import LedgerSQLite
internal import Reporting

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Takes the cost of one call apart.",
        discussion: "Each class × price = cost, with the price sheet and the budgets it touched.")

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    @Argument(help: "The call's id, from 'calls' or the x-spendfuse-call-id header.")
    var call: String

    func run() throws {
        guard let id = CallID(text: call) else {
            throw ValidationError(
                "'\(call)' is not a call's id; copy one from 'spendfuse calls'")
        }
        let settings = try shared.settings()
        let ledger = try shared.ledger()
        let rows = try Failure.reported(exit: .storeUnreachable) { try ledger.attempts(of: id) }
        guard !rows.isEmpty else {
            StandardError.print("spendfuse: no call has the id \(call); see 'spendfuse calls'")
            throw ExitCode.failure
        }
        let prices = try Failure.reported {
            try PriceSheetFolder.read(settings.pricing, state: settings.state)
        }
        for row in rows {
            let explanation = CallExplanation(row, prices: prices)
            switch output.format {
            case .table: print(explanation.text, terminator: "")
            default: output.show(explanation.table)
            }
        }
    }
}
