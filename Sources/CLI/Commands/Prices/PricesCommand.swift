internal import App
internal import ArgumentParser
internal import Chronology
internal import Config
internal import Metering
internal import Money
internal import Pricing
internal import Reporting

struct PricesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prices", abstract: "Shows, checks and changes prices.",
        discussion: "Your own prices lie in STATE/prices and go before the sheets in 'pricing'.",
        subcommands: [
            PricesList.self, PricesShow.self, PricesCheck.self, PricesSet.self,
            PricesImport.self, PricesDiff.self, PricesSync.self,
        ])
}

struct PricesList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists prices in USD per million tokens, as of now.",
        discussion: """
            Examples:
              spendfuse prices list --provider anthropic
              spendfuse prices list --model gpt-4o
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    @Option(name: .long, help: "Only this provider.")
    var provider: String?

    @Option(name: .long, help: "Only models whose id has this text in it.")
    var model: String?

    func run() throws {
        let book = try shared.prices()
        let now = SystemClock().now()
        var table = ReportTable(columns: [
            .text("provider"), .text("model"), .money("input_usd"), .money("cache_read_usd"),
            .money("cache_write_5m_usd"), .money("output_usd"), .number("context_window"),
            .number("maximum_output"), .text("price_version"),
        ])
        for name in book.providers where provider == nil || provider == name {
            for price in book.models(of: name) {
                if let text = model, !price.model.contains(text) { continue }
                guard let entry = book.entry(provider: name, model: price.model, at: now) else {
                    continue
                }
                table.rows.append(row(entry, price))
            }
        }
        output.show(table)
    }

    private func row(_ entry: PriceBook.Entry, _ model: ModelPrice) -> [ReportTable.Cell] {
        let base = entry.period?.standard.base
        func price(_ tokenClass: TokenClass) -> ReportTable.Cell {
            // A free model costs nothing; one that is priced by something else has no such price.
            .money(base.map { $0[tokenClass].map { Amount(picodollars: Int128($0)) } } ?? .zero)
        }
        return [
            .text(entry.provider), .text(model.model), price(.input), price(.cacheRead),
            price(.cacheWrite5m), price(.output), .number(model.contextWindow),
            .number(model.maximumOutput), .text(entry.version),
        ]
    }
}
