package import Chronology
internal import Metering
internal import Money
internal import Postgres
package import Pricing
package import Stores

extension PostgresStore {
    package func store(_ book: PriceBook, at now: Instant) throws(StoreError) {
        var entries: [String] = []
        for provider in book.providers {
            for entry in book.entries(of: provider) { entries.append(Self.json(entry)) }
        }
        let payload = "[\(entries.joined(separator: ","))]"
        try transaction("loading cost_models") { connection in
            // One process at a time; the others find nothing left to change.
            _ = try connection.run(
                "SELECT version FROM change_marks WHERE subject = 'prices' FOR UPDATE")
            for statement in Self.priceSQL { _ = try connection.run(statement, [payload]) }
        }
    }

    /// USD per thousand tokens come out of USD per million in the database, as decimals.
    private static func json(_ entry: PriceBook.Entry) -> String {
        let base = entry.period?.standard.base ?? ClassPrices()
        var prices = JSONObjectText()
        for (tokenClass, price) in base.stated {
            prices.add(tokenClass.rawValue, Amount(picodollars: Int128(price)).dollars)
        }
        var object = JSONObjectText()
        object.add("provider", entry.provider)
        object.add("model_name", entry.model.model)
        object.add("effective_from", entry.period?.from?.text)
        object.add("price_version", entry.version)
        object.add("input", base[.input].map { Amount(picodollars: Int128($0)).dollars })
        object.add("output", base[.output].map { Amount(picodollars: Int128($0)).dollars })
        object.add(
            "image", base[stated: .inputImage].map { Amount(picodollars: Int128($0)).dollars })
        object.addRaw("prices", prices.closed)
        return object.closed
    }

    /// Every version is kept, as rows refer to it. The app's table has the price of each model that
    /// is in force today; what the app itself put there and no sheet has stays.
    private static let priceSQL = [
        """
        WITH sheet AS (SELECT * FROM json_to_recordset($1::json) AS s(provider text,
            model_name text, effective_from date, price_version text, input numeric,
            output numeric, image numeric, prices jsonb))
        INSERT INTO cost_model_versions (provider, model_name, effective_from, price_version,
            cost_per_1k_input_tokens, cost_per_1k_output_tokens, cost_per_1k_image_tokens, prices,
            active, created_at)
        SELECT provider, model_name, effective_from, price_version, input / 1000, output / 1000,
            image / 1000, prices, true, now()
        FROM sheet
        ON CONFLICT (price_version) DO UPDATE SET active = true, prices = excluded.prices,
            cost_per_1k_input_tokens = excluded.cost_per_1k_input_tokens,
            cost_per_1k_output_tokens = excluded.cost_per_1k_output_tokens,
            cost_per_1k_image_tokens = excluded.cost_per_1k_image_tokens
        WHERE (cost_model_versions.active, cost_model_versions.prices)
            IS DISTINCT FROM (true, excluded.prices)
        """,
        """
        UPDATE cost_model_versions SET active = false
        WHERE active AND price_version NOT IN (SELECT s.price_version
            FROM json_to_recordset($1::json) AS s(price_version text))
        """,
        """
        WITH sheet AS (SELECT * FROM json_to_recordset($1::json) AS s(provider text,
            model_name text, effective_from date, price_version text, input numeric,
            output numeric, image numeric, prices jsonb)),
        current AS (SELECT DISTINCT ON (provider, model_name) * FROM sheet
            WHERE effective_from IS NULL OR effective_from <= current_date
            ORDER BY provider, model_name, effective_from DESC NULLS LAST)
        INSERT INTO cost_models (provider, model_name, effective_from, price_version,
            cost_per_1k_input_tokens, cost_per_1k_output_tokens, cost_per_1k_image_tokens, prices,
            active)
        SELECT provider, model_name, effective_from, price_version, coalesce(input, 0) / 1000,
            coalesce(output, 0) / 1000, image / 1000, prices, true
        FROM current
        ON CONFLICT (provider, model_name) DO UPDATE SET
            effective_from = excluded.effective_from, price_version = excluded.price_version,
            cost_per_1k_input_tokens = excluded.cost_per_1k_input_tokens,
            cost_per_1k_output_tokens = excluded.cost_per_1k_output_tokens,
            cost_per_1k_image_tokens = excluded.cost_per_1k_image_tokens,
            prices = excluded.prices, active = true
        WHERE (cost_models.price_version, cost_models.prices)
            IS DISTINCT FROM (excluded.price_version, excluded.prices)
        """,
    ]

    package func notePriceChange(at now: Instant) throws(StoreError) {
        _ = try run(
            "noting the change of prices",
            "UPDATE change_marks SET version = version + 1 WHERE subject = 'prices'")
    }
}

extension PostgresStore {
    /// Price sheets that people set, which every gateway has.
    package func priceOverrides() throws(StoreError) -> [(name: String, body: String)] {
        let result = try run(
            "reading price_overrides", "SELECT name, body FROM price_overrides ORDER BY name")
        return result.rows.map { (result.text($0, 0) ?? "", result.text($0, 1) ?? "") }
    }

    package func setPriceOverrides(
        _ sheets: [(name: String, body: String)]
    ) throws(StoreError) {
        try transaction("writing price_overrides") { connection in
            _ = try connection.run("DELETE FROM price_overrides")
            for sheet in sheets {
                _ = try connection.run(
                    """
                    INSERT INTO price_overrides (name, body, updated_at) VALUES ($1, $2, now())
                    """, [sheet.name, sheet.body])
            }
        }
    }
}
