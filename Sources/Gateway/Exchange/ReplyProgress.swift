internal import Chronology
internal import Metering

/// How far the reply of one exchange has come.
struct ReplyProgress {
    var began = Instant(microseconds: 0)
    var firstByte: Instant?
    var head: UpstreamHead?
    var meter: any ReplyMeter = UnmeteredReply()
    /// Bytes that the client may not have before the row is durable.
    var waiting: [UInt8] = []
    /// The head goes out with the first bytes, so that a short reply carries its cost.
    var hasSentHead = false
    var streams = false
    /// The client does not take what it is sent as fast as it comes.
    var clientIsBehind = false
    /// Body bytes that the upstream's client does not know to be dealt with.
    var unacknowledgedBytes = 0
    /// The reply of our own making that ends the exchange, once the row is durable.
    var substitute: GatewayError?
}
