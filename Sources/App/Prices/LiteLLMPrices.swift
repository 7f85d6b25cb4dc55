internal import Chronology
internal import Foundation
internal import Metering
internal import Pricing
internal import SpendExports

/// LiteLLM's list: one flat object, USD per token, without history.
///
/// Source: `model_prices_and_context_window.json` of BerriAI/litellm.
enum LiteLLMPrices {
    private static let perMillion: Foundation.Decimal = 1_000_000

    /// Our names of providers that it calls otherwise.
    private static let providers: [String: String] = [
        "gemini": "google", "vertex_ai": "vertex", "together_ai": "together",
        "fireworks_ai": "fireworks", "bedrock_converse": "bedrock",
        "text-completion-openai":
            "openai", "cohere_chat": "cohere", "azure_ai": "azure",
    ]

    private static let classes: [(String, TokenClass)] = [
        ("input_cost_per_token", .input), ("output_cost_per_token", .output),
        ("cache_read_input_token_cost", .cacheRead),
        ("cache_creation_input_token_cost", .cacheWrite5m),
        ("input_cost_per_audio_token", .inputAudio),
        ("output_cost_per_audio_token", .outputAudio),
        ("output_cost_per_reasoning_token", .reasoning),
        ("input_cost_per_image_token", .inputImage),
        ("output_cost_per_image_token", .outputImage),
    ]

    private static let tiers = [("batches", "batch"), ("flex", "flex"), ("priority", "priority")]
    private static let contextBounds: [Int64] = [128_000, 200_000, 256_000, 272_000, 512_000]

    static func sheets(
        _ models: [String: JSONDocument], version: String
    ) -> PriceImport.Result {
        var result = PriceImport.Result()
        var byProvider: [String: [ModelPrice]] = [:]
        for (key, fields) in models.sorted(by: { $0.key < $1.key }) where key != "sample_spec" {
            guard let theirs = fields["litellm_provider"]?.text else { continue }
            let family = theirs.hasPrefix("vertex_ai") ? "vertex" : theirs
            let provider = providers[family] ?? family
            var name = key
            if name.hasPrefix("\(theirs)/") { name.removeFirst(theirs.count + 1) }
            guard let price = model(name, fields) else {
                result.leftOut.append("\(key): no price per token")
                continue
            }
            byProvider[provider, default: []].append(price)
        }
        for (provider, prices) in byProvider.sorted(by: { $0.key < $1.key }) {
            var sheet = PriceSheet(provider: provider, version: version)
            var seen: Set<String> = []
            sheet.models = prices.filter { seen.insert($0.model.lowercased()).inserted }
            result.sheets.append(sheet)
        }
        return result
    }

    private static func model(_ name: String, _ fields: JSONDocument) -> ModelPrice? {
        var price = ModelPrice(model: name)
        price.contextWindow = fields["max_input_tokens"]?.count ?? fields["max_tokens"]?.count
        price.maximumOutput = fields["max_output_tokens"]?.count
        let base = classPrices(fields, suffix: "")
        guard !base.isEmpty else { return nil }
        var period = PricePeriod(from: nil, standard: tier(fields, base, suffix: ""))
        for (suffix, name) in tiers {
            let own = classPrices(fields, suffix: "_\(suffix)")
            guard !own.isEmpty else { continue }
            period.serviceTiers[name] = tier(fields, completed(own, by: base), suffix: "_\(suffix)")
        }
        price.periods = [period]
        return price
    }

    private static func classPrices(_ fields: JSONDocument, suffix: String) -> ClassPrices {
        var prices = ClassPrices()
        for (key, tokenClass) in classes {
            prices[stated: tokenClass] =
                fields["\(key)\(suffix)"]?.picodollars(times: perMillion)
        }
        prices[stated: .cacheWrite1h] =
            fields["cache_creation_input_token_cost_above_1hr\(suffix)"]?
            .picodollars(times: perMillion)
        return prices
    }

    private static func tier(
        _ fields: JSONDocument, _ base: ClassPrices, suffix: String
    ) -> TierPrices {
        var tier = TierPrices(base: base)
        for bound in contextBounds {
            let own = classPrices(fields, suffix: "_above_\(bound / 1_000)k_tokens\(suffix)")
            guard !own.isEmpty else { continue }
            tier.contextTiers.append(
                ContextTier(bound: .above(bound), prices: completed(own, by: base)))
        }
        return tier
    }

    /// A tier names every class that its base names.
    private static func completed(_ prices: ClassPrices, by base: ClassPrices) -> ClassPrices {
        var prices = prices
        for (tokenClass, price) in base.stated where prices[stated: tokenClass] == nil {
            prices[stated: tokenClass] = price
        }
        return prices
    }
}
