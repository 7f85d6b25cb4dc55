internal import App
internal import ArgumentParser
internal import Chronology
internal import Config
internal import Metering
internal import Money
internal import Pricing
internal import Reporting

struct PricesDiff: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Shows where another price list differs from the prices in force now.",
        discussion: """
            Example:
              spendfuse prices diff model_prices_and_context_window.json --provider openai
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption
    @OptionGroup var list: PriceListArguments

    @Flag(name: .long, help: "List also models that no sheet of ours knows.")
    var new = false

    func run() throws {
        let book = try shared.prices()
        let now = SystemClock().now()
        let theirs = PriceBook(sheets: try list.read().sheets)
        var table = ReportTable(columns: [
            .text("provider"), .text("model"), .text("class"), .money("ours_usd"),
            .money("theirs_usd"),
        ])
        for provider in theirs.providers {
            for model in theirs.models(of: provider) {
                let other = theirs.entry(provider: provider, model: model.model, at: now)
                let our = book.entry(provider: provider, model: model.model, at: now)
                guard let other, our != nil || new else { continue }
                table.rows += Self.rows(our, other)
            }
        }
        output.show(table)
    }

    private static func rows(
        _ ours: PriceBook.Entry?, _ theirs: PriceBook.Entry
    ) -> [[ReportTable.Cell]] {
        let our = ours?.period?.standard.base ?? ClassPrices()
        guard let other = theirs.period?.standard.base else { return [] }
        return other.stated.compactMap { tokenClass, price in
            guard our[tokenClass] != price else { return nil }
            return [
                .text(theirs.provider), .text(theirs.model.model), .text(tokenClass.rawValue),
                .money(our[tokenClass].map { Amount(picodollars: Int128($0)) }),
                .money(Amount(picodollars: Int128(price))),
            ]
        }
    }
}
