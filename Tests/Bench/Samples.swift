/// Replies and a request of the usual sizes.
enum Samples {
    private static let words = "The quick brown fox jumps over the lazy dog, and again it jumps. "

    static let reply = Array(
        """
        {"id":"chatcmpl-123","object":"chat.completion","created":1763680000,"model":"gpt-4o",
        "choices":[{"index":0,"message":{"role":"assistant","content":"\(
            String(repeating: words, count: 11))","refusal":null,"annotations":[]},
        "logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":120,
        "completion_tokens":160,"total_tokens":280,"prompt_tokens_details":{"cached_tokens":64,
        "audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":32,"audio_tokens":0,
        "accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default"}
        """.utf8)

    static let chunks: [[UInt8]] =
        (0..<100).map { index in
            Array(
                (#"data: {"id":"chatcmpl-123","object":"chat.completion.chunk","created":1763680000,"#
                    + #""model":"gpt-4o","service_tier":"default","system_fingerprint":"fp_1","#
                    + #""choices":[{"index":0,"delta":{"content":" word\#(index)"},"#
                    + #""logprobs":null,"finish_reason":null}],"usage":null}"# + "\n\n").utf8)
        } + [
            Array(
                (#"data: {"id":"chatcmpl-123","choices":[],"usage":{"prompt_tokens":10,"#
                    + #""completion_tokens":100,"total_tokens":110}}"# + "\n\ndata: [DONE]\n\n")
                    .utf8)
        ]

    static let request = Array(
        (#"{"model":"gpt-4o","max_tokens":500,"messages":["#
            + (0..<20).map { _ in
                #"{"role":"user","content":""# + String(repeating: words, count: 160) + #""}"#
            }.joined(separator: ",") + "]}").utf8)
}
