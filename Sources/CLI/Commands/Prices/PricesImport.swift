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
            See first what would change with 'prices diff'. Names that the list finds by likeness
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
        try Failure.reported {
            let own = try PriceSheetFolder.ownSheets(state: settings.state)
            for imported in result.sheets {
                var sheet = own.first { $0.provider == imported.provider } ?? imported
                let names = Set(imported.models.map { $0.model.lowercased() })
                sheet.models.removeAll { names.contains($0.model.lowercased()) }
                sheet.models += imported.models
                sheet.version = now.shortText
                try PriceSheetFolder.write(sheet, state: settings.state)
                print("\(sheet.provider): \(imported.models.count) models")
            }
        }
        try PricesSync.sync(shared, settings)
    }
}
