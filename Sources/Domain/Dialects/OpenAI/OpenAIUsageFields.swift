internal import Metering

/// The usage objects of the OpenAI dialect, which call the same counts by two sets of names.
///
/// Sources: openai-python `types/completion_usage.py`, `types/responses/response_usage.py`.
enum OpenAIUsageField: Int32, CaseIterable {
    case input, output, total
    case cached, cacheWritten, inputAudio, inputImage
    case reasoning, outputAudio, outputImage

    /// Chat completions and embeddings.
    static let chatPaths: [(String, OpenAIUsageField)] = [
        ("prompt_tokens", .input), ("completion_tokens", .output), ("total_tokens", .total),
        ("prompt_tokens_details.cached_tokens", .cached),
        ("prompt_tokens_details.cache_write_tokens", .cacheWritten),
        ("prompt_tokens_details.audio_tokens", .inputAudio),
        ("prompt_tokens_details.image_tokens", .inputImage),
        ("completion_tokens_details.reasoning_tokens", .reasoning),
        ("completion_tokens_details.audio_tokens", .outputAudio),
        ("completion_tokens_details.image_tokens", .outputImage),
    ]

    static let responsesPaths: [(String, OpenAIUsageField)] = [
        ("input_tokens", .input), ("output_tokens", .output), ("total_tokens", .total),
        ("input_tokens_details.cached_tokens", .cached),
        ("input_tokens_details.cache_write_tokens", .cacheWritten),
        ("input_tokens_details.audio_tokens", .inputAudio),
        ("input_tokens_details.image_tokens", .inputImage),
        ("output_tokens_details.reasoning_tokens", .reasoning),
        ("output_tokens_details.audio_tokens", .outputAudio),
        ("output_tokens_details.image_tokens", .outputImage),
    ]
}

extension CountGroup {
    static func openAI() -> CountGroup { CountGroup(size: OpenAIUsageField.allCases.count) }

    private subscript(_ field: OpenAIUsageField) -> Int64? { self[Int(field.rawValue)] }

    /// Disjoint classes: this dialect counts cached, written, audio and image tokens inside the
    /// input, and reasoning, audio and image tokens inside the output. Compatible providers (xAI,
    /// Gemini's OpenAI endpoint) leave thought out of the output; only their total has it. Nil
    /// where a part is larger than its whole, or a whole is not stated.
    func openAIUsage(isEmbedding: Bool) -> Usage? {
        guard !isInvalid, let input = self[.input],
            let visible = self[.output] ?? (isEmbedding ? 0 : nil)
        else { return nil }
        let beside = max(0, (self[.total] ?? 0) - input - visible)
        let output = visible + beside
        var usage = Usage()
        usage[.cacheRead] = self[.cached] ?? 0
        usage[.cacheWrite5m] = self[.cacheWritten] ?? 0
        usage[.inputAudio] = self[.inputAudio] ?? 0
        usage[.inputImage] = self[.inputImage] ?? 0
        usage[.input] =
            input - usage[.cacheRead] - usage[.cacheWrite5m] - usage[.inputAudio]
            - usage[.inputImage]
        usage[.reasoning] = max(self[.reasoning] ?? 0, beside)
        usage[.outputAudio] = self[.outputAudio] ?? 0
        usage[.outputImage] = self[.outputImage] ?? 0
        usage[.output] =
            output - usage[.reasoning] - usage[.outputAudio] - usage[.outputImage]
        guard usage[.input] >= 0, usage[.output] >= 0 else { return nil }
        return usage
    }
}
