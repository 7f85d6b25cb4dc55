internal import Metering
internal import Money
internal import StrictYAML

/// Reads what is charged beside the tokens, and factors on them.
struct FeeReader {
    private static let perHour: [String: FeeUnit] = [
        "audio": .audioMilliseconds, "video": .videoMilliseconds,
    ]
    private static let perThousand = FeeUnit.all.filter { $0.perPrice == 1_000 }

    /// `characters` of `per_million`, which are no tokens.
    func charactersFee(in node: YAMLNode) throws(YAMLNode.Problem) -> [FeeUnit: Int64] {
        for (name, value) in try node.entries() where name == FeeUnit.characters.rawValue {
            return [.characters: try value.price()]
        }
        return [:]
    }

    func fees(_ fields: [String: YAMLNode]) throws(YAMLNode.Problem) -> [FeeUnit: Int64] {
        var fees: [FeeUnit: Int64] = [:]
        for (name, fee) in try fields["per_thousand"]?.entries() ?? [] {
            guard let unit = Self.perThousand.first(where: { $0.rawValue == name }) else {
                let known = Self.perThousand.map(\.rawValue).joined(separator: ", ")
                throw fee.fail("unknown fee '\(name)'; it knows \(known)")
            }
            fees[unit] = try fee.price()
        }
        for (name, fee) in try fields["per_hour"]?.entries() ?? [] {
            guard let unit = Self.perHour[name] else {
                throw fee.fail("unknown fee '\(name)'; it knows audio, video")
            }
            fees[unit] = try fee.price()
        }
        return fees
    }

    func imagePrices(_ node: YAMLNode?) throws(YAMLNode.Problem) -> [ImagePrice] {
        var prices: [ImagePrice] = []
        for element in try node?.elements() ?? [] {
            let fields = try element.fields(known: ["size", "quality", "price"])
            prices.append(
                ImagePrice(
                    size: try fields["size"]?.string(), quality: try fields["quality"]?.string(),
                    price: try fields.required("price", in: element).price()))
        }
        return prices
    }

    func multipliers(
        _ node: YAMLNode?
    ) throws(YAMLNode.Problem) -> [PriceCondition: [String: Decimal]] {
        var multipliers: [PriceCondition: [String: Decimal]] = [:]
        for (name, values) in try node?.entries() ?? [] {
            guard let condition = PriceCondition(rawValue: name) else {
                let known = PriceCondition.allCases.map(\.rawValue).joined(separator: ", ")
                throw values.fail("unknown multiplier '\(name)'; it knows \(known)")
            }
            for (value, factor) in try values.entries() {
                multipliers[condition, default: [:]][value] = try factor.factor()
            }
        }
        return multipliers
    }
}

extension YAMLNode {
    /// USD above which a price is taken for a mistake of unit.
    private static let maximumPrice = Amount(picodollars: 100_000 * Amount.picodollarsPerDollar)

    /// A price in USD, as picodollars.
    func price() throws(Problem) -> Int64 {
        let text = try string()
        let amount: Amount
        do throws(Amount.TextError) {
            amount = try Amount(dollars: text)
        } catch {
            throw fail("\(name): \(error)")
        }
        guard amount <= Self.maximumPrice, let stored = amount.stored else {
            throw fail("\(name) is above 100000 USD; is it in the unit of its key?")
        }
        return stored
    }

    fileprivate func factor() throws(Problem) -> Decimal {
        guard let value = Decimal(try string()), value.digits > 0, value.scale <= 6 else {
            throw fail("\(name) must be a positive decimal such as 1.1")
        }
        return value
    }
}

extension [String: YAMLNode] {
    func required(_ key: String, in parent: YAMLNode) throws(YAMLNode.Problem) -> YAMLNode {
        guard let node = self[key] else {
            throw parent.fail("\(parent.name) lacks the key '\(key)'")
        }
        return node
    }
}
