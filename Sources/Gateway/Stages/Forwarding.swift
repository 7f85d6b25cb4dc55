internal import Chronology
internal import Dialects

/// Makes the upstream's request out of the client's.
enum Forwarding {
    static func request(
        for admission: Admission, _ request: GatewayRequest, at now: Instant
    ) -> UpstreamRequest {
        let route = admission.route
        var url = route.url
        if let query = RequestFields.forwarded(request.query) { url += "?" + query }
        var lines = admission.fields.passed
        if case .configured = admission.caller.credential {
            // The operator's key bills to the operator's own project.
            lines.removeAll { line in
                let name = line.prefix { $0 != ":" }.lowercased()
                return name == "openai-organization" || name == "openai-project"
                    || name == "x-goog-user-project"
            }
        }
        var body: [UInt8]? = request.body
        if request.body.isEmpty, request.method == "GET" || request.method == "HEAD" { body = nil }
        let splices = [admission.usageSplice].compactMap { $0 } + (admission.clamp?.splices ?? [])
        if !splices.isEmpty { body = BodySplice.apply(splices, to: request.body) }
        switch credential(for: admission) {
        case .field(let field): lines.append("\(field.name): \(field.value)")
        case .signer(let signer):
            let contentType = request.fields.first {
                $0.name.caseInsensitiveEquals("content-type")
            }
            lines += signer.lines(
                method: request.method, url: url, contentType: contentType?.value,
                body: body ?? [], at: now)
        case nil: break
        }
        // An answer in clear, so that its usage can be read; and no wait for "100 Continue".
        lines.append("Accept-Encoding: identity")
        lines.append("Expect:")
        return UpstreamRequest(
            method: request.method, url: url, allowsPlainHTTP: route.upstream.allowsPlainHTTP,
            headerLines: lines, body: body)
    }

    private enum Credential {
        case field(HeaderField)
        case signer(RequestSigner)
    }

    private static func credential(for admission: Admission) -> Credential? {
        let upstream = admission.route.upstream
        switch admission.caller.credential {
        case .passThrough(let field):
            // A signature is made for the host that it is sent to, so a client's cannot pass.
            let isSigned = field?.value.hasPrefix("AWS4-HMAC-SHA256") == true
            guard isSigned, let key = upstream.key else { return field.map { .field($0) } }
            return configured(key.revealed, admission.route)
        case .configured:
            return upstream.key.flatMap { configured($0.revealed, admission.route) }
        }
    }

    private static func configured(_ key: String, _ route: Route) -> Credential? {
        switch route.upstream.authentication ?? route.dialect.authentication {
        case .bearer: return .field(HeaderField("Authorization", "Bearer \(key)"))
        case .xAPIKey: return .field(HeaderField("x-api-key", key))
        case .apiKey: return .field(HeaderField("api-key", key))
        case .googleKey: return .field(HeaderField("x-goog-api-key", key))
        case .token: return .field(HeaderField("Authorization", "Token \(key)"))
        case .plain: return .field(HeaderField("Authorization", key))
        case .aws:
            let parts = key.split(separator: ":", maxSplits: 2).map(String.init)
            // A key of one part is a Bedrock API key, which is sent as it is.
            guard parts.count >= 2 else {
                return .field(HeaderField("Authorization", "Bearer \(key)"))
            }
            return .signer(
                RequestSigner(
                    region: route.upstream.region ?? "us-east-1", service: "bedrock",
                    keyID: parts[0], secret: Secret(parts[1]),
                    sessionToken: parts.count == 3 ? parts[2] : nil))
        }
    }
}

extension Dialect {
    /// How the providers of a dialect are shown a key, where an upstream does not say.
    fileprivate var authentication: Upstream.Authentication {
        switch self {
        case .openai, .cohere, .ollama, .http: .bearer
        case .anthropic: .xAPIKey
        case .gemini: .googleKey
        case .bedrock: .aws
        case .assemblyai: .plain
        case .deepgram: .token
        }
    }
}
