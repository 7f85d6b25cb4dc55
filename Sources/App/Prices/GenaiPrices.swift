internal import Chronology
internal import Foundation
internal import Metering
internal import Pricing
internal import SpendExports

/// The list of genai-prices: providers, models and dated prices in USD per million tokens.
///
/// Source: `prices/data.json` of pydantic/genai-prices and its schema.
enum GenaiPrices {
    private static let providers: [String: String] = [
        "x-ai": "xai", "aws": "bedrock", "moonshotai": "moonshot", "voyageai": "voyage",
    ]

    private static let classes: [(String, TokenClass)] = [
        ("input_mtok", .input), ("output_mtok", .output), ("cache_read_mtok", .cacheRead),
        ("cache_write_mtok", .cacheWrite5m), ("cache_write_1h_mtok", .cacheWrite1h),
        ("input_audio_mtok", .inputAudio), ("output_audio_mtok", .outputAudio),
        ("cache_audio_read_mtok", .cacheReadAudio), ("input_image_mtok", .inputImage),
        ("output_image_mtok", .outputImage), ("input_video_mtok", .inputVideo),
        ("output_reasoning_mtok", .reasoning),
    ]

    static func sheets(_ providers: [JSONDocument], version: String) -> PriceImport.Result {
        var result = PriceImport.Result()
        for provider in providers {
            guard let id = provider["id"]?.text, case .array(let models)? = provider["models"]
            else { continue }
            var sheet = PriceSheet(provider: Self.providers[id] ?? id, version: version)
            for model in models {
                guard let name = model["id"]?.text else { continue }
                let periods = periods(model["prices"], "\(id) \(name)", &result.leftOut)
                guard !periods.isEmpty else { continue }
                var price = ModelPrice(model: name)
                price.contextWindow = model["context_window"]?.count
                price.periods = periods
                price.aliases = equalNames(model["match"]).filter { $0 != name }
                sheet.models.append(price)
            }
            if !sheet.models.isEmpty { result.sheets.append(withoutDoubles(sheet)) }
        }
        return result
    }

    /// Names that the list states whole; what it finds by likeness is not taken over.
    private static func equalNames(_ match: JSONDocument?) -> [String] {
        if let text = match?["equals"]?.text { return [text] }
        guard case .array(let clauses)? = match?["or"] else { return [] }
        return clauses.flatMap { equalNames($0) }
    }

    private static func withoutDoubles(_ sheet: PriceSheet) -> PriceSheet {
        var sheet = sheet
        var seen: Set<String> = []
        for index in sheet.models.indices { seen.insert(sheet.models[index].model.lowercased()) }
        for index in sheet.models.indices {
            sheet.models[index].aliases.removeAll { !seen.insert($0.lowercased()).inserted }
        }
        return sheet
    }

    private static func periods(
        _ prices: JSONDocument?, _ name: String, _ leftOut: inout [String]
    ) -> [PricePeriod] {
        guard case .array(let dated)? = prices else {
            return prices.flatMap { period($0, from: nil, name, &leftOut) }.map { [$0] } ?? []
        }
        var periods: [PricePeriod] = []
        for entry in dated {
            var from: Instant?
            if let constraint = entry["constraint"], case .object = constraint {
                guard let start = constraint["start_date"]?.text else {
                    leftOut.append("\(name): a price that depends on the time of day")
                    continue
                }
                from = Instant(text: start)
            }
            guard let inner = entry["prices"],
                let period = period(inner, from: from, name, &leftOut)
            else { continue }
            periods.append(period)
        }
        periods.sort { ($0.from?.seconds ?? .min) < ($1.from?.seconds ?? .min) }
        return periods
    }

    private static func period(
        _ prices: JSONDocument, from: Instant?, _ name: String, _ leftOut: inout [String]
    ) -> PricePeriod? {
        var base = ClassPrices()
        var bounds: [Int64: [(TokenClass, Int64)]] = [:]
        for (key, tokenClass) in classes {
            guard let value = prices[key] else { continue }
            base[stated: tokenClass] = (value["base"] ?? value).picodollars()
            guard case .array(let tiers)? = value["tiers"] else { continue }
            for tier in tiers {
                guard let start = tier["start"]?.count, let price = tier["price"]?.picodollars()
                else { continue }
                bounds[start, default: []].append((tokenClass, price))
            }
        }
        guard !base.isEmpty else {
            leftOut.append("\(name): no price per token")
            return nil
        }
        var standard = TierPrices(base: base)
        var prices = base
        for (start, changes) in bounds.sorted(by: { $0.key < $1.key }) {
            for (tokenClass, price) in changes { prices[stated: tokenClass] = price }
            standard.contextTiers.append(ContextTier(bound: .above(start), prices: prices))
        }
        return PricePeriod(from: from, standard: standard)
    }
}
