internal import Metering

/// The fields of request bodies that matter for cost, over all dialects.
enum RequestField: Int32, CaseIterable {
    case root, model, stream, streamOptions, includeUsage
    /// Caps of the answer's tokens: of the OpenAI and Anthropic dialects, and by the other names
    /// that dialects and model families give them.
    case outputCap, completionCap, otherCap, choices, bestOf
    case serviceTier, speed, inferenceGeo
    case user, safetyIdentifier, metadataUser
    case previousResponse, conversation, storedPrompt, container, contextManagement
    case toolType, tools, webSearchOptions, mcpServers, hostedTool, background
    case inputItem, inputItemID, inputItemType, inputItemRole, inputItemSecret, storedAudio
    case partType, media, cachedContent
    case imageSize, imageQuality, imageCount
    case speechText, document, prompt, batchModel, batchRequest
    case batchInputFile, batchEndpoint
    /// The object that the cap of the answer stands in.
    case outputContainer
    /// Tokens of the answer that are kept for thought.
    case thinkingBudget

    /// The name in messages to the client.
    var text: String {
        switch self {
        case .root, .partType: "the body"
        case .inputItem, .inputItemID, .inputItemType, .inputItemRole, .inputItemSecret: "input[]"
        case .storedAudio: "messages[].audio"
        case .stream: "stream"
        case .streamOptions: "stream_options"
        case .includeUsage: "stream_options.include_usage"
        case .outputCap: "max_tokens"
        case .completionCap: "max_completion_tokens"
        case .otherCap: "the most output tokens"
        case .outputContainer: "the object of the most output tokens"
        case .thinkingBudget: "thinking.budget_tokens"
        case .choices, .imageCount: "n"
        case .bestOf: "best_of"
        case .serviceTier: "service_tier"
        case .inferenceGeo: "inference_geo"
        case .safetyIdentifier: "safety_identifier"
        case .metadataUser: "metadata.user_id"
        case .previousResponse: "previous_response_id"
        case .storedPrompt: "prompt"
        case .contextManagement: "context_management"
        case .toolType: "tools[].type"
        case .webSearchOptions: "web_search_options"
        case .mcpServers: "mcp_servers"
        case .hostedTool: "a tool that runs at the provider"
        case .media: "a picture, a file, sound or film"
        case .cachedContent: "cachedContent"
        case .imageSize: "size"
        case .imageQuality: "quality"
        case .speechText: "input"
        case .document: "documents[]"
        case .prompt: "prompt[]"
        case .batchModel, .batchRequest: "requests[].params"
        case .batchInputFile: "input_file_id"
        case .batchEndpoint: "endpoint"
        default: "\(self)"
        }
    }

    /// Fields that stand in every element of an array, or under several names, may come more than
    /// once.
    var mayRepeat: Bool {
        switch self {
        case .toolType, .partType, .inputItem, .inputItemID, .inputItemType, .inputItemRole,
            .inputItemSecret, .storedAudio, .hostedTool, .media, .document, .prompt,
            .batchModel, .batchRequest, .imageCount:
            true
        default: false
        }
    }

    static func outline(
        _ fields: [(String, RequestField)], readsPartTypes: Bool = true
    ) -> JSONOutline {
        JSONOutline { outline in
            want(fields, in: &outline)
            if readsPartTypes { outline.wantAnywhere("type", as: RequestField.partType.rawValue) }
        }
    }

    static func want(
        _ fields: [(String, RequestField)], in outline: inout JSONOutline.Builder
    ) {
        outline.want("", as: RequestField.root.rawValue)
        for (path, field) in fields { outline.want(path, as: field.rawValue) }
    }
}
