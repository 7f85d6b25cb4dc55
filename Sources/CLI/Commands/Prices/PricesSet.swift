internal import App
internal import ArgumentParser
internal import Chronology
internal import Config
internal import LedgerSQLite
internal import Metering
internal import Money
internal import Pricing
internal import Reporting

struct PricesSet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Sets a price of your own, in force within a second.",
        discussion: """
            Examples:
              spendfuse prices set openai gpt-5 --price input=1.10 --price output=8.80
              spendfuse prices set acme roadrunner --price input=1 --price output=2 \\
                --context-window 128000 --maximum-output 8192
              spendfuse prices set openai whisper-1 --per-hour audio=0.30
            Prices are USD per million tokens; the whole price of the model is set, so name every \
            class. Calls before --from keep the price that they had.
            """)

    @OptionGroup var shared: SharedOptions

    @Argument(help: "Whose model.")
    var provider: String

    @Argument(help: "The model's id.")
    var model: String

    @Option(name: .long, help: "CLASS=USD per million tokens: input=2.50, cache_read=0.25.")
    var price: [String] = []

    @Option(name: .long, help: "PIECE=USD per thousand: web_search=10, request=5.")
    var perThousand: [String] = []

    @Option(name: .long, help: "audio=USD or video=USD per hour.")
    var perHour: [String] = []

    @Option(name: .long, help: "From this date or moment on, in UTC (default: now).")
    var from: String?

    @Option(name: .long, help: "Tokens that a request can send and receive together.")
    var contextWindow: Int64?

    @Option(name: .long, help: "Tokens that an answer can have.")
    var maximumOutput: Int64?

    func run() throws {
        for (name, text) in [("PROVIDER", provider), ("MODEL", model)] where text.isEmpty {
            throw ValidationError("\(name) is empty; name whose price it is")
        }
        let settings = try shared.settings()
        let now = SystemClock().now()
        let book = try shared.prices()
        let period = try period(now)
        try Failure.reported {
            let own = try PriceSheetFolder.ownSheets(state: settings.state)
            var sheet =
                own.first { $0.provider == provider }
                ?? PriceSheet(provider: provider, version: now.shortText)
            sheet.version = now.shortText
            let known = book.models(of: provider, named: model).first
            var price = sheet.models.first { $0.model == model } ?? named(like: known)
            price.contextWindow = contextWindow ?? price.contextWindow ?? known?.contextWindow
            price.maximumOutput = maximumOutput ?? price.maximumOutput ?? known?.maximumOutput
            let always = Instant(microseconds: .min)
            price.periods.removeAll { ($0.from ?? always) >= (period.from ?? now) }
            price.periods.append(period)
            sheet.models.removeAll { $0.model == model }
            sheet.models.append(price)
            try PriceSheetFolder.write([sheet], state: settings.state)
        }
        try PricesSync.sync(shared, settings, what: "\(provider)/\(model)")
        print(
            "\(provider) \(model): set from \(period.from?.shortText ?? "now") on, in"
                + " \(PriceSheetFolder.own(state: settings.state))/\(provider).yaml")
    }

    /// A model of the sheet is known by all its names here too, as replies use any of them.
    private func named(like known: ModelPrice?) -> ModelPrice {
        let names = (known.map { [$0.model] + $0.aliases } ?? []).map { $0.lowercased() }
        guard var price = known, names.contains(model.lowercased()) else {
            return ModelPrice(model: model)
        }
        if price.model != model {
            price.aliases.removeAll { $0 == model }
            price.aliases.append(price.model)
            price.model = model
        }
        price.periods = []
        price.isFree = false
        return price
    }

    private func period(_ now: Instant) throws -> PricePeriod {
        var moment = now
        if let from {
            guard let stated = Instant(text: from) else {
                throw ValidationError("--from \(from): write 2026-11-20 or 2026-11-20T16:30:00Z")
            }
            moment = stated
        }
        var period = PricePeriod(
            from: Instant(seconds: moment.seconds), standard: TierPrices(base: ClassPrices()))
        for (name, amount) in try Self.pairs(price, "--price") {
            if name == FeeUnit.characters.rawValue {
                period.fees[.characters] = amount
            } else if let tokenClass = TokenClass(rawValue: name) {
                period.standard.base[stated: tokenClass] = amount
            } else {
                let known = TokenClass.all.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--price \(name): it knows \(known), characters")
            }
        }
        for (name, amount) in try Self.pairs(perThousand, "--per-thousand") {
            guard let unit = FeeUnit(rawValue: name), unit.perPrice == 1_000 else {
                let known = FeeUnit.all.filter { $0.perPrice == 1_000 }.map(\.rawValue)
                throw ValidationError(
                    "--per-thousand \(name): it knows \(known.joined(separator: ", "))")
            }
            period.fees[unit] = amount
        }
        for (name, amount) in try Self.pairs(perHour, "--per-hour") {
            guard let unit = FeeUnit(rawValue: "\(name)_ms") else {
                throw ValidationError("--per-hour \(name): it knows audio, video")
            }
            period.fees[unit] = amount
        }
        guard !period.standard.base.isEmpty || !period.fees.isEmpty else {
            throw ValidationError("name at least one --price, --per-thousand or --per-hour")
        }
        return period
    }

    private static func pairs(_ texts: [String], _ option: String) throws -> [(String, Int64)] {
        try texts.map { text in
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw ValidationError("\(option) \(text): write NAME=USD")
            }
            do {
                return (parts[0], try Amount(dollars: parts[1]).stored ?? 0)
            } catch {
                throw ValidationError("\(option) \(text): \(error)")
            }
        }
    }
}
