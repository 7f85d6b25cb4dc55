/// How long the sound in a file can be at most, read from the file itself: what its name or its
/// head say of the length counts for nothing, as a client writes both.
///
/// WAV with uncompressed samples (RIFF, Microsoft and IBM 1991) and MP3 (ISO/IEC 11172-3 and
/// 13818-3); of other formats no bound is known.
struct SoundLength: Equatable {
    let milliseconds: Int64
    let channels: Int64

    init?(_ file: ArraySlice<UInt8>) {
        if let wave = Self.wave(file) {
            self = wave
        } else if let layered = Self.layered(file) {
            self = layered
        } else {
            return nil
        }
    }

    private init(milliseconds: Int64, channels: Int64) {
        self.milliseconds = milliseconds
        self.channels = channels
    }

    // MARK: WAV

    private static let chunkHeadBytes = 8
    /// PCM, floating point, A-law, mu-law, and the extensible form of these: fixed bytes a sample.
    private static let plainFormats: Set<Int64> = [1, 3, 6, 7, 0xFFFE]
    private static let minimumSampleRate: Int64 = 1_000

    private static func wave(_ file: ArraySlice<UInt8>) -> SoundLength? {
        guard file.starts(with: "RIFF".utf8), file.count > 44,
            file.dropFirst(8).starts(with: "WAVE".utf8)
        else { return nil }
        var index = file.startIndex + 12
        while index + chunkHeadBytes + 16 <= file.endIndex {
            let size = number(file, at: index + 4, bytes: 4)
            guard file[index...].starts(with: "fmt ".utf8) else {
                guard size < Int64(file.endIndex - index) else { return nil }
                index += chunkHeadBytes + Int(size) + Int(size & 1)
                continue
            }
            let format = index + chunkHeadBytes
            let channels = number(file, at: format + 2, bytes: 2)
            let rate = number(file, at: format + 4, bytes: 4)
            let bits = number(file, at: format + 14, bytes: 2)
            let frameBytes = channels * (bits / 8)
            guard plainFormats.contains(number(file, at: format, bytes: 2)), bits % 8 == 0,
                frameBytes > 0, rate >= minimumSampleRate,
                number(file, at: format + 12, bytes: 2) == frameBytes
            else { return nil }
            // All of the file counts as samples, whatever size its data chunk claims.
            let milliseconds = Int64(file.count) * 1_000 / (frameBytes * rate) + 1
            return SoundLength(milliseconds: milliseconds, channels: channels)
        }
        return nil
    }

    private static func number(_ file: ArraySlice<UInt8>, at index: Int, bytes: Int) -> Int64 {
        (0..<bytes).reduce(0) { $0 | Int64(file[index + $1]) << Int64(8 * $1) }
    }

    // MARK: MP3

    /// Kilobits a second by index, of MPEG 1 and of MPEG 2 and 2.5; layer III.
    private static let rates1: [Int64] = [
        0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
    ]
    private static let rates2: [Int64] = [
        0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160,
    ]
    private static let sampleRates: [Int64] = [44_100, 48_000, 32_000]
    /// 8 kbit/s, the lowest rate: what is between frames is taken for sound of it.
    private static let lowestBytesPerSecond: Int64 = 1_000

    private struct Frame {
        let bytes: Int
        let microseconds: Int64
        let channels: Int64
    }

    private static func layered(_ file: ArraySlice<UInt8>) -> SoundLength? {
        var index = tagEnd(file)
        guard index < file.endIndex, frame(file, at: index) != nil else { return nil }
        var microseconds: Int64 = 0
        var between: Int64 = Int64(index - file.startIndex)
        var channels: Int64 = 1
        while index < file.endIndex {
            if let frame = frame(file, at: index) {
                microseconds += frame.microseconds
                channels = max(channels, frame.channels)
                index += frame.bytes
            } else {
                between += 1
                index += 1
            }
        }
        let rest = between * 1_000_000 / lowestBytesPerSecond
        return SoundLength(
            milliseconds: (microseconds + rest) / 1_000 + 1, channels: channels)
    }

    /// The place behind an ID3 tag, whose size is in four groups of seven bits.
    private static func tagEnd(_ file: ArraySlice<UInt8>) -> Int {
        guard file.starts(with: "ID3".utf8), file.count > 10 else { return file.startIndex }
        let size = (6..<10).reduce(0) { $0 << 7 | Int(file[file.startIndex + $1] & 0x7F) }
        return min(file.endIndex, file.startIndex + 10 + size)
    }

    private static func frame(_ file: ArraySlice<UInt8>, at index: Int) -> Frame? {
        guard index + 4 <= file.endIndex, file[index] == 0xFF, file[index + 1] & 0xE0 == 0xE0
        else { return nil }
        let version = file[index + 1] >> 3 & 3
        let isLayer3 = file[index + 1] >> 1 & 3 == 1
        let rateIndex = Int(file[index + 2] >> 4)
        let sampleIndex = Int(file[index + 2] >> 2 & 3)
        guard version != 1, isLayer3, (1...14).contains(rateIndex), sampleIndex < 3 else {
            return nil
        }
        let isVersion1 = version == 3
        let kilobits = (isVersion1 ? rates1 : rates2)[rateIndex]
        let divisor: Int64 = isVersion1 ? 1 : version == 2 ? 2 : 4
        let sampleRate = sampleRates[sampleIndex] / divisor
        let samples: Int64 = isVersion1 ? 1_152 : 576
        let padding = Int64(file[index + 2] >> 1 & 1)
        let bytes = samples / 8 * kilobits * 1_000 / sampleRate + padding
        return Frame(
            bytes: Int(bytes), microseconds: samples * 1_000_000 / sampleRate + 1,
            channels: file[index + 3] >> 6 == 3 ? 1 : 2)
    }
}
