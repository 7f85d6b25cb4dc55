/// Where a request says how long its answer may become, so that it can be made to say less.
package struct OutputClamp: Sendable, Equatable {
    struct Cap: Sendable, Equatable {
        let range: Range<Int>
        /// Nil where it says nothing: null, zero, or a server's word for "no bound".
        let tokens: Int64?
        /// Whether it is `max_completion_tokens`, which not every server of the dialect reads.
        let isCompletion: Bool
    }

    /// Where a cap can be put in, should there be none.
    struct Insertion: Sendable, Equatable {
        let range: Range<Int>
        let prefix: String
        let suffix: String
        /// In place of `prefix` for servers that know only the older name of the field.
        var olderPrefix: String?
    }

    var caps: [Cap] = []
    var insertion: Insertion?
    /// Of the answer, what the request keeps for thought.
    var thinkingTokens: Int64 = 0

    /// The least that an answer is worth being asked for. Source: OpenAI's API reference, the
    /// smallest `max_output_tokens`.
    private static let minimumTokens: Int64 = 16

    /// The smallest cap that the request can be given. Anthropic asks for more than the thought.
    package var leastTokens: Int64 { max(Self.minimumTokens, thinkingTokens + 1) }

    /// The cap that a server goes by that does not read `max_completion_tokens`.
    package var olderCap: Int64? {
        caps.filter { !$0.isCompletion }.compactMap(\.tokens).max()
    }

    /// The changes of the body that bound the answer by `tokens`; nil where none would.
    /// `readsCompletionCap`: whether the server goes by `max_completion_tokens`.
    package func splices(tokens: Int64, readsCompletionCap: Bool) -> [BodySplice]? {
        let changes = caps.filter { $0.tokens.map { $0 > tokens } ?? false }
            .map { BodySplice(range: $0.range, text: String(tokens)) }
        let binding = caps.filter { $0.tokens != nil && (readsCompletionCap || !$0.isCompletion) }
        if !binding.isEmpty { return changes }
        let hasTwoNames = insertion?.olderPrefix != nil
        let wantsCompletion = hasTwoNames && readsCompletionCap
        let empty = caps.first { $0.tokens == nil && $0.isCompletion == wantsCompletion }
        if let empty { return changes + [BodySplice(range: empty.range, text: String(tokens))] }
        guard let insertion else { return nil }
        let prefix = readsCompletionCap ? nil : insertion.olderPrefix
        let text = "\(prefix ?? insertion.prefix)\(tokens)\(insertion.suffix)"
        return changes + [BodySplice(range: insertion.range, text: text)]
    }
}

extension Endpoint {
    /// The object that a cap stands in, where that is not the body itself.
    enum OutputContainer {
        case object(start: Int, isEmpty: Bool)
        case null(Range<Int>)
    }

    /// What stands before and behind the number where a request names no cap: a member at the head
    /// of the body, or of the object that it belongs in.
    func insertion(
        rootStart: Int?, container: OutputContainer?
    ) -> OutputClamp.Insertion? {
        guard let rootStart else { return nil }
        let root = OutputContainer.object(start: rootStart, isEmpty: false)
        switch self {
        case .chatCompletions:
            // New models of OpenAI refuse `max_tokens`, and many compatible servers know no other.
            var insertion = Self.member("max_completion_tokens", of: root)
            insertion.olderPrefix = "\"max_tokens\":"
            return insertion
        case .completions, .cohereChat, .messages: return Self.member("max_tokens", of: root)
        case .responses: return Self.member("max_output_tokens", of: root)
        case .generateContent, .streamGenerateContent:
            return Self.member(
                "maxOutputTokens", of: container, named: "generationConfig", in: rootStart)
        case .converse, .converseStream:
            return Self.member("maxTokens", of: container, named: "inferenceConfig", in: rootStart)
        default: return nil
        }
    }

    private static func member(
        _ name: String, of container: OutputContainer
    ) -> OutputClamp.Insertion {
        switch container {
        case .object(let start, let isEmpty):
            OutputClamp.Insertion(
                range: (start + 1)..<(start + 1), prefix: "\"\(name)\":",
                suffix: isEmpty ? "" : ",")
        case .null(let range):
            OutputClamp.Insertion(range: range, prefix: "{\"\(name)\":", suffix: "}")
        }
    }

    /// A member of an object that may be missing.
    private static func member(
        _ name: String, of container: OutputContainer?, named object: String, in rootStart: Int
    ) -> OutputClamp.Insertion {
        if let container { return member(name, of: container) }
        return OutputClamp.Insertion(
            range: (rootStart + 1)..<(rootStart + 1),
            prefix: "\"\(object)\":{\"\(name)\":", suffix: "},")
    }
}

extension BodySplice {
    /// Applies changes that do not overlap.
    package static func apply(_ splices: [BodySplice], to body: [UInt8]) -> [UInt8] {
        splices.sorted { $0.range.lowerBound > $1.range.lowerBound }
            .reduce(body) { body, splice in splice.apply(to: body) }
    }
}
