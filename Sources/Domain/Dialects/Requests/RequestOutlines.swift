internal import Metering

/// Where each operation's body has the fields that matter for cost.
///
/// Sources: the API references of OpenAI, Anthropic, Google (Gemini API), Amazon Bedrock Runtime,
/// Cohere, Ollama and AssemblyAI.
enum RequestOutlines {
    private static let openAICaller: [(String, RequestField)] = [
        ("service_tier", .serviceTier), ("user", .user), ("safety_identifier", .safetyIdentifier),
    ]

    static let chat = RequestField.outline(
        [
            ("model", .model), ("stream", .stream), ("stream_options", .streamOptions),
            ("stream_options.include_usage", .includeUsage), ("max_tokens", .outputCap),
            ("max_completion_tokens", .completionCap), ("n", .choices),
            ("tools", .tools), ("tools[].type", .toolType),
            ("web_search_options", .webSearchOptions), ("messages[].audio", .storedAudio),
            // xAI's live search, and plug-ins of OpenRouter.
            ("search_parameters", .hostedTool), ("plugins", .hostedTool),
            // OpenRouter tries these in turn.
            ("models[]", .batchModel),
        ] + openAICaller)

    static let completions = RequestField.outline(
        [
            ("model", .model), ("stream", .stream), ("stream_options", .streamOptions),
            ("stream_options.include_usage", .includeUsage), ("max_tokens", .outputCap),
            ("n", .choices), ("best_of", .bestOf), ("prompt[]", .prompt),
        ] + openAICaller, readsPartTypes: false)

    static let responses = RequestField.outline(
        [
            ("model", .model), ("stream", .stream), ("max_output_tokens", .outputCap),
            ("previous_response_id", .previousResponse), ("conversation", .conversation),
            ("prompt", .storedPrompt), ("tools", .tools), ("tools[].type", .toolType),
            ("context_management", .contextManagement), ("background", .background),
            ("input[]", .inputItem), ("input[].id", .inputItemID),
            ("input[].type", .inputItemType), ("input[].role", .inputItemRole),
            ("input[].encrypted_content", .inputItemSecret),
        ] + openAICaller)

    static let runs = RequestField.outline(
        [
            ("model", .model), ("stream", .stream), ("max_completion_tokens", .completionCap),
            ("tools", .tools), ("tools[].type", .toolType),
        ])

    static let embeddings = RequestField.outline([("model", .model), ("user", .user)])

    static let images = RequestField.outline(
        [
            ("model", .model), ("n", .imageCount), ("size", .imageSize),
            ("quality", .imageQuality), ("stream", .stream), ("user", .user),
            ("images", .media), ("image", .media), ("image_url", .media),
        ], readsPartTypes: false)

    static let speech = RequestField.outline(
        [("model", .model), ("input", .speechText), ("text", .speechText)],
        readsPartTypes: false)

    static let modelOnly = RequestField.outline([("model", .model)], readsPartTypes: false)

    static let rerank = RequestField.outline(
        [("model", .model), ("documents[]", .document)], readsPartTypes: false)

    static let batches = RequestField.outline(
        [("input_file_id", .batchInputFile), ("endpoint", .batchEndpoint)],
        readsPartTypes: false)

    static let messages = RequestField.outline([
        ("model", .model), ("stream", .stream), ("max_tokens", .outputCap),
        ("service_tier", .serviceTier), ("speed", .speed), ("inference_geo", .inferenceGeo),
        ("metadata.user_id", .metadataUser), ("tools", .tools), ("tools[].type", .toolType),
        ("mcp_servers", .mcpServers), ("container", .container),
        ("context_management", .contextManagement),
        ("thinking.budget_tokens", .thinkingBudget),
    ])

    static let messageBatches = RequestField.outline(
        [
            ("requests[].params", .batchRequest), ("requests[].params.model", .batchModel),
        ], readsPartTypes: false)

    static let gemini: JSONOutline = {
        var fields: [(String, RequestField)] = [
            ("model", .model), ("serviceTier", .serviceTier), ("service_tier", .serviceTier),
            ("cachedContent", .cachedContent), ("cached_content", .cachedContent),
            ("tools", .tools), ("labels.user", .user),
        ]
        for config in ["generationConfig", "generation_config"] {
            fields += [
                (config, .outputContainer),
                ("\(config).maxOutputTokens", .otherCap),
                ("\(config).max_output_tokens", .otherCap),
                ("\(config).candidateCount", .choices),
                ("\(config).candidate_count", .choices),
            ]
        }
        for content in [
            "contents[]", "contents", "systemInstruction", "system_instruction", "content",
            "requests[].content",
        ] {
            for media in ["inlineData", "inline_data", "fileData", "file_data"] {
                for parts in ["parts[]", "parts", "parts[].functionResponse.parts[]"] {
                    fields.append(("\(content).\(parts).\(media)", .media))
                }
            }
        }
        return JSONOutline { outline in
            RequestField.want(fields, in: &outline)
            // Whatever is not a function of the client's own runs at the provider.
            for tools in ["tools", "tools[]"] {
                for key in ["functionDeclarations", "function_declarations"] {
                    outline.want("\(tools).\(key)", as: JSONOutline.nowhere)
                }
                outline.wantOtherKeys(of: tools, as: RequestField.hostedTool.rawValue)
            }
        }
    }()

    static let interactions = RequestField.outline(
        [
            ("model", .model), ("agent", .storedPrompt), ("stream", .stream),
            ("previous_interaction_id", .previousResponse), ("background", .background),
            ("generation_config", .outputContainer),
            ("generation_config.max_output_tokens", .otherCap), ("tools", .tools),
            ("tools[].type", .toolType),
        ])

    static let predict = RequestField.outline(
        [
            ("parameters.sampleCount", .imageCount), ("instances[].image", .media),
        ], readsPartTypes: false)

    static let converse: JSONOutline = {
        var fields: [(String, RequestField)] = [
            ("inferenceConfig", .outputContainer), ("inferenceConfig.maxTokens", .otherCap),
            ("serviceTier.type", .serviceTier),
            ("toolConfig", .tools), ("guardrailConfig", .hostedTool),
            ("requestMetadata.user", .user), ("promptVariables", .storedPrompt),
        ]
        for media in ["image", "document", "video", "audio"] {
            fields.append(("messages[].content[].\(media)", .media))
            fields.append(("messages[].content[].toolResult.content[].\(media)", .media))
        }
        return RequestField.outline(fields, readsPartTypes: false)
    }()

    static let invoke = RequestField.outline([
        ("max_tokens", .otherCap), ("max_tokens_to_sample", .otherCap),
        ("max_gen_len", .otherCap), ("textGenerationConfig", .outputContainer),
        ("textGenerationConfig.maxTokenCount", .otherCap), ("inferenceConfig", .outputContainer),
        ("inferenceConfig.maxTokens", .otherCap), ("inferenceConfig.max_new_tokens", .otherCap),
        ("max_completion_tokens", .otherCap), ("tools", .tools), ("tools[].type", .toolType),
        ("images", .media), ("image", .media), ("messages[].content[].image", .media),
        ("messages[].content[].video", .media), ("inputImage", .media),
        ("inputText", .document), ("metadata.user_id", .metadataUser),
    ])

    static let cohereChat = RequestField.outline([
        ("model", .model), ("stream", .stream), ("max_tokens", .outputCap),
        ("connectors", .hostedTool), ("conversation_id", .conversation), ("tools", .tools),
        ("num_generations", .choices),
    ])

    static let cohereEmbed = RequestField.outline(
        [("model", .model), ("images", .media), ("inputs", .media)], readsPartTypes: false)

    static let ollama = RequestField.outline(
        [
            ("model", .model), ("stream", .stream), ("options", .outputContainer),
            ("options.num_predict", .otherCap),
            ("images", .media), ("messages[].images", .media), ("tools", .tools),
        ], readsPartTypes: false)

    static let transcript = RequestField.outline(
        [("speech_model", .model), ("speech_models[]", .batchModel), ("audio_url", .media)],
        readsPartTypes: false)
}
