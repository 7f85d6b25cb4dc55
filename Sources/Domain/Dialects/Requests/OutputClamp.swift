/// Where a request says how long its answer may become, so that it can be made to say less.
package struct OutputClamp: Sendable, Equatable {
    struct Cap: Sendable, Equatable {
        let range: Range<Int>
        /// Nil where it says nothing: null, zero, or a server's word for "no bound".
        let tokens: Int64?
    }

    struct Insertion: Sendable, Equatable {
        let offset: Int
        let prefix: String
        let suffix: String
        /// In place of `prefix` for servers that know only the older name of the field.
        var olderPrefix: String?
    }

    var caps: [Cap] = []
    /// Where a cap can be put in, should there be none.
    var insertion: Insertion?

    /// The least that an answer is worth being asked for. Source: OpenAI's API reference, the
    /// smallest `max_output_tokens`.
    package static let minimumTokens: Int64 = 16

    package var isPossible: Bool { !caps.isEmpty || insertion != nil }

    /// The changes of the body that bound the answer by `tokens`.
    package func splices(tokens: Int64, prefersOlderName: Bool) -> [BodySplice] {
        if caps.isEmpty, let insertion {
            let older = prefersOlderName ? insertion.olderPrefix : nil
            let text = "\(older ?? insertion.prefix)\(tokens)\(insertion.suffix)"
            return [BodySplice(range: insertion.offset..<insertion.offset, text: text)]
        }
        return caps.filter { $0.tokens.map { $0 > tokens } ?? true }
            .map { BodySplice(range: $0.range, text: String(tokens)) }
    }
}

extension Endpoint {
    /// What stands before and behind the number where a request names no cap: a member at the head
    /// of the body, or of the object `container` where the request has that.
    func insertion(
        rootStart: Int?, container: (start: Int, isEmpty: Bool)?
    ) -> OutputClamp.Insertion? {
        guard let rootStart else { return nil }
        func member(
            _ name: String, at offset: Int, isLast: Bool = false
        ) -> OutputClamp.Insertion {
            OutputClamp.Insertion(
                offset: offset + 1, prefix: "\"\(name)\":", suffix: isLast ? "" : ",")
        }
        func nested(_ object: String, _ name: String) -> OutputClamp.Insertion {
            OutputClamp.Insertion(
                offset: rootStart + 1, prefix: "\"\(object)\":{\"\(name)\":", suffix: "},")
        }
        switch self {
        case .chatCompletions:
            // New models of OpenAI refuse `max_tokens`, and many compatible servers know no other.
            var insertion = member("max_completion_tokens", at: rootStart)
            insertion.olderPrefix = "\"max_tokens\":"
            return insertion
        case .completions, .cohereChat, .messages: return member("max_tokens", at: rootStart)
        case .responses: return member("max_output_tokens", at: rootStart)
        case .generateContent, .streamGenerateContent:
            guard let container else { return nested("generationConfig", "maxOutputTokens") }
            return member("maxOutputTokens", at: container.start, isLast: container.isEmpty)
        case .converse, .converseStream:
            guard let container else { return nested("inferenceConfig", "maxTokens") }
            return member("maxTokens", at: container.start, isLast: container.isEmpty)
        default: return nil
        }
    }
}

extension BodySplice {
    /// Applies changes that do not overlap.
    package static func apply(_ splices: [BodySplice], to body: [UInt8]) -> [UInt8] {
        splices.sorted { $0.range.lowerBound > $1.range.lowerBound }
            .reduce(body) { body, splice in splice.apply(to: body) }
    }
}
