internal import Hummingbird
internal import Mustache
internal import NIOCore

/// Turns a page's model into HTML. Templates are part of the program and are read once.
struct PageRenderer: Sendable {
    private let templates: MustacheLibrary

    init() throws {
        let sources: [(String, [UInt8])] = [
            ("base", PackageResources.base_mustache),
            ("money", PackageResources.money_mustache),
            ("table", PackageResources.table_mustache),
            ("overview", PackageResources.overview_mustache),
            ("budgets", PackageResources.budgets_mustache),
            ("budget", PackageResources.budget_mustache),
            ("calls", PackageResources.calls_mustache),
            ("call", PackageResources.call_mustache),
            ("models", PackageResources.models_mustache),
            ("alerts", PackageResources.alerts_mustache),
            ("plain", PackageResources.plain_mustache),
            ("login", PackageResources.login_mustache),
            ("problem", PackageResources.problem_mustache),
        ]
        var known = MustacheLibrary()
        for (name, bytes) in sources {
            try known.register(String(decoding: bytes, as: UTF8.self), named: name)
        }
        templates = known
    }

    func page(_ name: String, _ model: some Sendable, status: HTTPResponse.Status = .ok) -> Response
    {
        guard let html = templates.render(model, withTemplate: name) else {
            preconditionFailure("the template \(name) is registered")
        }
        return Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }

    static var style: Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "text/css; charset=utf-8", .cacheControl: "private, max-age=300",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: PackageResources.style_css)))
    }
}
