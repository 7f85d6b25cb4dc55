import Accounting
import Chronology
import Foundation
import Metering
import Money
import Reporting
import Stores
import Synchronization

extension MemoryStore {
    private func rows(_ since: Instant, _ until: Instant) -> [Row] {
        state.withLock { state in
            state.rows.filter { since <= $0.record.admittedAt && $0.record.admittedAt < until }
        }
    }

    func calls(_ query: CallQuery) throws(StoreError) -> [CallRow] {
        let chosen = rows(query.since, query.until).filter { row in
            query.filters.allSatisfy { row.key(of: $0.dimension) == $0.value }
                && (query.status.map { $0 == row.record.status.rawValue } ?? true)
                && (query.cursor.map { row.record.admittedAt.text <= $0 } ?? true)
        }
        return Self.newest(chosen).dropFirst(query.offset).prefix(query.limit).map(\.callRow)
    }

    private static func newest(_ rows: [Row]) -> [Row] {
        rows.enumerated().sorted {
            ($0.element.record.admittedAt, $0.offset) > ($1.element.record.admittedAt, $1.offset)
        }.map(\.element)
    }

    func samples(_ query: CallQuery) throws(StoreError) -> [CallSample] {
        let sent = rows(query.since, query.until).filter { row in
            row.adjusts == nil && row.record.status != .blocked
                && row.record.upstream != ImportedCall.sumUpstream
                && query.filters.allSatisfy { row.key(of: $0.dimension) == $0.value }
        }
        return Self.newest(sent).prefix(query.limit).map(\.sample)
    }

    func ratings(
        since first: CivilDate, through last: CivilDate
    ) throws(StoreError) -> [RatingCount] {
        state.withLock { state in
            var counts: [[String]: (up: Int64, down: Int64)] = [:]
            for row in state.rows
            where row.adjusts == nil && row.record.admittedAt >= first.start
                && row.record.admittedAt < last.advanced(byDays: 1).start
            {
                guard let rating = state.ratings[row.record.attempt.call] else { continue }
                let key = [row.record.provider, row.record.model ?? "", row.record.taskType]
                counts[key, default: (0, 0)].up += rating == .up ? 1 : 0
                counts[key, default: (0, 0)].down += rating == .down ? 1 : 0
            }
            return counts.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { key, count in
                RatingCount(
                    provider: key[0], model: key[1], task: key[2], up: count.up, down: count.down)
            }
        }
    }

    func dearestCalls(
        since: Instant, until: Instant, limit: Int
    ) throws(StoreError) -> [CallRow] {
        let calls = rows(since, until).filter { $0.adjusts == nil && $0.record.status != .blocked }
        return CallRow.dearest(calls.map(\.callRow), limit)
    }

    func rate(_ call: CallID, _ rating: CallRating) throws(StoreError) -> Bool {
        state.withLock { state in
            let isKnown = state.rows.contains {
                $0.adjusts == nil && $0.record.attempt.call == call && $0.record.status != .blocked
            }
            if isKnown { state.ratings[call] = rating }
            return isKnown
        }
    }

    func attempts(of call: CallID) throws(StoreError) -> [CallRow] {
        state.withLock { state in
            state.rows.filter { $0.adjusts == nil && $0.record.attempt.call == call }
                .sorted { $0.record.attempt.attempt < $1.record.attempt.attempt }
                .map(\.callRow)
        }
    }

    func report(_ query: SpendQuery) throws(StoreError) -> SpendReport {
        let lines = rows(query.since, query.until)
            .filter { row in query.filters.allSatisfy { row.key(of: $0.dimension) == $0.value } }
            .map { row in
                let record = row.record
                var line = SpendReport.Line(keys: query.dimensions.map { row.key(of: $0) })
                let isCall = record.status != .blocked && record.endpoint != "adjustment"
                line.calls = isCall ? 1 : 0
                line.errors = record.status == .error ? 1 : 0
                line.blocked = record.status == .blocked ? 1 : 0
                line.inputTokens = record.inputTokens
                line.outputTokens = record.outputTokens
                line.cacheReadTokens = record.cacheReadTokens
                line.cacheWriteTokens = record.cacheWriteTokens
                line.reasoningTokens = record.reasoningTokens
                line.cost = record.cost
                line.inexactCost = record.usageStatus == "exact" ? .zero : record.cost
                return line
            }
        return SpendReport(query: query, lines: lines)
    }

    func pastCalls(
        since: Instant, until: Instant, _ body: (PastCall) -> Void
    ) throws(StoreError) {
        let calls = rows(since, until).filter {
            $0.record.status != .blocked && $0.adjusts == nil
        }
        for row in calls.sorted(by: { $0.record.admittedAt < $1.record.admittedAt }) {
            let record = row.record
            body(
                PastCall(
                    callID: record.attempt.call.description, attempt: record.attempt,
                    attributes: record.attributes, admittedAt: record.admittedAt,
                    milliseconds: record.durationMilliseconds, held: record.held,
                    cost: record.cost, tokens: record.totalTokens))
        }
    }

    func importCalls(_ calls: [ImportedCall]) throws(StoreError) -> Int {
        state.withLock { state in
            var written = 0
            for call in calls where state.imported.insert("\(call.source) \(call.key)").inserted {
                written += 1
                let id = CallID(milliseconds: UInt64(state.imported.count), random: (3, 3))
                var record = RequestRecord(
                    attempt: AttemptID(call: id, attempt: 1), admittedAt: call.moment,
                    userID: call.user)
                record.projectID = call.project
                record.keyID = call.keyName
                record.sessionID = call.session
                record.tags = call.tagsJSON
                record.provider = call.provider
                record.upstream = call.upstream
                record.endpoint = call.endpoint
                record.model = call.model
                record.inputTokens = call.usage.inputTokens
                record.outputTokens = call.usage.outputTokens
                record.cacheReadTokens = call.usage.cacheReadTokens
                record.cacheWriteTokens = call.usage.cacheWriteTokens
                record.reasoningTokens = call.usage[.reasoning]
                record.usage = call.usage.json
                record.usageStatus = call.isExact ? "exact" : "estimated"
                record.cost = call.cost
                record.priceVersion = call.priceVersion
                record.status = RequestRecord.Status(rawValue: call.status) ?? .success
                record.durationMilliseconds = call.duration ?? 0
                record.metadata = call.metadata
                state.rows.append(Row(record: record))
            }
            return written
        }
    }

    func unpriced(since: Instant) throws(StoreError) -> [UnpricedUse] {
        var counts: [[String]: Int64] = [:]
        for row in rows(since, Instant(microseconds: .max))
        where row.record.metadata.contains(#""unpriced":true"#) {
            counts[[row.record.provider, row.record.model ?? "(no model)"], default: 0] += 1
        }
        return counts.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { UnpricedUse(provider: $0.key[0], what: $0.key[1], calls: $0.value) }
    }

    func adjust(
        _ adjustments: [PriceAdjustment], at now: Instant
    ) throws(StoreError) -> Int {
        state.withLock { state in
            var written = 0
            for adjustment in adjustments {
                let name = "\(adjustment.callID)/\(adjustment.attempt)"
                let earlier = state.rows.filter { $0.adjusts == name }
                    .reduce(Amount.zero) { $0 + $1.record.cost }
                let call = state.rows.first { $0.adjusts == nil && $0.name == name }
                guard var record = call?.record, earlier == adjustment.earlier else { continue }
                record.endpoint = "adjustment"
                record.cost = adjustment.difference
                record.usageStatus = "exact"
                record.status = .success
                (record.inputTokens, record.outputTokens) = (0, 0)
                (record.cacheReadTokens, record.cacheWriteTokens) = (0, 0)
                record.reasoningTokens = 0
                state.rows.append(Row(record: record, adjusts: name))
                written += 1
            }
            return written
        }
    }

    func adjustments(
        since: Instant, until: Instant
    ) throws(StoreError) -> [String: Amount] {
        var sums: [String: Amount] = [:]
        for row in rows(since, until) {
            if let name = row.adjusts { sums[name, default: .zero] += row.record.cost }
        }
        return sums
    }
}

extension MemoryStore.Row {
    fileprivate var name: String { "\(record.attempt.call)/\(record.attempt.attempt)" }

    fileprivate func key(of dimension: SpendDimension) -> String {
        switch dimension {
        case .model: record.model ?? ""
        case .user: record.userID
        case .provider: record.provider
        case .endpoint: record.endpoint
        case .key: record.keyID ?? ""
        case .project: record.projectID ?? ""
        case .session: record.sessionID ?? ""
        case .conversation: record.conversationID ?? ""
        case .upstream: record.upstream
        case .taskType: record.taskType
        case .tag(let name): tags[name] ?? ""
        // The finest of what reports put together.
        case .hour, .day, .week, .month: quarter
        }
    }

    private var tags: [String: String] {
        let data = Data((record.tags ?? "{}").utf8)
        return (try? JSONDecoder().decode([String: String].self, from: data)) ?? [:]
    }

    private var quarter: String {
        let text = record.admittedAt.text
        let minute = Int(text.dropFirst(14).prefix(2)) ?? 0
        return text.prefix(14) + ["00", "15", "30", "45"][minute / 15]
    }

    fileprivate var sample: CallSample {
        var sample = CallSample()
        sample.moment = record.admittedAt
        sample.user = record.userID
        sample.key = record.keyID ?? ""
        sample.session = record.sessionID ?? ""
        sample.provider = record.provider
        sample.model = record.model ?? ""
        sample.endpoint = record.endpoint
        sample.task = record.taskType
        sample.isSuccess = record.status != .error
        sample.attempt = Int64(record.attempt.attempt)
        sample.isStreamed = record.streamed
        sample.serviceTier = record.serviceTier
        sample.duration = record.durationMilliseconds
        sample.firstToken = record.firstByteMilliseconds
        sample.input = record.inputTokens
        sample.output = record.outputTokens
        sample.cacheRead = record.cacheReadTokens
        sample.cacheWrite = record.cacheWriteTokens
        sample.reasoning = record.reasoningTokens
        sample.cost = record.cost
        sample.held = record.held
        sample.isPriced = record.priceVersion != nil
        return sample
    }

    fileprivate var callRow: CallRow {
        CallRow(cells: [
            .text(record.attempt.call.description), .number(Int64(record.attempt.attempt)),
            .text(record.admittedAt.text), .text(record.userID), .text(record.projectID),
            .text(record.keyID), .text(record.sessionID), .text(record.conversationID),
            .json(record.tags ?? "null"), .text(record.provider), .text(record.upstream),
            .text(record.endpoint), .text(record.model), .text(record.modelRequested),
            .number(record.inputTokens), .number(record.outputTokens),
            .number(record.totalTokens), .number(record.cacheReadTokens),
            .number(record.cacheWriteTokens), .number(record.reasoningTokens),
            .json(record.usage), .text(record.usageStatus), .text(record.serviceTier),
            .text(record.inferenceGeo), .money(record.cost), .money(record.costReported),
            .text(record.priceVersion), .money(record.held), .text(record.status.rawValue),
            .number(record.statusCode.map(Int64.init)), .text(record.errorMessage),
            .number(record.durationMilliseconds), .number(record.firstByteMilliseconds),
            .flag(record.streamed), .text(record.taskType), .json(record.metadata),
        ])
    }
}
