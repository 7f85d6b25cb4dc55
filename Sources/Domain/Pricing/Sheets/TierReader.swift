internal import Metering
internal import StrictYAML

/// Reads prices per million tokens, with their tiers.
struct TierReader {
    func tier(
        _ fields: [String: YAMLNode], in node: YAMLNode, base: ClassPrices?
    ) throws(YAMLNode.Problem) -> TierPrices {
        let perMillion = try fields.required("per_million", in: node)
        let stated = try classPrices(perMillion, like: base)
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
            if name == FeeUnit.characters.rawValue { continue }
            guard let tokenClass = TokenClass(rawValue: name) else {
                let known = TokenClass.all.map(\.rawValue).joined(separator: ", ")
                throw value.fail("unknown token class '\(name)'; it knows \(known)")
            }
            prices[stated: tokenClass] = try value.price()
        }
        guard !prices.isEmpty else { throw node.fail("per_million names no price") }
        for (tokenClass, _) in base?.stated ?? [] where prices[stated: tokenClass] == nil {
            throw node.fail("\(tokenClass.rawValue) has a base price and needs one here too")
        }
        return prices
    }

    func hour(_ node: YAMLNode, base: ClassPrices) throws(YAMLNode.Problem) -> HourPrices {
        let fields = try node.fields(known: ["utc", "weekdays", "per_million", "context_tiers"])
        let span = try fields.required("utc", in: node)
        guard let minutes = HourPrices.minutes(try span.string()) else {
            throw span.fail("'utc' must be a part of the day such as 16:30-00:30")
        }
        let names = HourPrices.weekdayNames
        var weekdays = Set(names.indices)
        if let list = fields["weekdays"] {
            weekdays = []
            for element in try list.elements() {
                guard let day = names.firstIndex(of: try element.string()) else {
                    throw element.fail(
                        "a weekday is one of \(names.joined(separator: ", "))")
                }
                weekdays.insert(day)
            }
        }
        return HourPrices(
            start: minutes.start, end: minutes.end, weekdays: weekdays,
            prices: try tier(fields, in: node, base: base))
    }
}
