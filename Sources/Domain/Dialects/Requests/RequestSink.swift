internal import Metering

/// Gathers the fields of one request body.
struct RequestSink: JSONSink {
    var model: String?
    var streams = false
    var includesUsage: Bool?
    var includeUsageRange: Range<Int>?
    var streamOptionsRange: Range<Int>?
    var streamOptionsIsObject = false
    /// The closing brace of `stream_options`.
    var streamOptionsClose: Int?
    /// Tokens that the provider adds to the prompt for tools, which no byte of the body bounds.
    var hiddenTokens: Int64 = 0
    private var item = InputItem()
    var outputCaps: [Int64] = []
    var clamp = OutputClamp()
    /// The object that the answer's cap stands in: its braces.
    var outputContainer: (open: Int, close: Int)?
    private var lastContainer = 0
    /// Where the request says that it has none.
    var nullContainer: Range<Int>?
    var images: Int64?
    /// Texts that are completed at once; a list of tokens is one.
    var prompts: Int64 = 0
    var mediaParts: Int64 = 0
    var imageSize: String?
    var imageQuality: String?
    var runsInBackground = false
    /// The value of `input` in the body, with its quotation marks.
    var speechRange: Range<Int>?
    var documents: Int64 = 0
    /// Models of a batch's requests, the first of a list of models that are tried in turn.
    var batchModels: [String] = []
    var batchRequests: [Range<Int>] = []
    private var batchRequestStart = 0
    var batchInputFile: String?
    var batchEndpoint: String?
    var choices: Int64 = 1
    var serviceTier: String?
    var speed: String?
    var inferenceGeo: String?
    var user: String?
    var outsideInput: String?
    var hostedTools: [String] = []
    var offersTools = false
    var rootStart: Int?
    var problem: RequestProblem?
    private var seen: UInt64 = 0

    mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
        guard let field = RequestField(rawValue: name), problem == nil else { return }
        countOccurrence(of: field)
        switch field {
        case .partType: takePartType(scalar)
        case .toolType: takeToolType(scalar)
        case .outputCap, .completionCap, .otherCap: takeOutputCap(field, scalar, at: range)
        case .choices, .bestOf: takeChoices(field, scalar)
        case .imageCount: takeImages(field, scalar)
        case .model: model = takeText(field, scalar)
        case .serviceTier: serviceTier = takeText(field, scalar)
        case .speed: speed = takeText(field, scalar)
        case .inferenceGeo: inferenceGeo = takeText(field, scalar)
        case .imageSize: imageSize = takeText(field, scalar)
        case .imageQuality: imageQuality = takeText(field, scalar)
        case .batchInputFile: batchInputFile = takeText(field, scalar)
        case .batchEndpoint: batchEndpoint = takeText(field, scalar)
        case .user, .safetyIdentifier, .metadataUser: takeUser(scalar)
        case .stream: streams = takeFlag(field, scalar) ?? streams
        case .background: runsInBackground = takeFlag(field, scalar) ?? false
        case .includeUsage:
            includesUsage = takeFlag(field, scalar) ?? false
            includeUsageRange = range
        case .streamOptions: takeStreamOptions(scalar, at: range)
        case .previousResponse, .conversation, .storedPrompt, .container, .cachedContent, .media:
            if scalar != .null { outsideInput = field.text }
            if field == .media { mediaParts += 1 }
        case .hostedTool:
            if scalar != .null, scalar != .bool(false) { hostedTools.append(field.text) }
        case .speechText: speechRange = range
        case .document: documents += 1
        case .prompt: if case .integer = scalar {} else { prompts += 1 }
        case .batchModel: if case .string(let text) = scalar { takeBatchModel(text) }
        case .root: problem = RequestProblem(field: nil, reason: "the body is not a JSON object")
        case .inputItemID: item.hasID = true
        case .inputItemRole: item.hasRole = true
        case .inputItemSecret: item.hasSecret = scalar != .null
        case .inputItemType:
            if case .string(let type) = scalar { item.type = type }
            takePartType(scalar)
        case .outputContainer: nullContainer = scalar == .null ? range : nil
        case .thinkingBudget:
            if case .integer(let count) = scalar, count > 0 { clamp.thinkingTokens = count }
        case .storedAudio, .inputItem, .tools, .webSearchOptions, .mcpServers,
            .contextManagement, .batchRequest:
            break
        }
    }

    mutating func opened(_ name: Int32, isObject: Bool, at offset: Int) {
        guard let field = RequestField(rawValue: name), problem == nil else { return }
        countOccurrence(of: field)
        switch field {
        case .root:
            rootStart = offset
            if !isObject {
                problem = RequestProblem(field: nil, reason: "the body is not a JSON object")
            }
        case .streamOptions:
            if !isObject {
                problem = RequestProblem(
                    field: field.text, reason: "stream_options must be an object")
            }
            streamOptionsIsObject = isObject
            streamOptionsRange = offset..<(offset + 1)
        case .tools:
            offersTools = true
            hiddenTokens += Self.hiddenTokensOfTools
        case .inputItem: item = InputItem()
        case .media:
            mediaParts += 1
            outsideInput = field.text
        case .storedAudio, .conversation, .storedPrompt, .container, .cachedContent:
            outsideInput = field.text
        case .webSearchOptions, .mcpServers, .contextManagement, .hostedTool:
            hostedTools.append(field.text)
        case .document: documents += 1
        case .prompt: prompts += 1
        case .batchRequest: batchRequestStart = offset
        case .outputContainer: lastContainer = offset
        case .partType: break
        default:
            problem = RequestProblem(
                field: field.text, reason: "\(field.text) must not be an object or a list")
        }
    }

    mutating func closed(_ name: Int32, at offset: Int) {
        switch RequestField(rawValue: name) {
        case .streamOptions: streamOptionsClose = offset
        case .outputContainer: outputContainer = (lastContainer, offset)
        case .inputItem:
            if item.isStored, outsideInput == nil { outsideInput = "a stored item" }
        case .batchRequest: batchRequests.append(batchRequestStart..<(offset + 1))
        default: break
        }
    }

    /// An item of the responses API's input, so far as it says where its content is.
    private struct InputItem {
        var hasID = false
        var hasRole = false
        var hasSecret = false
        var type: String?

        /// Its content comes out of the provider's store: a bare id, or a thought without itself.
        var isStored: Bool {
            guard hasID else { return false }
            return type == nil ? !hasRole : type == "reasoning" && !hasSecret
        }
    }

    /// Anthropic's documentation of tool use names up to 530 tokens for a prompt with tools, and
    /// up to 1,200 for each tool that it defines itself; both with a margin.
    private static let hiddenTokensOfTools: Int64 = 800
    private static let hiddenTokensOfDefinedTool: Int64 = 1_600

    /// Two parsers could disagree on which of two equal keys counts, so that the meter would
    /// price one model and the provider run another.
    private mutating func countOccurrence(of field: RequestField) {
        guard !field.mayRepeat else { return }
        let bit: UInt64 = 1 << UInt64(field.rawValue)
        if seen & bit != 0 {
            problem = RequestProblem(
                field: field.text, reason: "\(field.text) stands twice in the body; send it once")
        }
        seen |= bit
    }

    private mutating func takeText(_ field: RequestField, _ scalar: JSONScalar) -> String? {
        switch scalar {
        case .null: return nil
        case .string(let text) where !text.isEmpty: return text
        default:
            problem = RequestProblem(
                field: field.text,
                reason: "\(field.text) must be a text of 1 to \(JSONScanner.maximumKeptBytes) bytes"
            )
            return nil
        }
    }

    private mutating func takeFlag(_ field: RequestField, _ scalar: JSONScalar) -> Bool? {
        switch scalar {
        case .null: return nil
        case .bool(let flag): return flag
        default:
            problem = RequestProblem(
                field: field.text, reason: "\(field.text) must be true or false")
            return nil
        }
    }

    private mutating func takeOutputCap(
        _ field: RequestField, _ scalar: JSONScalar, at range: Range<Int>
    ) {
        var tokens: Int64?
        if case .integer(let count) = scalar, count > 0 { tokens = count }
        clamp.caps.append(
            OutputClamp.Cap(range: range, tokens: tokens, isCompletion: field == .completionCap))
        switch scalar {
        case .null: break
        // Servers read 0 as "not set" or refuse it, and Ollama -1; none is a bound.
        case .integer(0): break
        case .integer(-1) where field == .otherCap: break
        case .integer(let count) where count > 0: outputCaps.append(count)
        default:
            problem = RequestProblem(
                field: field.text, reason: "\(field.text) must be a whole number of tokens")
        }
    }

    /// More answers at once than any provider takes.
    static let maximumChoices: Int64 = 1_000

    private mutating func takeChoices(_ field: RequestField, _ scalar: JSONScalar) {
        switch scalar {
        case .null: break
        case .integer(let count) where (1...Self.maximumChoices).contains(count):
            choices = max(choices, count)
        default:
            problem = RequestProblem(
                field: field.text,
                reason: "\(field.text) must be a whole number from 1 to \(Self.maximumChoices)")
        }
    }

    private mutating func takeImages(_ field: RequestField, _ scalar: JSONScalar) {
        guard case .integer(let count) = scalar, (1...Self.maximumChoices).contains(count) else {
            if scalar != .null {
                problem = RequestProblem(
                    field: field.text,
                    reason: "\(field.text) must be a whole number from 1 to \(Self.maximumChoices)")
            }
            return
        }
        images = max(images ?? 1, count)
    }

    /// A batch has few models; a longer list is not told apart.
    private static let maximumBatchModels = 64

    private mutating func takeBatchModel(_ text: String) {
        if batchModels.count < Self.maximumBatchModels { batchModels.append(text) }
    }

    /// The first one counts; a text that is too long to be a name is left out.
    private mutating func takeUser(_ scalar: JSONScalar) {
        if user == nil, case .string(let text) = scalar, !text.isEmpty { user = text }
    }

    private mutating func takeStreamOptions(_ scalar: JSONScalar, at range: Range<Int>) {
        guard scalar == .null else {
            problem = RequestProblem(
                field: RequestField.streamOptions.text, reason: "stream_options must be an object")
            return
        }
        streamOptionsRange = range
    }

    private mutating func takePartType(_ scalar: JSONScalar) {
        guard case .string(let type) = scalar else { return }
        if !PartType.isText(type), outsideInput == nil { outsideInput = "a part of type \(type)" }
    }

    private mutating func takeToolType(_ scalar: JSONScalar) {
        guard case .string(let type) = scalar else { return }
        if !PartType.isClientTool(type) { hostedTools.append(type) }
        if PartType.isDefinedByProvider(type) { hiddenTokens += Self.hiddenTokensOfDefinedTool }
    }
}
