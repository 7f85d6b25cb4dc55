internal import Accounting
internal import Chronology
internal import Dialects
internal import Metering
internal import Money
internal import Pricing

extension RequestRecord {
    /// Completes the row with what the exchange came to.
    mutating func complete(
        _ settlement: Settlement, _ admission: Admission, _ reading: UsageReading, _ times: Times,
        _ context: PriceContext, status code: Int?, failure: UpstreamFailure?
    ) {
        note(settlement, admission, reading, context)
        held = admission.hold
        statusCode = code
        durationMilliseconds = times.ended.milliseconds(since: times.began)
        firstByteMilliseconds = times.firstByte?.milliseconds(since: times.began)
        noteError(code, reading, failure)
    }

    /// What the call used and costs.
    mutating func note(
        _ settlement: Settlement, _ admission: Admission, _ reading: UsageReading,
        _ context: PriceContext
    ) {
        model = settlement.model
        note(settlement.usage, reading.extras)
        costReported = settlement.reportedCost
        usageStatus = settlement.status.rawValue
        serviceTier = reading.serviceTier
        inferenceGeo = reading.inferenceGeo
        cost = settlement.cost
        priceVersion = settlement.priceVersion
        noteMetadata(admission, settlement, reading, context)
    }

    /// Token columns count all that is billed; the `usage` column keeps apart what another model
    /// made.
    mutating func note(_ usage: Usage, _ extras: [ExtraUsage]) {
        let billed = extras.reduce(usage) { $0 + $1.usage }
        inputTokens = billed.inputTokens
        outputTokens = billed.outputTokens
        cacheReadTokens = billed.cacheReadTokens
        cacheWriteTokens = billed.cacheWriteTokens
        reasoningTokens = billed[.reasoning]
        self.usage = usage.json(with: extras)
    }

    struct Times: Sendable {
        var began: Instant
        var firstByte: Instant?
        var ended: Instant
    }

    private mutating func noteError(
        _ code: Int?, _ reading: UsageReading, _ failure: UpstreamFailure?
    ) {
        if let failure {
            status = .error
            errorClass = failure.kind.rawValue
            errorMessage = failure.reason
        } else if let code, !(200..<300).contains(code) {
            status = .error
            errorClass = Self.errorClass(ofStatus: code)
            errorMessage = reading.errorMessage.map(KeyShapes.masked) ?? "upstream status \(code)"
        } else if let message = reading.errorMessage {
            status = .error
            errorClass = "error_in_stream"
            errorMessage = KeyShapes.masked(message)
        }
    }

    private static func errorClass(ofStatus code: Int) -> String {
        switch code {
        case 401, 403: "unauthorized"
        case 404: "not_found"
        case 408, 504, 524: "upstream_timeout"
        case 429: "rate_limited"
        case 400..<500: "rejected"
        default: "upstream_error"
        }
    }

    private mutating func noteMetadata(
        _ admission: Admission, _ settlement: Settlement, _ reading: UsageReading,
        _ context: PriceContext
    ) {
        var object = JSONObjectText()
        if admission.route.endpoint.meterClass == .denied { object.add("unmetered", true) }
        object.addList("shadow_refusals", admission.shadowRefusals)
        object.addList("uncounted", uncounted)
        object.add("clamped_max_tokens", admission.clamp?.tokens)
        let isPriced = [.priced, .settles].contains(admission.route.endpoint.meterClass)
        if settlement.priceVersion == nil, isPriced,
            settlement.reportedCost == nil || settlement.cost == .zero
        {
            object.add("unpriced", true)
        }
        object.add("cost_by_sheet_usd", settlement.sheetCost?.dollars)
        object.addList("unpriced_pieces", settlement.unpricedPieces.map(\.rawValue))
        object.addList("unpriced_models", settlement.unpricedModels)
        object.add("pending_id", reading.pendingID)
        object.add("region", context.region)
        object.add("context_input", context.contextInput)
        if settlement.usage[.image] > 0 {
            object.add("image_size", context.imageSize)
            object.add("image_quality", context.imageQuality)
        }
        metadata = object.closed
    }
}

/// Provider keys that an upstream repeats in its error messages.
enum KeyShapes {
    private static let prefixes = [
        "sk-", "sf_", "AIza", "xai-", "gsk_", "pplx-", "AKIA", "ASIA", "ya29", "csk-", "fw_",
    ]
    /// Shorter words are not keys.
    private static let minimumBytes = 12

    /// `text` with what looks like a key taken out, wherever it stands.
    static func masked(_ text: String) -> String {
        guard prefixes.contains(where: text.contains) else { return text }
        var result = ""
        var word = ""
        for character in text {
            if character.isLetter || character.isNumber || character == "-" || character == "_" {
                word.append(character)
            } else {
                result += shown(word)
                result.append(character)
                word = ""
            }
        }
        return result + shown(word)
    }

    private static func shown(_ word: String) -> String {
        let isKey = word.utf8.count >= minimumBytes && prefixes.contains { word.hasPrefix($0) }
        return isKey ? "***" : word
    }
}
