internal import Chronology
internal import Metering
internal import Money
internal import StrictYAML

/// Reads a price sheet and checks all of it; `docs/price-sheets.md` is the schema.
package struct PriceSheetReader {
    /// USD per million tokens above which a price is taken for a mistake of unit.
    private static let maximumPrice = Amount(picodollars: 100_000 * Amount.picodollarsPerDollar)

    private let file: String

    /// `file` is the path that messages name.
    package init(file: String) { self.file = file }

    package func read(_ text: String, provider: String) throws(PriceSheetError) -> PriceSheet {
        do throws(YAMLNode.Problem) {
            guard let root = try YAMLNode.parse(text) else {
                throw YAMLNode.Problem(line: 1, reason: "the price sheet is empty")
            }
            return try sheet(root, provider: provider)
        } catch {
            throw PriceSheetError(file: file, line: error.line, reason: error.reason)
        }
    }

    private func sheet(
        _ root: YAMLNode, provider: String
    ) throws(YAMLNode.Problem) -> PriceSheet {
        let fields = try root.fields(
            known: ["schema", "provider", "version", "sources", "models"])
        let schema = try fields.required("schema", in: root)
        guard try schema.count() == 1 else {
            throw schema.fail("this program reads schema 1")
        }
        let name = try fields.required("provider", in: root)
        guard try name.string() == provider else {
            throw name.fail("provider is not '\(provider)', which the file's name says")
        }
        let version = try fields.required("version", in: root)
        let versionText = try version.string()
        guard Instant(text: versionText) != nil else {
            throw version.fail("version must be the date of the check, such as 2026-11-20")
        }
        var sheet = PriceSheet(provider: provider, version: versionText)
        for source in try fields["sources"]?.elements() ?? [] {
            sheet.sources.append(try source.string())
        }
        var seen: [String: Int] = [:]
        for node in try fields.required("models", in: root).elements() {
            let model = try model(YAMLNode(node: node.node, name: "the model"))
            for name in [model.model] + model.aliases {
                if let line = seen.updateValue(node.line, forKey: name) {
                    throw node.fail("'\(name)' stands already in the model at line \(line)")
                }
            }
            sheet.models.append(model)
        }
        return sheet
    }

    private func model(_ node: YAMLNode) throws(YAMLNode.Problem) -> ModelPrice {
        let fields = try node.fields(known: [
            "id", "aliases", "snapshots", "context_window", "maximum_output", "free", "prices",
        ])
        var model = ModelPrice(model: try fields.required("id", in: node).string())
        for alias in try fields["aliases"]?.elements() ?? [] {
            model.aliases.append(try alias.string())
        }
        model.coversSnapshots = try fields["snapshots"]?.bool() ?? false
        model.contextWindow = try fields["context_window"]?.count()
        model.maximumOutput = try fields["maximum_output"]?.count()
        model.isFree = try fields["free"]?.bool() ?? false
        for period in try fields["prices"]?.elements() ?? [] {
            let read = try self.period(YAMLNode(node: period.node, name: "prices"))
            if let last = model.periods.last {
                guard let from = read.from, from > last.from ?? Instant(microseconds: .min) else {
                    throw period.fail("'from' must be later than in the price before it")
                }
            }
            model.periods.append(read)
        }
        guard model.isFree != !model.periods.isEmpty else {
            throw node.fail("\(model.model) needs either prices or 'free: true', and not both")
        }
        return model
    }

    private func period(_ node: YAMLNode) throws(YAMLNode.Problem) -> PricePeriod {
        let fields = try node.fields(known: [
            "from", "per_million", "context_tiers", "service_tiers", "multipliers",
            "per_thousand",
        ])
        var from: Instant?
        if let field = fields["from"] {
            from = Instant(text: try field.string())
            guard from != nil else { throw field.fail("'from' must be a date: 2026-11-20") }
        }
        let standard = try tier(fields, in: node, base: nil)
        var period = PricePeriod(from: from, standard: standard)
        for (name, tierNode) in try fields["service_tiers"]?.entries() ?? [] {
            let tierFields = try tierNode.fields(known: ["per_million", "context_tiers"])
            period.serviceTiers[name] = try tier(tierFields, in: tierNode, base: standard.base)
        }
        for (condition, values) in try fields["multipliers"]?.entries() ?? [] {
            guard condition == "inference_geo" else {
                throw values.fail("unknown multiplier '\(condition)'; known is inference_geo")
            }
            for (value, factor) in try values.entries() {
                period.multipliers[condition, default: [:]][value] = try decimal(factor)
            }
        }
        for (name, fee) in try fields["per_thousand"]?.entries() ?? [] {
            guard let unit = FeeUnit(rawValue: name) else {
                let known = FeeUnit.all.map(\.rawValue).joined(separator: ", ")
                throw fee.fail("unknown fee '\(name)'; it knows \(known)")
            }
            period.fees[unit] = try price(fee)
        }
        return period
    }

    private func tier(
        _ fields: [String: YAMLNode], in node: YAMLNode, base: ClassPrices?
    ) throws(YAMLNode.Problem) -> TierPrices {
        let stated = try classPrices(try fields.required("per_million", in: node), like: base)
        var tier = TierPrices(base: stated)
        for tierNode in try fields["context_tiers"]?.elements() ?? [] {
            let tierFields = try tierNode.fields(known: ["above", "at_least", "per_million"])
            let bound: ContextTier.Bound
            switch (tierFields["above"], tierFields["at_least"]) {
            case (.some(let above), nil): bound = .above(try above.count())
            case (nil, .some(let atLeast)): bound = .atLeast(try atLeast.count())
            default: throw tierNode.fail("a context tier needs either 'above' or 'at_least'")
            }
            if let last = tier.contextTiers.last, last.bound.first >= bound.first {
                throw tierNode.fail("context tiers must stand in the order of their bounds")
            }
            let perMillion = try tierFields.required("per_million", in: tierNode)
            tier.contextTiers.append(
                ContextTier(bound: bound, prices: try classPrices(perMillion, like: stated)))
        }
        return tier
    }

    /// Prices that name every class of `base`: one that is left out would silently fall back to
    /// the price of another class.
    private func classPrices(
        _ node: YAMLNode, like base: ClassPrices?
    ) throws(YAMLNode.Problem) -> ClassPrices {
        var prices = ClassPrices()
        for (name, value) in try node.entries() {
            guard let tokenClass = TokenClass(rawValue: name) else {
                let known = TokenClass.all.map(\.rawValue).joined(separator: ", ")
                throw value.fail("unknown token class '\(name)'; it knows \(known)")
            }
            prices[stated: tokenClass] = try price(value)
        }
        guard !prices.isEmpty else { throw node.fail("per_million names no price") }
        for (tokenClass, _) in base?.stated ?? [] where prices[stated: tokenClass] == nil {
            throw node.fail("\(tokenClass.rawValue) has a base price and needs one here too")
        }
        return prices
    }

    private func price(_ node: YAMLNode) throws(YAMLNode.Problem) -> Int64 {
        let text = try node.string()
        let amount: Amount
        do throws(Amount.TextError) {
            amount = try Amount(dollars: text)
        } catch {
            throw node.fail("\(node.name): \(error)")
        }
        guard amount <= Self.maximumPrice, let stored = amount.stored else {
            throw node.fail("\(node.name) is above 100000 USD; is it in USD per million tokens?")
        }
        return stored
    }

    private func decimal(_ node: YAMLNode) throws(YAMLNode.Problem) -> Decimal {
        guard let value = Decimal(try node.string()), value.digits > 0, value.scale <= 6 else {
            throw node.fail("\(node.name) must be a positive decimal such as 1.1")
        }
        return value
    }
}

extension [String: YAMLNode] {
    fileprivate func required(
        _ key: String, in parent: YAMLNode
    ) throws(YAMLNode.Problem) -> YAMLNode {
        guard let node = self[key] else {
            throw parent.fail("\(parent.name) lacks the key '\(key)'")
        }
        return node
    }
}
