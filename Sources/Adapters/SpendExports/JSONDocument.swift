package import Foundation

/// Any JSON value; numbers are decimals, as a binary fraction has no place near a price.
package enum JSONDocument: Decodable, Sendable {
    case null
    case bool(Bool)
    case number(Foundation.Decimal)
    case text(String)
    case array([JSONDocument])
    case object([String: JSONDocument])

    package init(from decoder: any Decoder) throws {
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

    package subscript(_ key: String) -> JSONDocument? {
        if case .object(let fields) = self { return fields[key] }
        return nil
    }

    package var text: String? {
        switch self {
        case .text(let text): text
        case .number(let number): "\(number)"
        default: nil
        }
    }

    package var list: [JSONDocument]? {
        if case .array(let list) = self { return list }
        return nil
    }

    package var fields: [String: JSONDocument]? {
        if case .object(let fields) = self { return fields }
        return nil
    }

    package var flag: Bool? {
        switch self {
        case .bool(let flag): flag
        case .text(let text): Bool(text.lowercased())
        default: nil
        }
    }

    package var count: Int64? { text.flatMap { Int64($0) } }

    /// Picodollars of a price in USD, multiplied by `factor`; nil for what is no price, or is
    /// finer than a picodollar.
    package func picodollars(times factor: Foundation.Decimal = 1) -> Int64? {
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
