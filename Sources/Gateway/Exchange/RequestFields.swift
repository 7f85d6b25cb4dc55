internal import Accounting

/// The header fields of a request, sorted by what the gateway does with them.
struct RequestFields: Sendable {
    var credentials = OfferedCredentials()
    var user: String?
    var project: String?
    var session: String?
    var conversation: String?
    var taskType: String?
    var tags: [CallAttributes.Tag] = []
    /// `Name: value` lines that go on to the upstream.
    var passed: [String] = []

    /// Longer attribution is cut off from the row, not from the call.
    static let maximumAttributeBytes = 256

    /// What goes upstream as it is, beside the names in `take`. All else stays here: credentials,
    /// cookies, and whatever describes this connection rather than the call.
    private static let passedPrefixes = [
        "anthropic-", "openai-", "x-amzn-bedrock-", "x-goog-user-", "x-goog-api-client",
        "deepgram-", "x-vertex-ai-",
    ]

    init(_ fields: [HeaderField], query: String?) {
        for field in fields { take(field) }
        credentials.queryKey = query.flatMap(Self.key(inQuery:))
    }

    private mutating func take(_ field: HeaderField) {
        let name = field.name.lowercasedName
        switch name {
        case "content-length", "host", "connection", "accept-encoding": break
        case "authorization": set(\.authorization, field.value)
        case "x-api-key", "api-key":
            set(\.apiKey, field.value)
            credentials.apiKeyName = name
        case "x-goog-api-key": set(\.googleKey, field.value)
        case "x-spendfuse-user": user = Self.attribute(field.value)
        case "helicone-user-id", "x-litellm-end-user-id", "x-litellm-customer-id":
            user = user ?? Self.attribute(field.value)
        case "x-spendfuse-project": project = Self.attribute(field.value)
        case "x-spendfuse-session": session = Self.attribute(field.value)
        case "helicone-session-id", "x-claude-code-session-id":
            session = session ?? Self.attribute(field.value)
        case "x-spendfuse-conversation": conversation = Self.attribute(field.value)
        case "x-spendfuse-task-type": taskType = field.value
        case "x-spendfuse-tags": tags = TagList.tags(of: field.value)
        case "content-type", "accept", "user-agent", "idempotency-key", "traceparent",
            "tracestate", "http-referer", "x-title", "x-client-request-id":
            pass(field)
        default:
            if Self.passedPrefixes.contains(where: { name.hasPrefix($0) }) { pass(field) }
        }
    }

    private mutating func set(
        _ credential: WritableKeyPath<OfferedCredentials, String?>, _ value: String
    ) {
        if credentials[keyPath: credential] != nil { credentials.isAmbiguous = true }
        credentials[keyPath: credential] = value
    }

    private mutating func pass(_ field: HeaderField) {
        passed.append("\(field.name): \(field.value)")
    }

    static func attribute(_ text: String) -> String? {
        text.isEmpty || text.utf8.count > maximumAttributeBytes ? nil : text
    }

    private static func key(inQuery query: String) -> String? {
        for pair in query.split(separator: "&") where isKey(pair) {
            let value = pair.drop { $0 != "=" }.dropFirst()
            return PercentEncoding.decoded(String(value))
        }
        return nil
    }

    private static func isKey(_ pair: Substring) -> Bool {
        PercentEncoding.decoded(String(pair.prefix { $0 != "=" })) == "key"
    }

    /// Parameters that stay here: credentials, and those by which Google leaves out parts of a
    /// reply, its usage among them. Source: Google Cloud APIs, system parameters.
    private static let keptParameters: Set<String> = [
        "key", "$key", "access_token", "oauth_token", "$oauth_token", "fields", "$fields",
        "callback", "$callback",
    ]

    /// `query` without what stays here.
    static func forwarded(_ query: String?) -> String? {
        guard let query else { return nil }
        let kept = query.split(separator: "&").filter { pair in
            !keptParameters.contains(PercentEncoding.decoded(String(pair.prefix { $0 != "=" })))
        }
        return kept.isEmpty ? nil : kept.joined(separator: "&")
    }
}

extension String {
    /// In lower case; most clients write header names so already, which costs nothing then.
    var lowercasedName: String {
        utf8.contains { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") } ? lowercased() : self
    }
}
