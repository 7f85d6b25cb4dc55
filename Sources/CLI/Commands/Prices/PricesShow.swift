internal import App
internal import ArgumentParser
internal import Config
internal import Foundation
internal import Pricing
internal import Reporting

struct PricesShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows every price of one model, as its sheet has it.",
        discussion: """
            Your own price stands before the one that comes with the program.
            Example:
              spendfuse prices show claude-sonnet-4-5
            """)

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The model, by any name that its sheet knows.")
    var model: String

    @Option(name: .long, help: "Only this provider.")
    var provider: String?

    func run() throws {
        let book = try shared.prices()
        var isKnown = false
        for name in provider.map({ [$0] }) ?? book.providers(knowing: model) {
            for price in book.models(of: name, named: model) {
                var sheet = PriceSheet(
                    provider: name, version: book.version(of: name) ?? "2026-11-20")
                sheet.models = [price]
                print(PriceSheetText.text(of: sheet, comment: name), terminator: "")
                isKnown = true
            }
        }
        guard isKnown else {
            StandardError.print(
                "spendfuse: no price sheet knows \(model); see 'spendfuse prices list'")
            throw ExitCode.failure
        }
    }
}
