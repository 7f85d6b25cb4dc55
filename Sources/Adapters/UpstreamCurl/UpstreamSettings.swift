/// Bounds and deadlines of exchanges with upstreams.
package struct UpstreamSettings: Sendable {
    package var connectTimeoutMilliseconds = 5_000
    /// An upstream that sends less than a byte a second for so long is given up.
    package var silenceSeconds = 120
    package var idleConnectionSeconds = 60
    package var connectionLifetimeSeconds = 600
    package var maximumIdleConnections = 1_024
    /// Bytes of libcurl's receive buffer, one for each exchange.
    package var receiveBufferBytes = 16_384
    /// Certificates to trust instead of the system's; a path.
    package var certificateFile: String?

    package init() {}
}
