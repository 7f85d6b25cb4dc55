internal import Chronology
internal import Metering
internal import Money

/// Writes a price sheet as `docs/price-sheets.md` has it.
package struct PriceSheetText {
    private var lines: [String] = []

    /// The text of a sheet; `comment` stands at its top.
    package static func text(of sheet: PriceSheet, comment: String) -> String {
        var writer = PriceSheetText()
        writer.lines = comment.split(separator: "\n").map { "# \($0)" }
        writer.lines += ["schema: 1", "provider: \(sheet.provider)", "version: \(sheet.version)"]
        if !sheet.sources.isEmpty {
            writer.lines.append("sources: [\(sheet.sources.map(quoted).joined(separator: ", "))]")
        }
        if sheet.reportsCost { writer.lines.append("reported_cost: true") }
        writer.lines.append("models:")
        for model in sheet.models { writer.add(model) }
        return writer.lines.joined(separator: "\n") + "\n"
    }

    private static func quoted(_ text: String) -> String { text.jsonQuoted }

    private mutating func add(_ model: ModelPrice) {
        lines.append("  - id: \(Self.quoted(model.model))")
        for (key, names) in [
            ("aliases", model.aliases), ("matches", model.matches.map(\.text)),
        ] where !names.isEmpty {
            lines.append("    \(key): [\(names.map(Self.quoted).joined(separator: ", "))]")
        }
        if model.coversSnapshots { lines.append("    snapshots: true") }
        if let count = model.contextWindow { lines.append("    context_window: \(count)") }
        if let count = model.maximumOutput { lines.append("    maximum_output: \(count)") }
        if model.maximumSearches > 0 {
            lines.append("    maximum_searches: \(model.maximumSearches)")
        }
        guard !model.isFree else {
            lines.append("    free: true")
            return
        }
        lines.append("    prices:")
        for period in model.periods { add(period) }
    }

    private mutating func add(_ period: PricePeriod) {
        var fields: [String] = []
        if let from = period.from { fields.append("from: \(from.shortText)") }
        let isTokens = !period.standard.base.isEmpty
        if isTokens || period.fees[.characters] != nil {
            fields.append(
                "per_million: \(Self.flow(period.standard.base, period.fees[.characters]))")
        }
        fields += Self.contextTiers(period.standard, indent: "        ")
        if !period.serviceTiers.isEmpty {
            fields.append("service_tiers:")
            for (name, tier) in period.serviceTiers.sorted(by: { $0.key < $1.key }) {
                fields.append("  \(Self.quoted(name)):")
                fields.append("    per_million: \(Self.flow(tier.base))")
                fields += Self.contextTiers(tier, indent: "").map { "    \($0)" }
            }
        }
        fields += Self.hours(period.hours) + Self.multipliers(period.multipliers)
        fields += Self.fees(period)
        for (index, field) in fields.enumerated() {
            lines.append((index == 0 ? "      - " : "        ") + field)
        }
    }

    private static func contextTiers(_ tier: TierPrices, indent: String) -> [String] {
        guard !tier.contextTiers.isEmpty else { return [] }
        return ["context_tiers:"]
            + tier.contextTiers.flatMap { context in
                let bound =
                    switch context.bound {
                    case .above(let count): "above: \(count)"
                    case .atLeast(let count): "at_least: \(count)"
                    }
                return ["  - \(bound)", "    per_million: \(flow(context.prices))"]
            }
    }

    private static func hours(_ hours: [HourPrices]) -> [String] {
        guard !hours.isEmpty else { return [] }
        return ["hours:"]
            + hours.flatMap { part in
                [
                    "  - utc: \(clock(part.start))-\(clock(part.end))",
                    "    weekdays: [\(part.weekdayNames.joined(separator: ", "))]",
                    "    per_million: \(flow(part.prices.base))",
                ]
            }
    }

    private static func clock(_ minute: Int) -> String {
        Decimal.padded(Int128(minute / 60), digits: 2) + ":"
            + Decimal.padded(Int128(minute % 60), digits: 2)
    }

    private static func multipliers(
        _ multipliers: [PriceCondition: [String: Decimal]]
    ) -> [String] {
        guard !multipliers.isEmpty else { return [] }
        return ["multipliers:"]
            + multipliers.sorted { $0.key.rawValue < $1.key.rawValue }.map { condition, values in
                let list = values.sorted { $0.key < $1.key }
                    .map { "\(quoted($0.key)): \($0.value.text)" }
                return "  \(condition.rawValue): { \(list.joined(separator: ", ")) }"
            }
    }

    private static func fees(_ period: PricePeriod) -> [String] {
        var lines: [String] = []
        let pieces = FeeUnit.all.filter { $0.perPrice == 1_000 && period.fees[$0] != nil }
        if !pieces.isEmpty {
            let list = pieces.map { "\($0.rawValue): \(dollars(period.fees[$0] ?? 0))" }
            lines.append("per_thousand: { \(list.joined(separator: ", ")) }")
        }
        let lengths: [(String, FeeUnit)] = [
            ("audio", .audioMilliseconds), ("video", .videoMilliseconds),
        ]
        let list = lengths.compactMap { name, unit in
            period.fees[unit].map { "\(name): \(dollars($0))" }
        }
        if !list.isEmpty { lines.append("per_hour: { \(list.joined(separator: ", ")) }") }
        if !period.imagePrices.isEmpty {
            lines.append("per_image:")
            for image in period.imagePrices {
                let keys = [("size", image.size), ("quality", image.quality)]
                    .compactMap { name, value in value.map { "\(name): \(quoted($0))" } }
                let fields = (keys + ["price: \(dollars(image.price))"]).joined(separator: ", ")
                lines.append("  - { \(fields) }")
            }
        }
        return lines
    }

    private static func flow(_ prices: ClassPrices, _ characters: Int64? = nil) -> String {
        var list = prices.stated.map { "\($0.0.rawValue): \(dollars($0.1))" }
        if let characters { list.append("characters: \(dollars(characters))") }
        return "{ \(list.joined(separator: ", ")) }"
    }

    private static func dollars(_ picodollars: Int64) -> String {
        Amount(picodollars: Int128(picodollars)).shortDollars
    }
}
