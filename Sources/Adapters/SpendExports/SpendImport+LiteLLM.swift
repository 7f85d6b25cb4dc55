internal import Chronology
internal import Foundation
internal import Metering
internal import Money
internal import Reporting

/// LiteLLM's spend logs: `GET /spend/logs?summarize=false`, or the table LiteLLM_SpendLogs.
extension SpendImport {
    mutating func readLiteLLM(_ file: ExportFile) throws(ExportProblem) {
        let rows: [JSONDocument]
        switch file {
        case .json(let json):
            guard (json["total_pages"]?.count ?? 1) <= 1 else {
                throw ExportProblem(
                    "the file is one page of several; ask LiteLLM for /spend/logs with"
                        + " &summarize=false")
            }
            rows = json.list ?? json["data"]?.list ?? []
        case .table(let table): rows = table.map { row in .object(row.mapValues { .text($0) }) }
        }
        for (number, row) in rows.enumerated() {
            guard row["users"] == nil else {
                throw ExportProblem(
                    "these are sums of days; ask LiteLLM for /spend/logs with &summarize=false")
            }
            do throws(ExportProblem) {
                add(try liteLLMCall(row))
            } catch {
                leaveOut("entry \(number + 1): \(error)")
            }
        }
    }

    private func liteLLMCall(_ row: JSONDocument) throws(ExportProblem) -> ImportedCall {
        func text(_ name: String) -> String? {
            let value = row[name]?.text ?? row[name.lowercased()]?.text
            return value.flatMap { $0.isEmpty ? nil : $0 }
        }
        func read<Value>(_ name: String, _ parse: (String) -> Value?) throws(ExportProblem) -> Value
        {
            guard let written = text(name) else { throw ExportProblem("it has no \(name)") }
            guard let value = parse(written) else {
                throw ExportProblem("its \(name) '\(written.prefix(40))' cannot be read")
            }
            return value
        }
        let id = try read("request_id") { $0 }
        let moment = try read("startTime", ForeignMoment.instant)
        let cost = try read("spend") { ForeignAmount.amount($0) }
        guard moment.seconds <= now.seconds + Instant.secondsPerDay else {
            throw ExportProblem("its startTime \(moment.shortText) is still to come")
        }
        let metadata = Self.embedded(row["metadata"])
        func fact(_ name: String) -> String? {
            metadata?[name]?.text.flatMap { $0.isEmpty ? nil : $0 }
        }
        var call = ImportedCall(
            key: id, source: "litellm", moment: moment,
            user: text("end_user") ?? text("user") ?? user,
            provider: text("custom_llm_provider").map(Self.provider) ?? "unknown")
        call.model = text("model").map { $0.split(separator: "/").last.map(String.init) ?? $0 }
        call.keyName =
            fact("user_api_key_alias") ?? text("api_key").map { "litellm-\($0.prefix(8))" }
        call.project = fact("user_api_key_team_alias") ?? text("team_id")
        call.session = text("session_id")
        call.tags = Self.tags(Self.embedded(row["request_tags"]))
        call.usage = Self.usage(row, metadata)
        call.cost = cost
        call.priceVersion = "litellm"
        call.duration = text("request_duration_ms").flatMap(ForeignNumber.count)
        call.endpoint =
            (text("call_type") ?? "").contains("embedding") ? "embeddings" : "chat_completions"
        if text("cache_hit")?.lowercased() == "true" { call.status = "cached" }
        if text("status") == "failure" { call.status = "error" }
        return call
    }

    private static func provider(_ name: String) -> String {
        switch name {
        case "gemini", "vertex_ai": "google"
        case "bedrock_converse": "bedrock"
        default: name
        }
    }

    /// A value, or the same as a JSON text.
    private static func embedded(_ value: JSONDocument?) -> JSONDocument? {
        guard case .text(let text) = value else { return value }
        return try? JSONDecoder().decode(JSONDocument.self, from: Data(text.utf8))
    }

    /// `feature:search` and `feature=search` as a tag of a name; other words under the name `tag`.
    private static func tags(_ list: JSONDocument?) -> [String: String] {
        var tags: [String: String] = [:]
        for word in (list?.list ?? []).compactMap(\.text) {
            let parts = word.split(
                maxSplits: 1, omittingEmptySubsequences: true, whereSeparator: { ":=".contains($0) }
            )
            if parts.count == 2 {
                tags[String(parts[0])] = String(parts[1])
            } else if !word.isEmpty {
                tags["tag"] = word
            }
        }
        return tags
    }

    /// The prompt holds what came from a cache, but in older rows, which show by their numbers.
    private static func usage(_ row: JSONDocument, _ metadata: JSONDocument?) -> Usage {
        func count(_ value: JSONDocument?) -> Int64 {
            value?.text.flatMap(ForeignNumber.count) ?? 0
        }
        let stated = metadata?["usage_object"]
        let extra = metadata?["additional_usage_values"]
        func both(_ path: (JSONDocument?) -> JSONDocument?) -> Int64 {
            max(count(path(stated)), count(path(extra)))
        }
        let read = max(
            both { $0?["cache_read_input_tokens"] },
            both { $0?["prompt_tokens_details"]?["cached_tokens"] })
        let written = max(
            both { $0?["cache_creation_input_tokens"] },
            both { $0?["prompt_tokens_details"]?["cache_creation_tokens"] })
        let thought = both { $0?["completion_tokens_details"]?["reasoning_tokens"] }
        let prompt = count(row["prompt_tokens"])
        let output = count(row["completion_tokens"])
        var usage = Usage()
        usage[.input] = prompt >= read + written ? prompt - read - written : prompt
        usage[.cacheRead] = read
        usage[.cacheWrite5m] = written
        usage[.output] = max(0, output - thought)
        usage[.reasoning] = min(output, thought)
        return usage
    }
}
