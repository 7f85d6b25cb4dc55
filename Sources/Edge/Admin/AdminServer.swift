internal import HTTPTypes
package import Hummingbird
package import Logging
internal import NIOCore

/// The control plane's listener: health, metrics, the dashboard and its JSON.
package enum AdminServer {
    /// Prometheus' text format, version 0.0.4.
    private static let metricsType = "text/plain; version=0.0.4; charset=utf-8"

    /// `onRunning` gets the port that was bound.
    package static func application(
        host: String, port: Int, isLoopback: Bool, sources: AdminSources,
        credentials: AdminCredentials, logger: Logger,
        onRunning: @escaping @Sendable (Int) -> Void
    ) throws -> some ApplicationProtocol {
        let router = Router(context: AdminContext.self)
        router.get("/healthz") { _, _ in text(.ok, "ok\n") }
        router.get("/readyz") { _, _ in
            if let reason = sources.unreadyReason() {
                return text(.serviceUnavailable, "not ready: \(reason)\n")
            }
            let remark = sources.remark().map { ": \($0)" } ?? ""
            return text(.ok, "ready\(remark)\n")
        }
        // Health is asked by whatever name; figures are not.
        let names = LoopbackNames(isLoopback: isLoopback, host: host)
        router.group().add(middleware: names).get("/metrics") { _, _ in
            text(.ok, sources.metrics(), type: metricsType)
        }
        let dashboard = try Dashboard(
            sources: sources, credentials: credentials, logger: logger)
        let guarded = router.group()
            .add(middleware: SecurityHeaders())
            .add(middleware: names)
        dashboard.addPages(to: guarded)
        CostsAPI(dashboard: dashboard).add(to: guarded)
        return Application(
            router: router,
            configuration: .init(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { channel in onRunning(channel.localAddress?.port ?? 0) },
            logger: logger)
    }

    static func text(
        _ status: HTTPResponse.Status, _ body: String, type: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(
            status: status, headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
    }
}
