internal import Metering

/// Gemini's lists of counts by modality: which part of a whole was sound, pictures or film.
struct ModalityCounts: Sendable {
    private enum List: Int32, CaseIterable {
        case prompt, cache, candidates
    }

    private enum Part: Int32, CaseIterable { case element, modality, count }

    private enum Kind: Int, CaseIterable { case text, image, audio, video }

    private static let firstName: Int32 = 300

    static func want(in usage: String, of outline: inout JSONOutline.Builder) {
        for (path, list) in [
            ("promptTokensDetails", List.prompt), ("promptTokenDetails", .prompt),
            ("cacheTokensDetails", .cache), ("candidatesTokensDetails", .candidates),
            ("responseTokensDetails", .candidates),
        ] {
            let element = "\(usage).\(path)[]"
            outline.want(element, as: name(list, .element))
            outline.want("\(element).modality", as: name(list, .modality))
            outline.want("\(element).tokenCount", as: name(list, .count))
        }
    }

    private static func name(_ list: List, _ part: Part) -> Int32 {
        firstName + list.rawValue * Int32(Part.allCases.count) + part.rawValue
    }

    private static func place(_ name: Int32) -> (List, Part)? {
        let parts = Int32(Part.allCases.count)
        guard name >= firstName, let list = List(rawValue: (name - firstName) / parts),
            let part = Part(rawValue: (name - firstName) % parts)
        else { return nil }
        return (list, part)
    }

    private var counts = [Int64](
        repeating: 0, count: List.allCases.count * Kind.allCases.count)
    private(set) var isInvalid = false
    private var kind = Kind.text
    private var count: Int64 = 0

    mutating func opened(_ name: Int32) {
        guard case .some((_, .element)) = Self.place(name) else { return }
        kind = .text
        count = 0
    }

    mutating func take(_ name: Int32, _ scalar: JSONScalar) {
        switch (Self.place(name)?.1, scalar) {
        case (.modality, _): kind = Self.kind(of: scalar)
        case (.count, .null): break
        case (.count, .integer(let value)) where (0...UsageBounds.maximumTokens).contains(value):
            count = value
        case (.count, _): isInvalid = true
        default: break
        }
    }

    mutating func closed(_ name: Int32) {
        guard case .some((let list, .element)) = Self.place(name) else { return }
        counts[index(list, kind)] += count
    }

    /// By name, or by the number that the API writes with `enum-encoding=int`. A document is read
    /// as pictures of its pages.
    private static func kind(of modality: JSONScalar) -> Kind {
        switch modality {
        case .string("IMAGE"), .integer(2), .string("DOCUMENT"), .integer(5): .image
        case .string("VIDEO"), .integer(3): .video
        case .string("AUDIO"), .integer(4): .audio
        default: .text
        }
    }

    private func index(_ list: List, _ kind: Kind) -> Int {
        Int(list.rawValue) * Kind.allCases.count + kind.rawValue
    }

    private func count(_ list: List, _ kind: Kind) -> Int64 { counts[index(list, kind)] }

    /// A prompt's tokens by kind, with the cached ones apart. Where the cached ones are not told
    /// apart by kind, as few as can be were no text.
    func splitPrompt(_ whole: Int64, cached: Int64, into usage: inout Usage) {
        let isToldApart = Kind.allCases.contains { count(.cache, $0) > 0 }
        guard isToldApart else {
            usage.splitInput(
                whole, cached: cached, audio: count(.prompt, .audio),
                image: count(.prompt, .image), video: count(.prompt, .video))
            return
        }
        usage[.cacheReadAudio] = count(.cache, .audio)
        usage[.cacheReadImage] = count(.cache, .image)
        usage[.cacheReadVideo] = count(.cache, .video)
        usage[.cacheRead] =
            cached - usage[.cacheReadAudio] - usage[.cacheReadImage] - usage[.cacheReadVideo]
        usage[.inputAudio] = max(0, count(.prompt, .audio) - usage[.cacheReadAudio])
        usage[.inputImage] = max(0, count(.prompt, .image) - usage[.cacheReadImage])
        usage[.inputVideo] = max(0, count(.prompt, .video) - usage[.cacheReadVideo])
        usage[.input] =
            whole - cached - usage[.inputAudio] - usage[.inputImage] - usage[.inputVideo]
    }

    func splitOutput(_ whole: Int64, into usage: inout Usage) {
        usage[.outputAudio] = min(whole, count(.candidates, .audio))
        usage[.outputImage] = min(whole - usage[.outputAudio], count(.candidates, .image))
        usage[.output] = whole - usage[.outputAudio] - usage[.outputImage]
    }
}
