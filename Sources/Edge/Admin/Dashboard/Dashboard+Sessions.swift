internal import Chronology
internal import Crypto
internal import HTTPTypes
internal import Hummingbird
internal import Logging

extension Dashboard {
    /// Nil for a request without a session that goes on.
    func session(of request: Request) -> SessionToken? {
        guard let text = request.cookies[Self.cookieName]?.value,
            let session = SessionToken(
                text: text, signedWith: signing, at: sources.clock.now()),
            credentials.isCurrent(session.viewer), !ended.has(session)
        else { return nil }
        return session
    }

    /// With a token of now, where the last is of a while ago.
    func renewed(_ session: SessionToken, _ response: Response) -> Response {
        let now = sources.clock.now()
        // Whoever signs out stays out.
        guard now.seconds - session.seen.seconds >= SessionToken.renewalSeconds,
            response.headers[.setCookie] == nil
        else { return response }
        let next = SessionToken(
            viewer: session.viewer, nonce: session.nonce, begun: session.begun, seen: now)
        var response = response
        response.headers[.setCookie] = cookie(next.text(signedWith: signing))
        return response
    }

    /// Not sent by other sites, and out of reach of scripts.
    private func cookie(_ value: String, seconds: Int64 = SessionToken.maximumSeconds) -> String {
        "\(Self.cookieName)=\(value); Path=/; HttpOnly; SameSite=Strict; Max-Age=\(seconds)"
    }

    func askForKey(_ request: Request) -> Response {
        let next = FormFields(request.uri.query ?? "")["next"]
        return renderer.page("login", LoginPage(problem: nil, next: Self.ownPath(next)))
    }

    func logIn(_ request: Request, from address: String) async -> Response {
        guard Self.isOwn(request), let fields = await form(request) else {
            return problem(.forbidden, "the form comes from elsewhere")
        }
        let now = sources.clock.now()
        let next = Self.ownPath(fields["next"])
        let viewer: Viewer
        switch identify(fields["key"] ?? "", from: address) {
        case .known(let found): viewer = found
        case .slowedDown(let seconds):
            var response = renderer.page(
                "login",
                LoginPage(
                    problem: "too many wrong keys; try again in \(seconds) seconds", next: next),
                status: .tooManyRequests)
            response.headers[.retryAfter] = String(seconds)
            return response
        case .unknown:
            return renderer.page(
                "login", LoginPage(problem: "no such key", next: next), status: .unauthorized)
        }
        let session = SessionToken(viewer: viewer, nonce: Self.nonce(), begun: now, seen: now)
        var response = Self.redirect(next)
        response.headers[.setCookie] = cookie(session.text(signedWith: signing))
        // Behind a proxy that speaks TLS the cookie keeps to it.
        if Self.isEncrypted(request), let set = response.headers[.setCookie] {
            response.headers[.setCookie] = set + "; Secure"
        }
        return response
    }

    private static func isEncrypted(_ request: Request) -> Bool {
        HTTPField.Name("x-forwarded-proto").flatMap { request.headers[$0] } == "https"
    }

    enum Identity {
        case known(Viewer)
        case unknown
        /// Seconds until the admin key is heard from this address again.
        case slowedDown(Int64)
    }

    /// Who shows a secret. Failures are logged, without it.
    func identify(_ secret: String, from address: String) -> Identity {
        if let viewer = credentials.user(offering: secret) { return .known(viewer) }
        let now = sources.clock.now()
        if let seconds = throttle.wait(of: address, at: now) { return .slowedDown(seconds) }
        if credentials.isAdmin(secret) { return .known(.admin) }
        throttle.noteFailure(of: address, at: now)
        logger.warning("dashboard.refused", metadata: ["from": "\(address)"])
        return .unknown
    }

    func logOut(_ session: SessionToken, at now: Instant) -> Response {
        ended.end(session, at: now)
        var response = Self.redirect("/login")
        response.headers[.setCookie] = cookie("", seconds: 0)
        return response
    }

    private static let nonceBytes = 32

    private static func nonce() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<nonceBytes).map { _ in UInt8.random(in: 0...255, using: &generator) }.hex
    }

    /// A path of this dashboard, and of nothing else.
    static func ownPath(_ path: String?) -> String {
        guard let path, path.hasPrefix("/"), !path.hasPrefix("//"), !path.contains("\\"),
            path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return "/" }
        return path
    }
}
