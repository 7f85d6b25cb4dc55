package import Chronology
internal import GRDB
internal import Metering
internal import Money
package import Pricing
package import Stores

extension LedgerDatabase {
    /// Brings `cost_models` in line with the sheets: one row for each model and effective date,
    /// and versions that are priced no more switched off, never removed, as rows refer to them.
    package func store(
        _ book: PriceBook, at now: Instant
    ) throws(StoreError) {
        try write("loading cost_models") { db in
            try db.execute(sql: "UPDATE cost_models SET active = 0 WHERE active <> 0")
            for provider in book.providers {
                for entry in book.entries(of: provider) { try Self.store(entry, db, at: now) }
            }
        }
    }

    private static func store(
        _ entry: PriceBook.Entry, _ db: Database, at now: Instant
    ) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO cost_models (provider, model_name, effective_from, price_version,
                    cost_per_1k_input_tokens, cost_per_1k_output_tokens,
                    cost_per_1k_image_tokens, prices, active, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?)
                ON CONFLICT (price_version) DO UPDATE SET active = 1,
                    cost_per_1k_input_tokens = excluded.cost_per_1k_input_tokens,
                    cost_per_1k_output_tokens = excluded.cost_per_1k_output_tokens,
                    cost_per_1k_image_tokens = excluded.cost_per_1k_image_tokens,
                    prices = excluded.prices
                """)
        let base = entry.period?.standard.base ?? ClassPrices()
        try statement.execute(arguments: [
            entry.provider, entry.model.model, entry.period?.from?.text, entry.version,
            perThousand(base[.input]), perThousand(base[.output]),
            perThousand(base[stated: .inputImage]), pricesJSON(base), now.text,
        ])
    }

    /// USD per thousand tokens, as decimal text.
    private static func perThousand(_ pricePerMillion: Int64?) -> String? {
        pricePerMillion.map { Amount(picodollars: Int128($0) / 1_000).dollars }
    }

    /// USD per million tokens by class.
    private static func pricesJSON(_ prices: ClassPrices) -> String {
        var object = JSONObjectText()
        for (tokenClass, price) in prices.stated {
            object.add(tokenClass.rawValue, Amount(picodollars: Int128(price)).dollars)
        }
        return object.closed
    }
}
