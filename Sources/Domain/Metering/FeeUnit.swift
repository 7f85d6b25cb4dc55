/// A use that is billed by its own measure beside the tokens, or in their place.
///
/// The raw value is the name in the `usage` column, in reports and, but for sound and film, in
/// price sheets.
package enum FeeUnit: String, CaseIterable, Sendable {
    /// Every call of a model that charges for the call itself.
    case request
    case webSearch = "web_search"
    /// OpenAI's older search tool, and an answer of its search models.
    case webSearchPreview = "web_search_preview"
    case fileSearch = "file_search"
    /// A container that code ran in.
    case codeInterpreter = "code_interpreter"
    /// A Gemini answer that searched, however often.
    case groundedPrompt = "grounded_prompt"
    case mapsQuery = "maps_query"
    /// A page that xAI's live search read.
    case source
    /// A query against up to 100 documents, in reranking.
    case searchUnit = "search_unit"
    case page
    case image
    case characters
    case audioMilliseconds = "audio_ms"
    case videoMilliseconds = "video_ms"

    package static let all = FeeUnit.allCases

    package var index: Int {
        switch self {
        case .request: 0
        case .webSearch: 1
        case .webSearchPreview: 2
        case .fileSearch: 3
        case .codeInterpreter: 4
        case .groundedPrompt: 5
        case .mapsQuery: 6
        case .source: 7
        case .searchUnit: 8
        case .page: 9
        case .image: 10
        case .characters: 11
        case .audioMilliseconds: 12
        case .videoMilliseconds: 13
        }
    }

    /// How many of it a price is for: a thousand pieces, a million characters, an hour.
    package var perPrice: Int64 {
        switch self {
        case .characters: 1_000_000
        case .audioMilliseconds, .videoMilliseconds: 3_600_000
        default: 1_000
        }
    }
}
