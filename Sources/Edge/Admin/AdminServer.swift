internal import HTTPTypes
package import Hummingbird
package import Logging
internal import NIOCore

/// What the admin listener reports of the gateway.
package struct AdminSources: Sendable {
    /// Nil while the gateway can serve; else why it cannot.
    package let unreadyReason: @Sendable () -> String?
    /// What people should know of a gateway that serves all the same; nil: nothing.
    package let remark: @Sendable () -> String?
    package let metrics: @Sendable () -> String

    package init(
        unreadyReason: @escaping @Sendable () -> String?,
        remark: @escaping @Sendable () -> String?,
        metrics: @escaping @Sendable () -> String
    ) {
        self.unreadyReason = unreadyReason
        self.remark = remark
        self.metrics = metrics
    }
}

/// The control plane's listener: health and metrics.
package enum AdminServer {
    /// Prometheus' text format, version 0.0.4.
    private static let metricsType = "text/plain; version=0.0.4; charset=utf-8"

    /// `onRunning` gets the port that was bound.
    package static func application(
        host: String, port: Int, sources: AdminSources, logger: Logger,
        onRunning: @escaping @Sendable (Int) -> Void
    ) -> some ApplicationProtocol {
        let router = Router()
        router.get("/healthz") { _, _ in text(.ok, "ok\n") }
        router.get("/readyz") { _, _ in
            if let reason = sources.unreadyReason() {
                return text(.serviceUnavailable, "not ready: \(reason)\n")
            }
            let remark = sources.remark().map { ": \($0)" } ?? ""
            return text(.ok, "ready\(remark)\n")
        }
        router.get("/metrics") { _, _ in
            text(.ok, sources.metrics(), type: metricsType)
        }
        return Application(
            router: router,
            configuration: .init(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { channel in onRunning(channel.localAddress?.port ?? 0) },
            logger: logger)
    }

    private static func text(
        _ status: HTTPResponse.Status, _ body: String, type: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(
            status: status, headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
    }
}
