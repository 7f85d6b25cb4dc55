/// An operation that the gateway knows how to treat; the raw value is its name in rows.
package enum Endpoint: String, CaseIterable, Sendable {
    // The OpenAI dialect.
    case chatCompletions = "chat_completions"
    case completions
    case responses
    case embeddings
    case images
    case speech
    case transcriptions
    case moderations
    case rerank
    case pages
    case batches
    /// A run of an assistant on a thread, which states its usage when it is done.
    case runs
    case runLookup = "run_lookup"
    /// A look at a stored response, which may state what an earlier call came to.
    case responseLookup = "response_lookup"
    case batchLookup = "batch_lookup"
    case fileContent = "file_content"
    // The Anthropic dialect.
    case messages
    case countTokens = "count_tokens"
    case messageBatches = "message_batches"
    case messageBatchResults = "message_batch_results"
    // The Gemini API and Vertex AI.
    case generateContent = "generate_content"
    case streamGenerateContent = "stream_generate_content"
    case embedContent = "embed_content"
    case predict
    case interactions
    case interactionLookup = "interaction_lookup"
    // Amazon Bedrock.
    case converse
    case converseStream = "converse_stream"
    case invoke
    case invokeStream = "invoke_stream"
    // Cohere.
    case cohereChat = "cohere_chat"
    case cohereEmbed = "cohere_embed"
    case cohereRerank = "cohere_rerank"
    // Ollama.
    case ollamaGenerate = "ollama_generate"
    case ollamaEmbed = "ollama_embed"
    // Transcription of AssemblyAI and Deepgram.
    case transcript
    case transcriptLookup = "transcript_lookup"
    case listen
    /// Any request to an upstream of the dialect `http`.
    case request
    /// A read or a deletion that the provider documents as free: lists and stored objects.
    case read
    /// Keeps a file at the provider, which charges nothing for it before it is used.
    case upload
    /// Nothing is known of it.
    case unlisted

    /// How a route is metered; every route has one.
    package enum MeterClass: Sendable {
        case priced
        /// The provider charges nothing for it.
        case free
        /// Free, and its reply may state what an earlier call came to.
        case settles
        /// Refused while a blocking budget is in force, since its cost has no bound.
        case denied
    }

    package var meterClass: MeterClass {
        switch self {
        case .countTokens, .read, .upload: .free
        case .responseLookup, .runLookup, .batchLookup, .fileContent, .messageBatchResults,
            .interactionLookup, .transcriptLookup:
            .settles
        case .unlisted: .denied
        default: .priced
        }
    }
}
