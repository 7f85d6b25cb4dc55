/// Meters nothing, for replies that state no usage. The newest piece is held back, as only the end
/// of the reply says that it was the last.
package final class UnmeteredReply: ReplyMeter {
    package let reading = UsageReading()
    private var newest: [UInt8] = []

    package init() {}

    package func consume(_ bytes: [UInt8]) -> [UInt8] {
        defer { newest = bytes }
        return newest
    }

    package func finish() -> [UInt8] {
        defer { newest = [] }
        return newest
    }
}
