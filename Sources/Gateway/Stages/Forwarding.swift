internal import Dialects

/// Makes the upstream's request out of the client's.
enum Forwarding {
    static func request(for admission: Admission, _ request: GatewayRequest) -> UpstreamRequest {
        let route = admission.route
        var url = route.upstream.url + route.path
        if let query = RequestFields.withoutKey(request.query) { url += "?" + query }
        var lines = admission.fields.passed
        if case .configured = admission.caller.credential {
            // The operator's key bills to the operator's own project.
            lines.removeAll { line in
                let name = line.prefix { $0 != ":" }.lowercased()
                return name == "openai-organization" || name == "openai-project"
            }
        }
        if let credential = credential(for: admission) {
            lines.append("\(credential.name): \(credential.value)")
        }
        // An answer in clear, so that its usage can be read; and no wait for "100 Continue".
        lines.append("Accept-Encoding: identity")
        lines.append("Expect:")
        var body: [UInt8]? = request.body
        if request.body.isEmpty, request.method == "GET" || request.method == "HEAD" { body = nil }
        if let splice = admission.facts.usageSplice { body = splice.apply(to: request.body) }
        return UpstreamRequest(
            method: request.method, url: url, allowsPlainHTTP: route.upstream.allowsPlainHTTP,
            headerLines: lines, body: body)
    }

    private static func credential(for admission: Admission) -> HeaderField? {
        switch admission.caller.credential {
        case .passThrough(let field): return field
        case .configured:
            guard let key = admission.route.upstream.key else { return nil }
            switch admission.route.dialect {
            case .openai: return HeaderField("Authorization", "Bearer \(key.revealed)")
            case .anthropic: return HeaderField("x-api-key", key.revealed)
            }
        }
    }
}
