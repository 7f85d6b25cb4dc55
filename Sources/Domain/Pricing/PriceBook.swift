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

        init(provider: String, model: ModelPrice, period: PricePeriod?, sheet: String) {
            let from = period?.from?.text.prefix(10) ?? "always"
            self.provider = provider
            self.model = model
            self.period = period
            version = "\(provider)/\(model.model)@\(from)#\(sheet)"
            bounds = QuoteBounds(period)
        }
    }

    private struct Shelf: Sendable {
        var version: String
        var models: [ModelPrice]
        /// By model and period; one without a period for a free model.
        var entries: [[Entry]]
        /// Index into `models`, by id and alias.
        var byName: [String: Int]

        func index(of name: String) -> Int? {
            if let index = byName[name] { return index }
            guard let stem = SnapshotName.stem(of: name), let index = byName[stem],
                models[index].coversSnapshots
            else { return nil }
            return index
        }
    }

    private var shelves: [String: Shelf] = [:]

    package init(sheets: [PriceSheet] = []) {
        for sheet in sheets {
            var byName: [String: Int] = [:]
            for (index, model) in sheet.models.enumerated() {
                for name in [model.model] + model.aliases { byName[name] = index }
            }
            let entries = sheet.models.map { model in
                (model.isFree ? [nil] : model.periods.map { $0 }).map { period in
                    Entry(
                        provider: sheet.provider, model: model, period: period,
                        sheet: sheet.version)
                }
            }
            shelves[sheet.provider] = Shelf(
                version: sheet.version, models: sheet.models, entries: entries, byName: byName)
        }
    }

    /// The price of exactly this model at this moment: by id, by alias, or as a dated snapshot of
    /// a model whose sheet says that it covers them. Never by likeness: unknown is unpriced.
    package func entry(provider: String, model name: String, at moment: Instant) -> Entry? {
        guard let shelf = shelves[provider], let index = shelf.index(of: name) else { return nil }
        return shelf.entries[index].last { ($0.period?.from ?? moment) <= moment }
    }

    /// All entries of a provider's models, in the order of the sheet.
    package func entries(of provider: String) -> [Entry] {
        shelves[provider]?.entries.flatMap { $0 } ?? []
    }

    package var providers: [String] { shelves.keys.sorted() }

    package func models(of provider: String) -> [ModelPrice] { shelves[provider]?.models ?? [] }

    package func version(of provider: String) -> String? { shelves[provider]?.version }

    package var modelCount: Int { shelves.values.reduce(0) { $0 + $1.models.count } }
}

/// The name of a dated snapshot: an id, and a date as `-2026-11-20` or `-20261120`.
package enum SnapshotName {
    /// The id before the date, or nil where `name` does not end in a date.
    package static func stem(of name: String) -> String? {
        let bytes = Array(name.utf8)
        for (shape, dashes) in [(11, [0, 5, 8]), (9, [0])] {
            guard bytes.count > shape else { continue }
            let tail = bytes.suffix(shape)
            let fits = tail.enumerated().allSatisfy { index, byte in
                dashes.contains(index)
                    ? byte == UInt8(ascii: "-")
                    : (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            }
            if fits { return String(decoding: bytes.dropLast(shape), as: UTF8.self) }
        }
        return nil
    }
}
