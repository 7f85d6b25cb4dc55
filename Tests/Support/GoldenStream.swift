package import Metering

/// A streamed reply as a provider sends it, and the usage that it states.
package struct GoldenStream: Sendable {
    package let name: String
    package let bytes: [UInt8]
    package let usage: String
    package let makeMeter: @Sendable () -> any ReplyMeter

    package init(
        _ name: String, _ bytes: [UInt8], usage: String,
        meter: @escaping @Sendable () -> any ReplyMeter
    ) {
        self.name = name
        self.bytes = bytes
        self.usage = usage
        makeMeter = meter
    }

    /// What a meter reads, and what it lets through, where the bytes come in these pieces.
    package func read(_ pieces: [ArraySlice<UInt8>]) -> (reading: UsageReading, passed: [UInt8]) {
        let meter = makeMeter()
        var passed: [UInt8] = []
        for piece in pieces { passed += meter.consume(Array(piece)) }
        passed += meter.finish()
        return (meter.reading, passed)
    }
}

/// Frames as AWS event streams have them; checksums are left at zero, which no meter looks at.
package enum EventFrames {
    package static func frame(_ payload: String, type: String = "chunk") -> [UInt8] {
        let name = Array(":event-type".utf8)
        let value = Array(type.utf8)
        let headers =
            [UInt8(name.count)] + name + [7, 0, UInt8(value.count)] + value
        let total = 12 + headers.count + payload.utf8.count + 4
        return word(total) + word(headers.count) + word(0) + headers + Array(payload.utf8)
            + word(0)
    }

    private static func word(_ value: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
