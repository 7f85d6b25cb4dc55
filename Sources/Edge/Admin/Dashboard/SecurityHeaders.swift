internal import HTTPTypes
internal import Hummingbird

/// Nothing but our own style sheet runs or loads on a page, and no page is kept or framed.
struct SecurityHeaders: RouterMiddleware {
    typealias Context = AdminContext

    private static let policy =
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self';"
        + " frame-ancestors 'none'; base-uri 'none'"
    private static let fields: [(HTTPField.Name?, String)] = [
        (.contentSecurityPolicy, policy), (HTTPField.Name("referrer-policy"), "same-origin"),
        (HTTPField.Name("x-content-type-options"), "nosniff"),
        (HTTPField.Name("x-frame-options"), "DENY"),
        (HTTPField.Name("cross-origin-opener-policy"), "same-origin"),
        (HTTPField.Name("cross-origin-resource-policy"), "same-origin"),
    ]

    func handle(
        _ request: Request, context: AdminContext,
        next: (Request, AdminContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        for case (.some(let name), let value) in Self.fields { response.headers[name] = value }
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        return response
    }
}

/// A page of another site that has its name lead to this machine must not be answered, so a
/// listener on loopback answers to loopback's names only.
struct LoopbackNames: RouterMiddleware {
    typealias Context = AdminContext

    let isLoopback: Bool
    /// The address that it listens on, which is a name of its own.
    let host: String

    private static let names: Set<String> = ["localhost", "127.0.0.1", "[::1]"]

    func handle(
        _ request: Request, context: AdminContext,
        next: (Request, AdminContext) async throws -> Response
    ) async throws -> Response {
        guard isLoopback, let authority = request.head.authority else {
            return try await next(request, context)
        }
        let digits = authority.reversed().prefix { $0.isNumber }.count
        let name =
            authority.dropLast(digits).hasSuffix(":") && digits > 0
            ? authority.dropLast(digits + 1) : authority[...]
        guard Self.names.contains(name.lowercased()) || name == host else {
            return AdminServer.text(
                .misdirectedRequest,
                "this listener is for this machine alone; call it localhost or 127.0.0.1\n")
        }
        return try await next(request, context)
    }
}
