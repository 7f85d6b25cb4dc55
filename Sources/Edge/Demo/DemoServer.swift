internal import NIOCore
internal import NIOHTTP1
package import NIOPosix

/// A stand-in for the providers that needs no network and no key: it answers the OpenAI and
/// Anthropic APIs with text of its own and plausible usage. The gateway reaches it like any
/// upstream, through libcurl.
package final class DemoServer: Sendable {
    /// Bodies that the demo takes.
    static let maximumBodyBytes = 8 * 1_024 * 1_024

    private let channel: any Channel

    /// Listens on a free port of the loopback interface.
    package static func start(group: MultiThreadedEventLoopGroup) async throws -> DemoServer {
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(DemoHandler())
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .bind(host: "127.0.0.1", port: 0).get()
        return DemoServer(channel: channel)
    }

    private init(channel: any Channel) { self.channel = channel }

    package var url: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)" }

    package func stop() async { try? await channel.close().get() }
}
