package import Metering

/// Reads Deepgram's transcriptions, billed by the length of the sound in each of its channels.
///
/// Source: developers.deepgram.com, pre-recorded audio, `metadata`.
package struct DeepgramUsageReader: UsageReader {
    private enum Place: Int32 { case duration = 100, channels, errorMessage }

    package static let outline = JSONOutline { outline in
        outline.want("metadata.duration", as: Place.duration.rawValue)
        outline.want("metadata.channels", as: Place.channels.rawValue)
        outline.want("err_msg", as: Place.errorMessage.rawValue)
    }

    /// More channels than any recording has.
    private static let maximumChannels: Int64 = 64

    package private(set) var reading = UsageReading()
    private var duration: Int64?
    private var channels: Int64 = 1

    package init() {}

    package mutating func documentBegan() {}

    package mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
        switch (Place(rawValue: name), scalar) {
        case (.duration, _):
            duration = scalar.milliseconds
            if duration == nil { reading.isInvalid = true }
        case (.channels, .integer(let count)) where (1...Self.maximumChannels).contains(count):
            channels = count
        case (.channels, _): reading.isInvalid = true
        case (.errorMessage, .string(let text)): reading.errorMessage = text
        default: break
        }
    }

    package mutating func documentEnded(isValid: Bool) {
        guard isValid, let duration else { return }
        var usage = Usage()
        usage[.audioMilliseconds] = duration * channels
        reading.usage = usage
    }
}
