internal import Metering

/// The fields of request bodies that matter for cost, over all dialects.
enum RequestField: Int32, CaseIterable {
    case root, model, stream, streamOptions, includeUsage
    case maxTokens, maxCompletionTokens, maxOutputTokens, choices, bestOf
    case serviceTier, speed, inferenceGeo
    case user, safetyIdentifier, metadataUser
    case previousResponse, conversation, storedPrompt, container, contextManagement
    case toolType, tools, webSearchOptions, mcpServers
    case inputItem, inputItemID, inputItemType, inputItemRole, inputItemSecret, storedAudio
    case partType

    /// The name in messages to the client.
    var text: String {
        switch self {
        case .root, .partType: "the body"
        case .inputItem, .inputItemID, .inputItemType, .inputItemRole, .inputItemSecret: "input[]"
        case .storedAudio: "messages[].audio"
        case .model: "model"
        case .stream: "stream"
        case .streamOptions: "stream_options"
        case .includeUsage: "stream_options.include_usage"
        case .maxTokens: "max_tokens"
        case .maxCompletionTokens: "max_completion_tokens"
        case .maxOutputTokens: "max_output_tokens"
        case .choices: "n"
        case .bestOf: "best_of"
        case .serviceTier: "service_tier"
        case .speed: "speed"
        case .inferenceGeo: "inference_geo"
        case .user: "user"
        case .safetyIdentifier: "safety_identifier"
        case .metadataUser: "metadata.user_id"
        case .previousResponse: "previous_response_id"
        case .conversation: "conversation"
        case .storedPrompt: "prompt"
        case .container: "container"
        case .contextManagement: "context_management"
        case .toolType: "tools[].type"
        case .tools: "tools"
        case .webSearchOptions: "web_search_options"
        case .mcpServers: "mcp_servers"
        }
    }

    /// Fields that stand in every element of an array may come more than once.
    var mayRepeat: Bool {
        switch self {
        case .toolType, .partType, .inputItem, .inputItemID, .inputItemType, .inputItemRole,
            .inputItemSecret, .storedAudio:
            true
        default: false
        }
    }

    static func outline(_ fields: [(String, RequestField)]) -> JSONOutline {
        JSONOutline { outline in
            outline.want("", as: RequestField.root.rawValue)
            for (path, field) in fields { outline.want(path, as: field.rawValue) }
            outline.wantAnywhere("type", as: RequestField.partType.rawValue)
        }
    }

    static let chatOutline = outline([
        ("model", .model), ("stream", .stream), ("stream_options", .streamOptions),
        ("stream_options.include_usage", .includeUsage), ("max_tokens", .maxTokens),
        ("max_completion_tokens", .maxCompletionTokens), ("n", .choices),
        ("service_tier", .serviceTier), ("user", .user), ("safety_identifier", .safetyIdentifier),
        ("tools", .tools), ("tools[].type", .toolType),
        ("web_search_options", .webSearchOptions), ("messages[].audio", .storedAudio),
    ])

    static let responsesOutline = outline([
        ("model", .model), ("stream", .stream), ("max_output_tokens", .maxOutputTokens),
        ("service_tier", .serviceTier), ("user", .user), ("safety_identifier", .safetyIdentifier),
        ("previous_response_id", .previousResponse), ("conversation", .conversation),
        ("prompt", .storedPrompt), ("tools", .tools), ("tools[].type", .toolType),
        ("context_management", .contextManagement), ("input[]", .inputItem),
        ("input[].id", .inputItemID), ("input[].type", .inputItemType),
        ("input[].role", .inputItemRole), ("input[].encrypted_content", .inputItemSecret),
    ])

    static let embeddingsOutline = outline([("model", .model), ("user", .user)])

    static let messagesOutline = outline([
        ("model", .model), ("stream", .stream), ("max_tokens", .maxTokens),
        ("service_tier", .serviceTier), ("speed", .speed), ("inference_geo", .inferenceGeo),
        ("metadata.user_id", .metadataUser), ("tools", .tools), ("tools[].type", .toolType),
        ("mcp_servers", .mcpServers), ("container", .container),
        ("context_management", .contextManagement),
    ])
}
