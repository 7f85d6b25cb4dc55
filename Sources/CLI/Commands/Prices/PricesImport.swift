internal import App
internal import ArgumentParser
internal import Chronology
internal import Config
internal import LedgerSQLite
internal import Pricing

/// Which part of another's price list is meant.
struct PriceListArguments: ParsableArguments {
    @Argument(help: "LiteLLM's model_prices_and_context_window.json or genai-prices' data.json.")
    var file: String

    @Option(name: .long, help: "Only this provider.")
    var provider: String?

    @Option(name: .long, help: "Only models whose id has this text in it.")
    var model: String?

    func read() throws -> PriceImport.Result {
        var result = try Failure.reported { try PriceImport.read(file, at: SystemClock().now()) }
        result.sheets = result.sheets.compactMap { sheet in
            guard provider == nil || sheet.provider == provider else { return nil }
            var sheet = sheet
            if let model { sheet.models.removeAll { !$0.model.contains(model) } }
            return sheet.models.isEmpty ? nil : sheet
        }
        return result
    }
}

struct PricesImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Takes prices of another list for prices of your own.",
        discussion: """
            See first what would change with 'prices diff'. Names that the list finds by likeness \
            are not taken over. Examples:
              spendfuse prices import model_prices_and_context_window.json --provider openai
              spendfuse prices import data.json --provider mistral --model mistral-large
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var list: PriceListArguments

    func run() throws {
        let settings = try shared.settings()
        let result = try list.read()
        guard !result.sheets.isEmpty else {
            StandardError.print("spendfuse: the list has no such price")
            throw ExitCode.failure
        }
        for line in result.leftOut where list.provider == nil && list.model == nil {
            StandardError.print("left out: \(line)")
        }
        let now = SystemClock().now()
        let book = try shared.prices()
        try Failure.reported {
            let own = try PriceSheetFolder.ownSheets(state: settings.state)
            let sheets = result.sheets.map { imported in
                var sheet = own.first { $0.provider == imported.provider } ?? imported
                let names = Set(imported.models.map { $0.model.lowercased() })
                sheet.models.removeAll { names.contains($0.model.lowercased()) }
                sheet.models += imported.models.map { Self.completed($0, imported.provider, book) }
                sheet.version = now.shortText
                return sheet
            }
            try PriceSheetFolder.write(sheets, state: settings.state)
        }
        for sheet in result.sheets { print("\(sheet.provider): \(sheet.models.count) models") }
        try PricesSync.sync(shared, settings, what: "an imported list")
    }

    /// The list says what tokens cost. What it does not say stays as the sheet has it: the model's
    /// other names, fees, regions and hours.
    private static func completed(
        _ imported: ModelPrice, _ provider: String, _ book: PriceBook
    ) -> ModelPrice {
        let known = book.models(of: provider, named: imported.model)
            .last { $0.model == imported.model || $0.aliases.contains(imported.model) }
        guard let known else { return imported }
        var price = imported
        price.aliases += ([known.model] + known.aliases).filter {
            $0 != imported.model && !imported.aliases.contains($0)
        }
        price.matches = known.matches
        price.coversSnapshots = known.coversSnapshots
        price.contextWindow = imported.contextWindow ?? known.contextWindow
        price.maximumOutput = imported.maximumOutput ?? known.maximumOutput
        guard let last = known.periods.last else { return price }
        for index in price.periods.indices {
            price.periods[index].fees = last.fees
            price.periods[index].multipliers = last.multipliers
            price.periods[index].imagePrices = last.imagePrices
        }
        return price
    }
}
