internal import Gateway
internal import NIOCore
internal import NIOHTTP1

/// A request that is coming in: its head, checked, and its body so far.
struct RequestAssembly {
    let head: HTTPRequestHead
    let path: String
    let query: String?
    /// What is set aside for a body on the client's word alone.
    private static let maximumReservedBytes = 65_536

    private(set) var body: [UInt8] = []
    let began = NIODeadline.now()

    /// Refuses what no client of ours sends, and what two parsers could read differently.
    init(_ head: HTTPRequestHead, settings: InboundSettings) throws(GatewayError) {
        self.head = head
        let line = head.uri.utf8.count + head.method.rawValue.utf8.count + 10
        guard line <= settings.maximumRequestLineBytes else {
            throw .headTooLarge(
                "the request line is longer than \(settings.maximumRequestLineBytes) bytes")
        }
        guard head.uri.hasPrefix("/") else {
            throw .malformed("the request target must be a path that begins with /")
        }
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(parts[0])
        query = parts.count > 1 ? String(parts[1]) : nil
        try Self.check(head.headers, version: head.version)
        if let length = head.headers.first(name: "content-length").flatMap(Int.init) {
            guard length <= settings.maximumBodyBytes else {
                throw .bodyTooLarge(settings.maximumBodyBytes)
            }
            body.reserveCapacity(min(length, Self.maximumReservedBytes))
        }
    }

    private static func check(
        _ headers: HTTPHeaders, version: HTTPVersion
    ) throws(GatewayError) {
        let lengths = headers[canonicalForm: "content-length"]
        let codings = headers[canonicalForm: "transfer-encoding"]
        guard lengths.count <= 1, codings.count <= 1, lengths.isEmpty || codings.isEmpty else {
            throw .malformed(
                "the request states the length of its body in more than one way")
        }
        if let coding = codings.first {
            guard version == .http1_1, coding.lowercased() == "chunked" else {
                throw .malformed("the only transfer coding that is understood is chunked, on 1.1")
            }
        }
        guard headers["host"].count <= 1 else { throw .malformed("the request names two hosts") }
        if headers.contains(name: "upgrade"),
            headers["upgrade"].contains(where: { $0.lowercased().contains("websocket") })
        {
            throw GatewayError(
                .upgradeRefused, status: 426,
                "WebSockets are not metered, so they are refused; use plain HTTP requests"
                    + " (Codex CLI: supports_websockets = false)")
        }
        let encoding = headers["content-encoding"].joined(separator: ",").lowercased()
        guard encoding.isEmpty || encoding == "identity" else {
            throw GatewayError(
                .compressedRequest, status: 415,
                "compressed request bodies are refused, as their cost cannot be bounded;"
                    + " send the body without content-encoding")
        }
    }

    mutating func append(_ buffer: ByteBuffer, maximum: Int) throws(GatewayError) {
        guard body.count + buffer.readableBytes <= maximum else { throw .bodyTooLarge(maximum) }
        body.append(contentsOf: buffer.readableBytesView)
    }

    var request: GatewayRequest {
        GatewayRequest(
            method: head.method.rawValue, path: path, query: query,
            fields: head.headers.map { HeaderField($0.name, $0.value) }, body: body)
    }

    /// Whether the body comes more slowly than any honest client sends.
    func isTooSlow(at now: NIODeadline, _ settings: InboundSettings) -> Bool {
        let seconds = Int((now - began).nanoseconds / 1_000_000_000)
        let counted = seconds - settings.bodyGraceSeconds
        return counted > 0 && body.count < counted * settings.minimumBodyBytesPerSecond
    }
}

extension GatewayError {
    static func malformed(_ reason: String) -> GatewayError {
        GatewayError(.malformedRequest, status: 400, "malformed request: \(reason)")
    }

    static func headTooLarge(_ reason: String) -> GatewayError {
        GatewayError(.headTooLarge, status: 431, "the request's head is too large: \(reason)")
    }

    static func bodyTooLarge(_ maximum: Int) -> GatewayError {
        GatewayError(
            .bodyTooLarge, status: 413,
            "the request's body is larger than \(maximum) bytes; send less, or raise"
                + " limits.maximum_body_bytes in the config file")
    }
}
