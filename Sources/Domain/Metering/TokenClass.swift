/// A kind of token with a price of its own. The classes are disjoint: no token counts in two.
///
/// The raw value is the name in price sheets, in the `usage` column and in reports.
package enum TokenClass: String, CaseIterable, Sendable {
    case input
    case cacheRead = "cache_read"
    /// Written to a cache that lives minutes: Anthropic's five, OpenAI's thirty.
    case cacheWrite5m = "cache_write_5m"
    case cacheWrite1h = "cache_write_1h"
    case output
    /// Thought by the model and not shown; priced as `output` unless the sheet says otherwise.
    case reasoning
    case inputAudio = "input_audio"
    case outputAudio = "output_audio"
    case cacheReadAudio = "cache_read_audio"
    case inputImage = "input_image"
    case outputImage = "output_image"
    case cacheReadImage = "cache_read_image"
    case inputVideo = "input_video"
    case cacheReadVideo = "cache_read_video"
    case embedding
    /// What a search model read of the pages that it cites (Perplexity).
    case citation
    /// What tools of the provider put into the prompt (Gemini).
    case toolInput = "tool_input"

    /// `allCases` makes its array anew at each call, which a call's path cannot afford.
    package static let all = TokenClass.allCases
    package static let inputs = all.filter(\.isInput)
    package static let outputs = all.filter { !$0.isInput }

    /// Whether its tokens are sent to the model; the others come from it.
    package var isInput: Bool {
        switch self {
        case .output, .reasoning, .outputAudio, .outputImage: false
        default: true
        }
    }

    package var index: Int {
        switch self {
        case .input: 0
        case .cacheRead: 1
        case .cacheWrite5m: 2
        case .cacheWrite1h: 3
        case .output: 4
        case .reasoning: 5
        case .inputAudio: 6
        case .outputAudio: 7
        case .cacheReadAudio: 8
        case .inputImage: 9
        case .outputImage: 10
        case .cacheReadImage: 11
        case .inputVideo: 12
        case .embedding: 13
        case .cacheReadVideo: 14
        case .citation: 15
        case .toolInput: 16
        }
    }
}
