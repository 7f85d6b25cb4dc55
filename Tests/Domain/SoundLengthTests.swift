import Dialects
import Metering
import Pricing
import TestSupport
import Testing

/// How long sound can be at most, by the bytes of its file.
@Suite("Sound lengths")
struct SoundLengthTests {
    private static func little(_ value: Int, _ bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    static func wave(seconds: Int, rate: Int = 16_000, claimed: Int? = nil) -> [UInt8] {
        let data = [UInt8](repeating: 0, count: seconds * rate * 2)
        return Array("RIFF".utf8) + little(data.count + 36, 4) + Array("WAVEfmt ".utf8)
            + little(16, 4) + little(1, 2) + little(1, 2) + little(rate, 4) + little(rate * 2, 4)
            + little(2, 2) + little(16, 2) + Array("data".utf8)
            + little(claimed ?? data.count, 4) + data
    }

    /// Frames of MPEG 1 layer III at 128 kbit/s and 44.1 kHz: 417 bytes, 26.12 ms.
    static func layered(frames: Int) -> [UInt8] {
        let frame: [UInt8] = [0xFF, 0xFB, 0x90, 0x00] + [UInt8](repeating: 0, count: 413)
        return (0..<frames).flatMap { _ in frame }
    }

    private func bound(_ file: [UInt8]) throws -> Int64? {
        let head =
            "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--b\r\n"
            + "Content-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"
        let body = Array(head.utf8) + file + Array("\r\n--b--\r\n".utf8)
        return try Endpoint.transcriptions.readRequest(
            RequestInput(
                body: body, contentType: "multipart/form-data; boundary=b", query: nil,
                pathModel: nil, path: "audio/transcriptions")
        ).basis.pieces[.audioMilliseconds]
    }

    @Test("are those of uncompressed samples, whatever the file claims")
    func wave() throws {
        let length = try #require(try bound(Self.wave(seconds: 10)))
        #expect((10_000...10_010).contains(length))
        #expect(try bound(Self.wave(seconds: 10, claimed: 2)) == length)
    }

    @Test("are those of all frames")
    func layered() throws {
        let length = try #require(try bound(Self.layered(frames: 1_000)))
        #expect((26_122...26_130).contains(length))
        let tag = Array("ID3".utf8) + [4, 0, 0, 0, 0, 0, 100] + [UInt8](repeating: 0, count: 100)
        let tagged = try #require(try bound(tag + Self.layered(frames: 1_000)))
        #expect(tagged >= length)
    }

    @Test("are unknown of anything else", arguments: ["OggS", "fLaC", "RIFF", "", "\u{0}ftypM4A "])
    func unknown(start: String) throws {
        #expect(try bound(Array(start.utf8) + [UInt8](repeating: 7, count: 500)) == nil)
    }

    @Test("are found in no time and without a trap in random bytes")
    func random() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<2_000 {
            var file =
                Bool.random(using: &generator)
                ? Self.wave(seconds: 1, rate: 1_000) : Self.layered(frames: 3)
            for _ in 0..<20 {
                let index = Int.random(in: 0..<min(80, file.count), using: &generator)
                file[index] = UInt8.random(in: 0...255, using: &generator)
            }
            if let length = try? bound(file) { #expect(length > 0) }
        }
    }
}
