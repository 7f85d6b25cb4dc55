internal import Chronology
internal import Crypto
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Stores

/// The pages, and who may see them.
struct Dashboard: Sendable {
    let sources: AdminSources
    let credentials: AdminCredentials
    let renderer: PageRenderer
    let logger: Logger
    let throttle = LoginThrottle()
    let ended = EndedSessions()
    let advice = AdviceCache()
    let signing: SymmetricKey

    /// A form is smaller.
    static let maximumFormBytes = 65_536
    static let cookieName = "spendfuse_session"

    init(sources: AdminSources, credentials: AdminCredentials, logger: Logger) throws {
        self.sources = sources
        self.credentials = credentials
        self.logger = logger
        renderer = try PageRenderer()
        signing = SymmetricKey(data: credentials.signingSecret)
    }

    /// A request of somebody who is logged in.
    struct Visit: Sendable {
        let viewer: Viewer
        let session: SessionToken
        let formToken: String
        let fields: FormFields
        let now: Instant
        let path: String
    }

    func frame(_ title: String, _ visit: Visit) -> PageFrame {
        PageFrame(
            title, at: visit.path, viewer: visit.viewer, formToken: visit.formToken,
            now: visit.now, place: sources.store.place, remark: sources.remark())
    }

    /// Answers with a page, off the event loop; who is not logged in is asked to.
    func show(
        _ request: Request, forAdmin: Bool = false,
        _ body: @escaping @Sendable (Visit) throws -> Response
    ) async -> Response {
        guard let session = session(of: request) else {
            let path = request.uri.string
            return Self.redirect(
                "/login" + FormFields().with("next", path == "/" ? nil : path).query)
        }
        let visit = visit(session, request, FormFields(request.uri.query ?? ""))
        return renewed(session, await answer(visit, forAdmin: forAdmin, body))
    }

    /// Answers a form of a page of ours.
    func take(
        _ request: Request, forAdmin: Bool = true,
        _ body: @escaping @Sendable (Visit) throws -> Response
    ) async -> Response {
        guard let session = session(of: request) else { return Self.redirect("/login") }
        guard let fields = await form(request), Self.isOwn(request),
            session.isFormToken(fields["form_token"] ?? "", signedWith: signing)
        else {
            return problem(
                .forbidden, "the form is not one of this session; open its page again")
        }
        return renewed(
            session,
            await answer(
                visit(session, request, fields), forAdmin: forAdmin, isChange: true, body))
    }

    private func answer(
        _ visit: Visit, forAdmin: Bool, isChange: Bool = false,
        _ body: @escaping @Sendable (Visit) throws -> Response
    ) async -> Response {
        guard visit.viewer.isAdmin || !forAdmin else {
            return problem(.forbidden, "this page is for the admin key alone")
        }
        do {
            return isChange
                ? try await StoreThreads.write { try body(visit) }
                : try await StoreThreads.read { try body(visit) }
        } catch let error as PageProblem {
            return problem(error.status, error.text)
        } catch {
            logger.error("dashboard.failed", metadata: ["reason": "\(error)"])
            return problem(.serviceUnavailable, words(of: error, to: visit.viewer))
        }
    }

    /// Where the store is, and what it says, is for the admin alone.
    func words(of error: any Error, to viewer: Viewer) -> String {
        viewer.isAdmin
            ? "the store did not answer: \(error)" : "the store did not answer; try again"
    }

    private func visit(
        _ session: SessionToken, _ request: Request, _ fields: FormFields
    ) -> Visit {
        Visit(
            viewer: session.viewer, session: session,
            formToken: session.formToken(signedWith: signing), fields: fields,
            now: sources.clock.now(), path: request.uri.path)
    }

    func form(_ request: Request) async -> FormFields? {
        guard let buffer = try? await request.body.collect(upTo: Self.maximumFormBytes) else {
            return nil
        }
        return FormFields(String(buffer: buffer))
    }

    func problem(_ status: HTTPResponse.Status, _ text: String) -> Response {
        renderer.page(
            "problem",
            ProblemPage(title: "\(status.code) \(status.reasonPhrase)", text: text),
            status: status)
    }

    static func redirect(_ path: String) -> Response {
        Response(status: .seeOther, headers: [.location: path])
    }

    /// Browsers say where a form comes from; what says it comes from elsewhere is refused.
    static func isOwn(_ request: Request) -> Bool {
        if let site = HTTPField.Name("sec-fetch-site").flatMap({ request.headers[$0] }) {
            return site == "same-origin" || site == "none"
        }
        guard let origin = request.headers[.origin] else { return true }
        return origin.drop { $0 != "/" }.dropFirst(2) == request.head.authority ?? ""
    }
}
