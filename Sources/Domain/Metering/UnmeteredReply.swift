/// Takes a reply that nothing is read from: a free route, an error, a body that is not text.
package final class UnmeteredReply: ReplyMeter {
    package let reading = UsageReading()

    package init() {}

    package func consume(_ bytes: [UInt8]) -> [UInt8] { bytes }

    package func finish() -> [UInt8] { [] }
}
