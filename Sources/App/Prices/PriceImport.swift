package import Chronology
internal import Foundation
package import Pricing
internal import SpendExports

/// Reads price lists of others into sheets of our schema.
package enum PriceImport {
    package struct Problem: Error, CustomStringConvertible {
        package let description: String
    }

    /// Sheets by provider, and what could not be taken over.
    package struct Result: Sendable {
        package var sheets: [PriceSheet] = []
        package var leftOut: [String] = []
    }

    /// A list of LiteLLM (`model_prices_and_context_window.json`) or of genai-prices (`data.json`),
    /// told apart by its shape.
    package static func read(_ path: String, at now: Instant) throws -> Result {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Problem(description: "the price list \(path) cannot be read")
        }
        let json: JSONDocument
        do {
            json = try JSONDecoder().decode(JSONDocument.self, from: data)
        } catch {
            throw Problem(description: "\(path) is not JSON, so it is no price list")
        }
        let version = String(now.text.prefix(10))
        switch json {
        case .object(let models) where models["sample_spec"] != nil || models.count > 50:
            return LiteLLMPrices.sheets(models, version: version)
        case .array(let providers): return GenaiPrices.sheets(providers, version: version)
        default:
            throw Problem(
                description: "\(path) is neither LiteLLM's model_prices_and_context_window.json nor"
                    + " genai-prices' data.json")
        }
    }
}
