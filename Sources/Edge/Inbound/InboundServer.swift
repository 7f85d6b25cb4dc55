package import Gateway
internal import NIOCore
internal import NIOHTTP1
package import NIOPosix

/// The data plane's listener: HTTP/1.1 on the event loops of a group.
package final class InboundServer: Sendable {
    private let settings: InboundSettings
    private let gate: ConnectionGate
    private let mailboxes: [ObjectIdentifier: LoopMailbox]
    private let loops: [any EventLoop]
    private let channel: any Channel

    /// How many connections may wait to be accepted.
    private static let backlog: Int32 = 1_024
    /// Bytes that wait for a slow client before its upstream is paused, and taken up again.
    private static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(
        low: 16_384, high: 65_536)

    /// Listens on `host` and `port` (0: any free one). `upstreams` and `mailboxes` belong to the
    /// loops of `group`, in their order.
    package static func start(
        group: MultiThreadedEventLoopGroup, host: String, port: Int, services: GatewayServices,
        upstreams: [any UpstreamClient], mailboxes: [LoopMailbox], settings: InboundSettings
    ) async throws -> InboundServer {
        let loops = Array(group.makeIterator())
        let gate = ConnectionGate(maximumConnections: settings.maximumConnections)
        var byLoop: [ObjectIdentifier: LoopMailbox] = [:]
        for (index, loop) in loops.enumerated() {
            let mailbox = mailboxes[index]
            byLoop[ObjectIdentifier(loop)] = mailbox
            try await loop.submit {
                let runtime = LoopRuntime(
                    index: index, services: services, upstream: upstreams[index],
                    settings: settings, gate: gate)
                mailbox.attach(runtime)
                loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
                    mailbox.attached?.sweep(at: .now())
                }
            }.get()
        }
        let channel = try await bootstrap(group, byLoop, settings).bind(host: host, port: port)
            .get()
        return InboundServer(
            settings: settings, gate: gate, mailboxes: byLoop, loops: loops, channel: channel)
    }

    private init(
        settings: InboundSettings, gate: ConnectionGate,
        mailboxes: [ObjectIdentifier: LoopMailbox], loops: [any EventLoop], channel: any Channel
    ) {
        self.settings = settings
        self.gate = gate
        self.mailboxes = mailboxes
        self.loops = loops
        self.channel = channel
    }

    private static func bootstrap(
        _ group: MultiThreadedEventLoopGroup, _ mailboxes: [ObjectIdentifier: LoopMailbox],
        _ settings: InboundSettings
    ) -> ServerBootstrap {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = settings.maximumFieldBytes
        limits.maxHeaderListSize = settings.maximumHeadBytes
        limits.maxHeaderFieldCount = settings.maximumFields
        let decoderLimits = limits
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let loop = ObjectIdentifier(channel.eventLoop)
                    guard let runtime = mailboxes[loop]?.attached else {
                        preconditionFailure("every loop has a runtime before it accepts")
                    }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(HTTPResponseEncoder())
                    try pipeline.addHandler(
                        ByteToMessageHandler(
                            HTTPRequestDecoder(
                                leftOverBytesStrategy: .dropBytes,
                                limitConfiguration: decoderLimits)))
                    try pipeline.addHandler(InboundHandler(runtime))
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: waterMark)
            .childChannelOption(.maxMessagesPerRead, value: 4)
    }

    /// `HOST:PORT` as it was bound.
    package var address: String {
        let host = channel.localAddress?.ipAddress ?? "?"
        let port = channel.localAddress?.port ?? 0
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    package var isStopping: Bool { gate.isStopping }

    /// Stops to accept, lets the exchanges that run finish, and returns how many did not in time.
    package func stop() async -> Int {
        gate.stop()
        try? await channel.close().get()
        let deadline = NIODeadline.now() + .seconds(Int64(settings.stopSeconds))
        while true {
            var running = 0
            for loop in loops { running += await stopConnections(of: loop) }
            if running == 0 || NIODeadline.now() > deadline { return running }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    private func stopConnections(of loop: any EventLoop) async -> Int {
        let mailbox = mailboxes[ObjectIdentifier(loop)]
        let running = loop.submit { () -> Int in
            guard let runtime = mailbox?.attached else { return 0 }
            runtime.stopConnections()
            return runtime.busyCount
        }
        return (try? await running.get()) ?? 0
    }
}
