internal import Accounting
internal import Chronology
internal import Dialects
internal import Metering
internal import Money

extension RequestRecord {
    /// Completes the row with what the exchange came to.
    mutating func complete(
        _ settlement: Settlement, _ admission: Admission, _ reading: UsageReading, _ times: Times,
        status code: Int?, failure: UpstreamFailure?
    ) {
        let usage = settlement.usage
        model = settlement.model
        inputTokens = usage.inputTokens
        outputTokens = usage.outputTokens
        cacheReadTokens = usage.cacheReadTokens
        cacheWriteTokens = usage.cacheWriteTokens
        reasoningTokens = usage[.reasoning]
        self.usage = usage.json
        usageStatus = settlement.status.rawValue
        serviceTier = reading.serviceTier
        inferenceGeo = reading.inferenceGeo
        cost = settlement.cost
        priceVersion = settlement.priceVersion
        held = admission.hold
        statusCode = code
        durationMilliseconds = times.ended.milliseconds(since: times.began)
        firstByteMilliseconds = times.firstByte?.milliseconds(since: times.began)
        noteError(code, reading, failure)
        noteMetadata(admission)
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

    private mutating func noteMetadata(_ admission: Admission) {
        var object = JSONObjectText()
        if admission.route.endpoint.meterClass == .denied { object.add("unmetered", true) }
        if admission.price == nil, admission.route.endpoint.meterClass == .priced {
            object.add("unpriced", true)
        }
        metadata = object.closed
    }
}

/// Provider keys that an upstream repeats in its error messages.
enum KeyShapes {
    private static let prefixes = ["sk-", "sf_", "AIza", "xai-", "gsk_"]
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
