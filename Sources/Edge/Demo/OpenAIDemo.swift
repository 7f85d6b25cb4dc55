/// Answers of the OpenAI API.
struct OpenAIDemo {
    private let request: DemoRequest
    private let words: DemoWords

    init(_ request: DemoRequest, _ words: DemoWords) {
        self.request = request
        self.words = words
    }

    private var chatUsage: [String: Any] {
        [
            "prompt_tokens": request.inputTokens, "completion_tokens": words.tokens,
            "total_tokens": request.inputTokens + words.tokens,
            "prompt_tokens_details": ["cached_tokens": 0],
            "completion_tokens_details": ["reasoning_tokens": 0],
        ]
    }

    private var finishReason: String { words.isCut ? "length" : "stop" }

    var chat: DemoReply.Content {
        request.streams ? .events(chatEvents) : .plain(DemoJSON.text(chatCompletion))
    }

    private var chatCompletion: [String: Any] {
        [
            "id": "chatcmpl-demo", "object": "chat.completion", "created": 1_700_000_000,
            "model": request.model, "service_tier": "default", "usage": chatUsage,
            "choices": [
                [
                    "index": 0, "finish_reason": finishReason,
                    "message": ["role": "assistant", "content": words.text],
                ] as [String: Any]
            ],
        ]
    }

    private var chatEvents: [String] {
        var events = words.pieces.enumerated().map { index, piece in
            var delta: [String: Any] = ["content": piece]
            if index == 0 { delta["role"] = "assistant" }
            return chunk([["index": 0, "delta": delta] as [String: Any]])
        }
        events.append(
            chunk([
                ["index": 0, "delta": [String: Any](), "finish_reason": finishReason]
                    as [String: Any]
            ]))
        if request.includesUsage { events.append(chunk([], usage: chatUsage)) }
        events.append("data: [DONE]\n\n")
        return events
    }

    private func chunk(_ choices: [[String: Any]], usage: [String: Any]? = nil) -> String {
        var object: [String: Any] = [
            "id": "chatcmpl-demo", "object": "chat.completion.chunk", "created": 1_700_000_000,
            "model": request.model, "choices": choices,
        ]
        if let usage { object["usage"] = usage }
        return DemoJSON.event(object)
    }

    private func response(status: String) -> [String: Any] {
        var object: [String: Any] = [
            "id": "resp_demo", "object": "response", "created_at": 1_700_000_000,
            "model": request.model, "status": status, "parallel_tool_calls": true,
            "tool_choice": "auto", "tools": [Any](), "output": [Any](),
        ]
        guard status != "in_progress" else { return object }
        object["output"] = [
            [
                "id": "msg_demo", "type": "message", "role": "assistant", "status": "completed",
                "content": [
                    ["type": "output_text", "text": words.text, "annotations": [Any]()]
                        as [String: Any]
                ],
            ] as [String: Any]
        ]
        object["usage"] =
            [
                "input_tokens": request.inputTokens, "output_tokens": words.tokens,
                "total_tokens": request.inputTokens + words.tokens,
                "input_tokens_details": ["cached_tokens": 0],
                "output_tokens_details": ["reasoning_tokens": 0],
            ] as [String: Any]
        return object
    }

    var responses: DemoReply.Content {
        guard request.streams else { return .plain(DemoJSON.text(response(status: "completed"))) }
        var sequence = 0
        func event(_ type: String, _ fields: [String: Any]) -> String {
            var object = fields
            object["type"] = type
            object["sequence_number"] = sequence
            sequence += 1
            return DemoJSON.event(object, named: type)
        }
        var events = [event("response.created", ["response": response(status: "in_progress")])]
        let item: [String: Any] = [
            "id": "msg_demo", "type": "message", "role": "assistant", "status": "in_progress",
            "content": [Any](),
        ]
        events.append(event("response.output_item.added", ["output_index": 0, "item": item]))
        let part: [String: Any] = ["type": "output_text", "text": "", "annotations": [Any]()]
        events.append(
            event(
                "response.content_part.added",
                ["item_id": "msg_demo", "output_index": 0, "content_index": 0, "part": part]))
        events += words.pieces.map { piece in
            event(
                "response.output_text.delta",
                [
                    "item_id": "msg_demo", "output_index": 0, "content_index": 0, "delta": piece,
                    "logprobs": [Any](),
                ])
        }
        events.append(event("response.completed", ["response": response(status: "completed")]))
        return .events(events)
    }

    var embedding: DemoReply.Content {
        .plain(
            DemoJSON.text([
                "object": "list", "model": request.model,
                "data": [
                    ["object": "embedding", "index": 0, "embedding": [0.1, 0.2, 0.3]]
                        as [String: Any]
                ],
                "usage": [
                    "prompt_tokens": request.inputTokens, "total_tokens": request.inputTokens,
                ],
            ]))
    }
}
