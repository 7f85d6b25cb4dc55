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
        commandName: "prices", abstract: "Shows and checks the price sheets.",
        subcommands: [PricesList.self, PricesCheck.self])
}

struct PricesList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists prices in USD per million tokens, as of now.")

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    @Option(name: .long, help: "Only this provider.")
    var provider: String?

    @Option(name: .long, help: "Only models whose id has this text in it.")
    var model: String?

    func run() throws {
        let settings = try shared.settings()
        let book = try Failure.reported { try PriceSheetFolder.read(settings.pricing) }
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
            .money(base?[tokenClass].map { Amount(picodollars: Int128($0)) } ?? .zero)
        }
        return [
            .text(entry.provider), .text(model.model), price(.input), price(.cacheRead),
            price(.cacheWrite5m), price(.output), .number(model.contextWindow),
            .number(model.maximumOutput), .text(entry.version),
        ]
    }
}

struct PricesCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Checks every price sheet; exit 1 names file and line.")

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let settings = try shared.settings()
        let book = try Failure.reported { try PriceSheetFolder.read(settings.pricing) }
        for provider in book.providers {
            let count = book.models(of: provider).count
            print("\(provider): \(count) models, version \(book.version(of: provider) ?? "?")")
        }
    }
}
