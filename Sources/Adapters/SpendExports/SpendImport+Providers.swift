internal import Chronology
internal import Metering
internal import Money
internal import Reporting

/// Usage that providers export: sums of buckets of time, without costs, which are priced here.
extension SpendImport {
    /// `GET /v1/organization/usage/completions`, or the CSV of the usage page.
    mutating func readOpenAI(_ file: ExportFile) throws(ExportProblem) {
        for row in try UsageRow.openAI(file) { addPriced(row, source: "openai") }
    }

    /// `GET /v1/organizations/usage_report/messages`, or the CSV of the console.
    mutating func readAnthropic(_ file: ExportFile) throws(ExportProblem) {
        for row in try UsageRow.anthropic(file) { addPriced(row, source: "anthropic") }
    }

    private mutating func addPriced(_ row: UsageRow, source: String) {
        guard !row.usage.isEmpty else { return }
        var call = ImportedCall(
            key: row.key, source: source, moment: row.moment, user: row.user ?? user,
            provider: source)
        call.model = row.model
        call.project = row.project
        call.keyName = row.keyName
        call.usage = row.usage
        call.requests = row.requests
        call.endpoint = source == "anthropic" ? "messages" : "chat_completions"
        price(&call, batch: row.isBatch)
        if row.model == nil {
            leaveOut("\(row.moment.shortText): a sum without a model has no price")
        }
        add(call)
    }
}

/// A line of a provider's usage export.
struct UsageRow {
    var moment: Instant
    var model: String?
    var project: String?
    var keyName: String?
    var user: String?
    var requests: Int64 = 1
    var isBatch = false
    var usage = Usage()

    init(moment: Instant) { self.moment = moment }

    /// What tells it from others of the same export.
    var key: String {
        [
            moment.text, model ?? "", project ?? "", keyName ?? "", user ?? "",
            isBatch ? "batch" : "",
        ].joined(separator: "|")
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
                openAI({ row.text($0) }, moment: row.text("start_time"))
            }
        case .json(let json):
            return try buckets(json).flatMap { bucket in
                (bucket["results"]?.list ?? []).compactMap { result in
                    openAI(
                        { result[$0]?.text ?? result[$0]?.flag.map { $0 ? "true" : "false" } },
                        moment: bucket["start_time"]?.text)
                }
            }
        }
    }

    /// The input holds what a cache gave and took.
    private static func openAI(_ text: (String) -> String?, moment: String?) -> UsageRow? {
        guard let moment = moment.flatMap(ForeignMoment.instant) else { return nil }
        func count(_ name: String) -> Int64 { text(name).flatMap(ForeignNumber.count) ?? 0 }
        var row = UsageRow(moment: moment)
        row.model = text("model")
        row.project = text("project_id")
        row.keyName = text("api_key_id")
        row.user = text("user_id")
        row.requests = max(1, count("num_model_requests"))
        row.isBatch = text("batch")?.lowercased() == "true"
        let (read, written) = (count("input_cached_tokens"), count("input_cache_write_tokens"))
        let audio = (count("input_audio_tokens"), count("output_audio_tokens"))
        row.usage[.input] = max(0, count("input_tokens") - read - written - audio.0)
        row.usage[.cacheRead] = read
        row.usage[.cacheWrite5m] = written
        row.usage[.output] = max(0, count("output_tokens") - audio.1)
        row.usage[.inputAudio] = audio.0
        row.usage[.outputAudio] = audio.1
        return row
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
        var usage = UsageRow(moment: day.start)
        usage.model = row.text("model_version")
        usage.project = row.text("workspace")
        usage.keyName = row.text("api_key")
        usage.isBatch = row.text("usage_type")?.lowercased().contains("batch") ?? false
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
        func count(_ value: JSONDocument?) -> Int64 {
            value?.text.flatMap(ForeignNumber.count) ?? 0
        }
        var usage = UsageRow(moment: moment)
        usage.model = row["model"]?.text
        usage.project = row["workspace_id"]?.text
        usage.keyName = row["api_key_id"]?.text
        usage.isBatch = row["service_tier"]?.text == "batch"
        usage.usage[.input] = count(row["uncached_input_tokens"])
        usage.usage[.cacheWrite5m] = count(row["cache_creation"]?["ephemeral_5m_input_tokens"])
        usage.usage[.cacheWrite1h] = count(row["cache_creation"]?["ephemeral_1h_input_tokens"])
        usage.usage[.cacheRead] = count(row["cache_read_input_tokens"])
        usage.usage[.output] = count(row["output_tokens"])
        usage.usage[.webSearch] = count(row["server_tool_use"]?["web_search_requests"])
        return usage
    }
}
