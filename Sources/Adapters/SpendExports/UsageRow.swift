internal import Chronology
internal import Metering
internal import Pricing

/// A line of a provider's usage export: the sum of the calls of a stretch of time that are alike.
struct UsageRow {
    let moment: Instant
    /// When its stretch of time is over.
    let end: Instant
    var model: String?
    var project: String?
    var keyName: String?
    var user: String?
    var requests: Int64 = 1
    var usage = Usage()
    var priceContext = PriceContext()
    /// Every word of the line, by the name of its column: what tells it from others.
    private let words: [String: String]

    private init(moment: Instant, end: Instant, words: [String: String]) {
        self.moment = moment
        self.end = end
        self.words = words
    }

    /// Columns that are figures, or say again what others do.
    private static func isFigure(_ name: String, _ value: String) -> Bool {
        ["tokens", "count", "requests", "_iso", "object"].contains { name.contains($0) }
    }

    var key: String {
        let told = words.filter { !$0.value.isEmpty && !Self.isFigure($0.key, $0.value) }
        return moment.text + "|"
            + told.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            .joined(separator: "|")
    }

    /// Buckets of a page; throws for a page that is not the last.
    static func buckets(_ json: JSONDocument) throws(ExportProblem) -> [JSONDocument] {
        let pages = json.list ?? [json]
        guard pages.last?["has_more"]?.flag != true else {
            throw ExportProblem(
                "the file is a page, and there are more: follow next_page, or ask for fewer days")
        }
        return pages.flatMap { $0["data"]?.list ?? [] }
    }

    static func openAI(_ file: ExportFile) throws(ExportProblem) -> [UsageRow] {
        switch file {
        case .table(let rows):
            return rows.compactMap { row in
                openAI(row, from: row.text("start_time"), to: row.text("end_time"))
            }
        case .json(let json):
            return try buckets(json).flatMap { bucket in
                (bucket["results"]?.list ?? []).compactMap { result in
                    openAI(
                        result.flat, from: bucket["start_time"]?.text,
                        to: bucket["end_time"]?.text)
                }
            }
        }
    }

    /// The input holds what a cache gave and took.
    private static func openAI(
        _ row: [String: String], from: String?, to: String?
    ) -> UsageRow? {
        guard let moment = from.flatMap(ForeignMoment.instant) else { return nil }
        let end =
            to.flatMap(ForeignMoment.instant) ?? moment.advanced(bySeconds: Instant.secondsPerDay)
        var words = row.filter { !["start_time", "end_time"].contains($0.key) }
        words["batch"] = row.text("batch")?.lowercased()
        // The names of one and the same in the two kinds of file.
        if words["batch"] == "false" { words["batch"] = nil }
        var usage = UsageRow(moment: moment, end: end, words: words)
        usage.model = row.text("model")
        usage.project = row.text("project_id")
        usage.keyName = row.text("api_key_id")
        usage.user = row.text("user_id")
        usage.requests = max(1, row.count("num_model_requests"))
        let tier = row.text("service_tier")
        usage.priceContext = PriceContext(
            serviceTier: words["batch"] == "true" ? "batch" : tier == "default" ? nil : tier)
        let (read, written) = (
            row.count("input_cached_tokens"), row.count("input_cache_write_tokens")
        )
        let audio = (row.count("input_audio_tokens"), row.count("output_audio_tokens"))
        usage.usage[.input] = max(0, row.count("input_tokens") - read - written - audio.0)
        usage.usage[.cacheRead] = read
        usage.usage[.cacheWrite5m] = written
        usage.usage[.output] = max(0, row.count("output_tokens") - audio.1)
        usage.usage[.inputAudio] = audio.0
        usage.usage[.outputAudio] = audio.1
        return usage
    }

    static func anthropic(_ file: ExportFile) throws(ExportProblem) -> [UsageRow] {
        switch file {
        case .table(let rows): return rows.compactMap(anthropic)
        case .json(let json):
            return try buckets(json).flatMap { bucket in
                (bucket["results"]?.list ?? []).compactMap { anthropic($0, bucket) }
            }
        }
    }

    private static func anthropic(_ row: [String: String]) -> UsageRow? {
        guard let day = row.text("usage_date_utc").flatMap(ForeignMoment.day) else { return nil }
        var usage = UsageRow(
            moment: day.start, end: day.advanced(byDays: 1).start,
            words: row.filter { $0.key != "usage_date_utc" })
        usage.model = row.text("model_version")
        usage.project = row.text("workspace")
        usage.keyName = row.text("api_key")
        let isBatch = row.text("usage_type")?.lowercased().contains("batch") ?? false
        usage.priceContext = context(
            window: row.text("context_window"), geo: row.text("inference_geo"),
            tier: isBatch ? "batch" : row.text("speed"))
        usage.usage[.input] = row.count("usage_input_tokens_no_cache")
        usage.usage[.cacheWrite5m] =
            row.count("usage_input_tokens_cache_write_5m")
            + row.count("usage_input_tokens_cache_write")
        usage.usage[.cacheWrite1h] = row.count("usage_input_tokens_cache_write_1h")
        usage.usage[.cacheRead] = row.count("usage_input_tokens_cache_read")
        usage.usage[.output] = row.count("usage_output_tokens")
        usage.usage[.webSearch] = row.count("web_search_count")
        return usage
    }

    private static func anthropic(_ row: JSONDocument, _ bucket: JSONDocument) -> UsageRow? {
        guard let moment = bucket["starting_at"]?.text.flatMap(ForeignMoment.instant) else {
            return nil
        }
        let end =
            bucket["ending_at"]?.text.flatMap(ForeignMoment.instant)
            ?? moment.advanced(bySeconds: Instant.secondsPerDay)
        let flat = row.flat
        var usage = UsageRow(moment: moment, end: end, words: flat)
        usage.model = flat.text("model")
        usage.project = flat.text("workspace_id")
        usage.keyName = flat.text("api_key_id")
        usage.priceContext = context(
            window: flat.text("context_window"), geo: flat.text("inference_geo"),
            tier: flat.text("service_tier"))
        usage.usage[.input] = flat.count("uncached_input_tokens")
        usage.usage[.cacheWrite5m] = flat.count("cache_creation.ephemeral_5m_input_tokens")
        usage.usage[.cacheWrite1h] = flat.count("cache_creation.ephemeral_1h_input_tokens")
        usage.usage[.cacheRead] = flat.count("cache_read_input_tokens")
        usage.usage[.output] = flat.count("output_tokens")
        usage.usage[.webSearch] = flat.count("server_tool_use.web_search_requests")
        return usage
    }

    /// `≤ 200k`, `0-200k` and `> 200k`, `200k-1M`: which price of long contexts applies.
    private static func context(
        window: String?, geo: String?, tier: String?
    ) -> PriceContext {
        let isLong = window.map { $0.contains(">") || $0.hasPrefix("200k") } ?? false
        var context = PriceContext(
            serviceTier: tier == "standard" ? nil : tier,
            inferenceGeo: geo == "not_available" ? nil : geo)
        context.contextInput = isLong ? .max : 0
        return context
    }
}

extension JSONDocument {
    /// Texts and numbers by name, those of objects within by both names: `a.b`.
    fileprivate var flat: [String: String] {
        var values: [String: String] = [:]
        for (name, value) in fields ?? [:] {
            if let text = value.text ?? value.flag.map({ $0 ? "true" : "false" }) {
                values[name] = text
            } else {
                for (inner, text) in value.flat { values["\(name).\(inner)"] = text }
            }
        }
        return values
    }
}
