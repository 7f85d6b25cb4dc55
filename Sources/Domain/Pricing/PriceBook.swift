package import Chronology

/// Every price that is known, by provider and model.
package struct PriceBook: Sendable {
    /// A model's price at a moment, and the version that a row keeps of it.
    package struct Entry: Sendable {
        package let provider: String
        package let model: ModelPrice
        package let period: PricePeriod?
        package let version: String
    }

    private struct Shelf: Sendable {
        var version: String
        var models: [ModelPrice]
        /// Index into `models`, by id and alias.
        var byName: [String: Int]
    }

    private var shelves: [String: Shelf] = [:]

    package init(sheets: [PriceSheet] = []) {
        for sheet in sheets {
            var byName: [String: Int] = [:]
            for (index, model) in sheet.models.enumerated() {
                for name in [model.model] + model.aliases { byName[name] = index }
            }
            shelves[sheet.provider] = Shelf(
                version: sheet.version, models: sheet.models, byName: byName)
        }
    }

    /// The price of exactly this model at this moment: by id, by alias, or as a dated snapshot of
    /// a model whose sheet says that it covers them. Never by likeness: unknown is unpriced.
    package func entry(provider: String, model name: String, at moment: Instant) -> Entry? {
        guard let shelf = shelves[provider] else { return nil }
        let model: ModelPrice
        if let index = shelf.byName[name] {
            model = shelf.models[index]
        } else if let stem = SnapshotName.stem(of: name), let index = shelf.byName[stem],
            shelf.models[index].coversSnapshots {
            model = shelf.models[index]
        } else {
            return nil
        }
        let period = model.period(at: moment)
        guard period != nil || model.isFree else { return nil }
        return entry(provider, model, period, sheet: shelf.version)
    }

    /// The entry of a period that the sheet lists for the model with this id.
    package func entry(
        provider: String, model name: String, in period: PricePeriod
    ) -> Entry? {
        guard let shelf = shelves[provider], let index = shelf.byName[name] else { return nil }
        return entry(provider, shelf.models[index], period, sheet: shelf.version)
    }

    private func entry(
        _ provider: String, _ model: ModelPrice, _ period: PricePeriod?, sheet: String
    ) -> Entry {
        let from = period?.from?.text.prefix(10) ?? "always"
        return Entry(
            provider: provider, model: model, period: period,
            version: "\(provider)/\(model.model)@\(from)#\(sheet)")
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
