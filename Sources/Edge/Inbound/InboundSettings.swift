/// Bounds and deadlines of the data plane; the `limits` of the config file.
package struct InboundSettings: Sendable, Equatable {
    /// Request line and header fields together.
    package var maximumHeadBytes = 32_768
    package var maximumFields = 100
    package var maximumFieldBytes = 8_192
    package var maximumRequestLineBytes = 8_192
    package var maximumBodyBytes = 33_554_432
    package var maximumConnections = 10_000
    /// From the first byte of a request to the end of its head.
    package var headSeconds = 10
    /// A body may come slowly for so long, then at the minimum rate.
    package var bodyGraceSeconds = 10
    package var minimumBodyBytesPerSecond = 1_024
    package var idleSeconds = 75
    /// A client that takes nothing for so long is taken for gone.
    package var stalledClientSeconds = 120
    /// The longest exchange.
    package var exchangeSeconds = 3_600
    /// How long an upstream is read on after its client hung up, for its usage.
    package var drainSeconds = 600
    /// How long a graceful stop waits for streams.
    package var stopSeconds = 600

    package init() {}
}
