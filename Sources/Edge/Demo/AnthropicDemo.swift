/// Answers of the Anthropic API.
struct AnthropicDemo {
    private let request: DemoRequest
    private let words: DemoWords

    init(_ request: DemoRequest, _ words: DemoWords) {
        self.request = request
        self.words = words
    }

    private func usage(output: Int) -> [String: Any] {
        [
            "input_tokens": request.inputTokens, "output_tokens": output,
            "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0,
            "service_tier": "standard",
        ]
    }

    private var stopReason: String { words.isCut ? "max_tokens" : "end_turn" }

    private var base: [String: Any] {
        ["id": "msg_demo", "type": "message", "role": "assistant", "model": request.model]
    }

    var message: DemoReply.Content {
        guard !request.streams else { return .events(events) }
        var object = base
        object["content"] = [["type": "text", "text": words.text]]
        object["stop_reason"] = stopReason
        object["usage"] = usage(output: words.tokens)
        return .plain(DemoJSON.text(object))
    }

    private var events: [String] {
        func event(_ type: String, _ fields: [String: Any]) -> String {
            var object = fields
            object["type"] = type
            return DemoJSON.event(object, named: type)
        }
        var message = base
        message["content"] = [Any]()
        message["usage"] = usage(output: 1)
        var events = [
            event("message_start", ["message": message]),
            event(
                "content_block_start",
                ["index": 0, "content_block": ["type": "text", "text": ""]]),
        ]
        events += words.pieces.map { piece in
            event(
                "content_block_delta",
                ["index": 0, "delta": ["type": "text_delta", "text": piece]])
        }
        events += [
            event("content_block_stop", ["index": 0]),
            event(
                "message_delta",
                [
                    "delta": ["stop_reason": stopReason],
                    "usage": ["output_tokens": words.tokens],
                ]),
            event("message_stop", [:]),
        ]
        return events
    }
}
