import Accounting
import Chronology
import Foundation
import Gateway
import Money
import Reporting
import TestSupport
import Testing
import ZoneDatabase

/// Rows and queries that a seed repeats.
struct StoreSamples {
    private var random: SeededGenerator
    private let start: Instant

    init(seed: UInt64, from start: Instant) {
        random = SeededGenerator(seed: seed)
        self.start = start
    }

    private mutating func one<Value>(of values: [Value]) -> Value {
        values[Int.random(in: values.indices, using: &random)]
    }

    /// A call at a random moment of the four days before.
    mutating func record(_ number: UInt64) -> RequestRecord {
        let before = Int64.random(in: 1...(4 * 86_400), using: &random)
        var record = RequestRecord(
            attempt: AttemptID(call: CallID(milliseconds: number, random: (7, 9)), attempt: 1),
            admittedAt: start.advanced(bySeconds: -before), userID: one(of: ["u1", "u2", "ü 3"]))
        record.projectID = one(of: [nil, "web", "shop"])
        record.sessionID = one(of: [nil, "s1", "s2", "s3"])
        record.conversationID = one(of: [nil, nil, "c1"])
        record.keyID = one(of: [nil, "k1"])
        record.provider = one(of: ["openai", "anthropic"])
        record.upstream = record.provider
        record.endpoint = one(of: ["chat_completions", "messages"])
        record.model = one(of: ["m1", "m2", nil])
        record.modelRequested = record.model
        record.taskType = one(of: ["other", "coding"])
        record.tags = one(of: [nil, #"{"feature":"a","team":"x"}"#, #"{"feature":"b=c"}"#])
        record.status = one(of: [.success, .success, .success, .error, .blocked])
        record.usageStatus = one(of: ["exact", "exact", "estimated"])
        if record.status != .blocked {
            record.inputTokens = Int64.random(in: 0...5_000, using: &random)
            record.outputTokens = Int64.random(in: 0...500, using: &random)
            record.cacheReadTokens = record.inputTokens / one(of: [2, 7, 100_000])
            record.cacheWriteTokens = record.inputTokens / one(of: [3, 100_000])
            record.reasoningTokens = record.outputTokens / one(of: [2, 100_000])
            record.streamed = one(of: [true, false])
            record.firstByteMilliseconds = one(of: [nil, 12, 900])
            record.serviceTier = one(of: [nil, "batch"])
            let picodollars = Int64.random(in: 0...9_000_000_000_000, using: &random)
            record.cost = Amount(picodollars: Int128(picodollars))
            record.held = record.cost
        }
        record.durationMilliseconds = Int64.random(in: 1...20_000, using: &random)
        record.attributes = CallAttributes(user: record.userID)
        record.attributes.project = record.projectID
        record.attributes.session = record.sessionID
        record.attributes.provider = record.provider
        record.attributes.endpoint = record.endpoint
        return record
    }

    mutating func query() throws -> SpendQuery {
        let all = SpendDimension.plain + [.tag("feature"), .tag("team"), .tag("no")]
        var dimensions = [one(of: all)]
        let second = one(of: all)
        let text = "\(dimensions[0].name),\(second.name)"
        if Bool.random(using: &random), let both = SpendDimension.list(text) { dimensions = both }
        let length = one(of: [86_400, 3_600, 900, 1])
        func moment() -> Instant {
            let before = Int64.random(in: -3_600...(5 * 86_400), using: &random)
            let moment = start.advanced(bySeconds: -before)
            return Instant(seconds: moment.seconds / Int64(length) * Int64(length))
        }
        let (first, last) = (moment(), moment())
        let zone = one(of: ["UTC", "UTC", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu"])
        return SpendQuery(
            dimensions: dimensions, since: min(first, last),
            until: max(first, last).advanced(bySeconds: 1), filters: filters(),
            zone: try #require(SystemZones().zone(named: zone)))
    }

    private mutating func filters() -> [SpendFilter] {
        let texts = [
            "user=u1", "user=nobody", "model=m1", "model=", "project=web", "provider=openai",
            "task_type=coding", "tag:feature=a", "session=s1", "key=k1", "endpoint=messages",
            "conversation=", "tag:team=", "user=",
        ]
        guard Int.random(in: 1...3, using: &random) == 1 else { return [] }
        let count = Int.random(in: 1...2, using: &random)
        let chosen = (0..<count).compactMap { _ in SpendFilter(text: one(of: texts)) }
        guard chosen.count == 2 else { return chosen }
        let areTags = chosen.allSatisfy { $0.dimension.tag != nil }
        return areTags || chosen[0].dimension == chosen[1].dimension ? [chosen[0]] : chosen
    }
}
