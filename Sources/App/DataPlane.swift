internal import Config
internal import Demo
internal import Dialects
internal import Gateway
internal import Inbound
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
internal import UpstreamCurl

/// The data plane as a service: listener, exchanges, drivers of libcurl, and the demo upstream.
struct DataPlane: Service {
    private let server: InboundServer
    private let drivers: [CurlUpstreamClient]
    private let demo: DemoServer?
    private let services: GatewayServices
    private let logger: Logger

    var address: String { server.address }
    var isStopping: Bool { server.isStopping }

    static func start(
        settings: Settings, group: MultiThreadedEventLoopGroup, services: GatewayServices,
        logger: Logger, deliverTo: ([LoopMailbox]) -> Void
    ) async throws -> DataPlane {
        var upstreams = settings.upstreams
        var demo: DemoServer?
        if settings.demo {
            let started = try await DemoServer.start(group: group)
            upstreams.append(
                Upstream(
                    name: "demo", dialects: [.openai, .anthropic], provider: nil,
                    url: started.url, key: Secret("demo"), onClientDisconnect: .drain,
                    allowsPlainHTTP: true))
            demo = started
        }
        guard !upstreams.isEmpty else {
            throw StartFailure(
                "no upstream is configured; run in the folder that has config/upstreams.yaml, set"
                    + " known_upstreams to it, or name upstreams in the config file")
        }
        services.use(RouteTable(upstreams: upstreams))
        let mailboxes = group.makeIterator().map { LoopMailbox($0) }
        deliverTo(mailboxes)
        var curl = UpstreamSettings()
        curl.certificateFile = settings.certificateFile
        var drivers: [CurlUpstreamClient] = []
        for (index, mailbox) in mailboxes.enumerated() {
            drivers.append(
                try CurlUpstreamClient(
                    name: "curl-\(index)", settings: curl, mailbox: mailbox))
        }
        do {
            let server = try await InboundServer.start(
                group: group, host: settings.listen.host, port: settings.listen.port,
                services: services, upstreams: drivers, mailboxes: mailboxes,
                settings: settings.limits)
            return DataPlane(
                server: server, drivers: drivers, demo: demo, services: services, logger: logger)
        } catch {
            throw StartFailure(error, listening: "listen", on: "\(settings.listen)")
        }
    }

    func run() async throws {
        try await gracefulShutdown()
        logger.notice(
            "gateway.stopping", metadata: ["open holds": "\(services.bookkeeper.openHolds)"])
        let left = await server.stop()
        if left > 0 {
            logger.warning("gateway.stop_timeout", metadata: ["exchanges cut": "\(left)"])
        }
        for driver in drivers { driver.stop() }
        await demo?.stop()
    }
}
