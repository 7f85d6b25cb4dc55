package import Chronology

/// Every price that is known, by provider and model.
package struct PriceBook: Sendable {
    /// A model's price in one period, and the version that a row keeps of it. Made once, when the
    /// sheet is read, with what every quote asks for.
    package final class Entry: Sendable {
        package let provider: String
        package let model: ModelPrice
        package let period: PricePeriod?
        package let version: String
        let bounds: QuoteBounds

        init(_ sheet: PriceSheet, model: ModelPrice, period: PricePeriod?) {
            provider = sheet.provider
            self.model = model
            self.period = period
            version =
                "\(sheet.provider)/\(model.model)@\(period?.from?.dateOrMoment ?? "always")"
                + "#\(sheet.version)"
            bounds = QuoteBounds(period)
        }
    }

    private struct Shelf: Sendable {
        var version: String
        var reportsCost: Bool
        var models: [ModelPrice]
        /// By model and period; one without a period for a free model.
        var entries: [[Entry]]
        /// Index into `models`, by id and alias in lower case.
        var byName: [String: Int]
        /// In the order of the sheet.
        var patterns: [(NamePattern, Int)]

        func index(of name: String) -> Int? {
            if let index = byName[name] { return index }
            let name = name.lowercased()
            if let index = byName[name] { return index }
            if let stem = SnapshotName.stem(of: name), let index = byName[stem],
                models[index].coversSnapshots
            {
                return index
            }
            return patterns.first { $0.0.matches(lowercased: name) }?.1
        }

        /// Whether the sheet says something of `name` itself, and not of any name at all.
        func knows(_ name: String) -> Bool {
            guard let index = index(of: name) else { return false }
            return !models[index].matches.contains { $0.text == "*" }
        }
    }

    /// Of one provider, the user's own sheet before the one that comes with the program.
    private var shelves: [String: [Shelf]] = [:]

    /// A later sheet of a provider goes before an earlier one, where it has a price.
    package init(sheets: [PriceSheet] = []) {
        for sheet in sheets {
            var byName: [String: Int] = [:]
            for (index, model) in sheet.models.enumerated() {
                for name in [model.model] + model.aliases { byName[name.lowercased()] = index }
            }
            let patterns = sheet.models.enumerated().flatMap { index, model in
                model.matches.map { ($0, index) }
            }
            let entries = sheet.models.map { model in
                (model.isFree ? [nil] : model.periods.map { $0 }).map { period in
                    Entry(sheet, model: model, period: period)
                }
            }
            shelves[sheet.provider, default: []].insert(
                Shelf(
                    version: sheet.version, reportsCost: sheet.reportsCost, models: sheet.models,
                    entries: entries, byName: byName, patterns: patterns), at: 0)
        }
    }

    /// The price of exactly this model at this moment: by id, by alias, as a dated snapshot of a
    /// model whose sheet says that it covers them, or by a rule of the sheet. Never by likeness:
    /// unknown is unpriced.
    package func entry(provider: String, model name: String, at moment: Instant) -> Entry? {
        for shelf in shelves[provider] ?? [] {
            guard let index = shelf.index(of: name) else { continue }
            let entry = shelf.entries[index].last { ($0.period?.from ?? moment) <= moment }
            if let entry { return entry }
        }
        return nil
    }

    /// Providers whose sheets say something of this model, and not of any name at all as those of
    /// servers do that one runs oneself.
    package func providers(knowing name: String) -> [String] {
        providers.filter { shelves[$0]?.contains { $0.knows(name) } == true }
    }

    /// All entries of a provider's models, in the order of the sheets.
    package func entries(of provider: String) -> [Entry] {
        (shelves[provider] ?? []).flatMap { $0.entries.flatMap { $0 } }
    }

    package var providers: [String] { shelves.keys.sorted() }

    package func models(of provider: String) -> [ModelPrice] {
        (shelves[provider] ?? []).flatMap(\.models)
    }

    /// The models that `name` means, the user's own price first.
    package func models(of provider: String, named name: String) -> [ModelPrice] {
        (shelves[provider] ?? []).compactMap { shelf in
            shelf.index(of: name).map { shelf.models[$0] }
        }
    }

    package func version(of provider: String) -> String? { shelves[provider]?.last?.version }

    /// Whether the provider's replies state the bill, which is believed over its sheet.
    package func reportsCost(provider: String) -> Bool {
        shelves[provider]?.contains(where: \.reportsCost) ?? false
    }
}

/// The name of a dated snapshot: an id, and a date as `-2026-11-20`, `-20261120` or `@20261120`.
package enum SnapshotName {
    /// The id before the date, or nil where `name` does not end in a date.
    package static func stem(of name: String) -> String? {
        let bytes = Array(name.utf8)
        for (shape, dashes) in [(11, [0, 5, 8]), (9, [0])] {
            guard bytes.count > shape else { continue }
            let tail = bytes.suffix(shape)
            let fits = tail.enumerated().allSatisfy { index, byte in
                dashes.contains(index)
                    ? byte == UInt8(ascii: "-") || shape == 9 && byte == UInt8(ascii: "@")
                    : (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            }
            if fits { return String(decoding: bytes.dropLast(shape), as: UTF8.self) }
        }
        return nil
    }
}

extension Instant {
    /// The day where the moment is midnight, else the whole moment.
    fileprivate var dateOrMoment: String {
        let midnight = "T00:00:00"
        let stem = String(text.prefix(19))
        return stem.hasSuffix(midnight) ? String(stem.dropLast(midnight.utf8.count)) : stem
    }
}
