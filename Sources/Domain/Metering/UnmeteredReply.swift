/// Takes a reply that nothing is read from: a free route, an error, a body that is not text.
package struct UnmeteredReply: ReplyMeter {
    package let reading = UsageReading()

    package init() {}

    package mutating func consume(_ bytes: [UInt8]) -> [UInt8] { bytes }

    package mutating func finish() -> [UInt8] { [] }
}
