internal import Metering

/// The usage objects of the OpenAI dialect, which call the same counts by several sets of names.
///
/// Sources: openai-python `types/completion_usage.py`, `types/responses/response_usage.py`,
/// `types/image.py`, `types/audio/transcription.py`; the API references of DeepSeek, Mistral,
/// Moonshot, Perplexity, OpenRouter and Vercel for the names that they add.
enum OpenAIUsageField: Int32, CaseIterable {
    case input, output, total
    case cached, cacheWritten, inputAudio, inputImage, inputVideo
    case reasoning, outputAudio, outputImage
    /// Names that providers use in place of `cached` and `cacheWritten`.
    case cachedElsewhere, cacheWrittenElsewhere, reasoningElsewhere
    case citation, searches, sources

    private static let chatNames = ("prompt_tokens", "completion_tokens")
    private static let responsesNames = ("input_tokens", "output_tokens")

    /// Chat completions and embeddings.
    static let chatPaths = paths(chatNames)
    /// Responses, images and audio.
    static let responsesPaths = paths(responsesNames)

    private static func paths(
        _ names: (input: String, output: String)
    ) -> [(String, OpenAIUsageField)] {
        var paths: [(String, OpenAIUsageField)] = [
            (names.input, .input), (names.output, .output), ("total_tokens", .total),
            ("cached_tokens", .cachedElsewhere), ("prompt_cache_hit_tokens", .cachedElsewhere),
            ("num_cached_tokens", .cachedElsewhere),
            ("cache_creation_input_tokens", .cacheWrittenElsewhere),
            ("reasoning_tokens", .reasoningElsewhere), ("citation_tokens", .citation),
            ("num_search_queries", .searches), ("num_sources_used", .sources),
            ("server_tool_use.web_search_requests", .searches),
            ("server_tool_use_details.web_search_requests", .searches),
        ]
        for details in ["\(names.input)_details", "input_token_details"] {
            paths += [
                ("\(details).cached_tokens", .cached),
                ("\(details).cache_write_tokens", .cacheWritten),
                ("\(details).audio_tokens", .inputAudio),
                ("\(details).image_tokens", .inputImage),
                ("\(details).video_tokens", .inputVideo),
            ]
        }
        for details in ["\(names.output)_details", "output_token_details"] {
            paths += [
                ("\(details).reasoning_tokens", .reasoning),
                ("\(details).audio_tokens", .outputAudio),
                ("\(details).image_tokens", .outputImage),
            ]
        }
        return paths
    }
}

extension CountGroup {
    static func openAI() -> CountGroup { CountGroup(size: OpenAIUsageField.allCases.count) }

    subscript(_ field: OpenAIUsageField) -> Int64? { self[Int(field.rawValue)] }

    /// Disjoint classes: this dialect counts cached, written, audio and image tokens inside the
    /// input, and reasoning, audio and image tokens inside the output. Nil where a part is larger
    /// than its whole, or a whole is not stated.
    func openAIUsage(isEmbedding: Bool) -> Usage? {
        guard !isInvalid, var input = self[.input] ?? (isEmbedding ? self[.total] : nil),
            var output = self[.output] ?? (isEmbedding ? 0 : nil)
        else { return nil }
        var usage = Usage()
        // Compatible providers leave something out of both, which only their total has: xAI and
        // Gemini's OpenAI endpoint thought, Mistral the sound that it heard.
        let beside = isEmbedding ? 0 : max(0, (self[.total] ?? 0) - input - output)
        let thought = self[.reasoning] ?? self[.reasoningElsewhere] ?? 0
        let audio = self[.inputAudio] ?? 0
        if beside > 0, beside == audio, thought != beside {
            input += beside
            usage[.reasoning] = thought
        } else {
            output += beside
            usage[.reasoning] = max(thought, beside)
        }
        usage[.cacheWrite5m] = self[.cacheWritten] ?? self[.cacheWrittenElsewhere] ?? 0
        usage[.outputAudio] = self[.outputAudio] ?? 0
        usage[.outputImage] = self[.outputImage] ?? 0
        usage[.output] = output - usage[.reasoning] - usage[.outputAudio] - usage[.outputImage]
        usage.splitInput(
            input - usage[.cacheWrite5m], cached: self[.cached] ?? self[.cachedElsewhere] ?? 0,
            audio: audio, image: self[.inputImage] ?? 0, video: self[.inputVideo] ?? 0)
        usage[.citation] = self[.citation] ?? 0
        usage[.webSearch] = self[.searches] ?? 0
        usage[.source] = self[.sources] ?? 0
        return usage.isConsistent ? usage : nil
    }
}

extension Usage {
    /// Divides an input into text, sound, pictures and film, cached or not. Where a reply does not
    /// say which of the cached tokens were what, as few as can be were no text.
    mutating func splitInput(
        _ whole: Int64, cached: Int64, audio: Int64, image: Int64, video: Int64
    ) {
        var fresh = whole - cached
        var leftOfCache = cached
        let kinds: [(Int64, TokenClass, TokenClass)] = [
            (audio, .inputAudio, .cacheReadAudio), (image, .inputImage, .cacheReadImage),
            (video, .inputVideo, .cacheReadVideo),
        ]
        for (count, plainClass, cachedClass) in kinds {
            let plain = min(count, max(0, fresh))
            self[plainClass] = plain
            self[cachedClass] = count - plain
            fresh -= plain
            leftOfCache -= count - plain
        }
        self[.input] = fresh
        self[.cacheRead] = leftOfCache
    }

    /// Whether no part is larger than its whole.
    var isConsistent: Bool { TokenClass.all.allSatisfy { self[$0] >= 0 } }
}
