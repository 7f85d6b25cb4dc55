package import Chronology
internal import Foundation
package import Pricing

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
            throw Problem(description: "\(path) is not JSON: \(error)")
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

/// Any JSON value; numbers are decimals, as a binary fraction has no place near a price.
enum JSONDocument: Decodable, Sendable {
    case null
    case bool(Bool)
    case number(Foundation.Decimal)
    case text(String)
    case array([JSONDocument])
    case object([String: JSONDocument])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let flag = try? value.decode(Bool.self) {
            self = .bool(flag)
        } else if let number = try? value.decode(Foundation.Decimal.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([JSONDocument].self) {
            self = .array(list)
        } else {
            self = .object(try value.decode([String: JSONDocument].self))
        }
    }

    subscript(_ key: String) -> JSONDocument? {
        if case .object(let fields) = self { return fields[key] }
        return nil
    }

    var text: String? {
        switch self {
        case .text(let text): text
        case .number(let number): "\(number)"
        default: nil
        }
    }

    var count: Int64? { text.flatMap { Int64($0) } }

    /// Picodollars of a price in USD, multiplied by `factor`; nil for what is no price, or is
    /// finer than a picodollar.
    func picodollars(times factor: Foundation.Decimal = 1) -> Int64? {
        let number: Foundation.Decimal
        switch self {
        case .number(let value): number = value
        case .text(let text):
            guard let value = Foundation.Decimal(string: text) else { return nil }
            number = value
        default: return nil
        }
        let picodollars = number * factor * 1_000_000_000_000
        return picodollars.isSignMinus ? nil : Int64("\(picodollars)")
    }
}
