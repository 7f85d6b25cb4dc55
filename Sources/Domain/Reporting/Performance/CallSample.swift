package import Chronology
internal import Metering
package import Money
internal import Pricing

/// What is looked at of one call to judge a model, or to advise on its use.
package struct CallSample: Sendable {
    package var moment = Instant(seconds: 0)
    package var user = ""
    package var key = ""
    package var session = ""
    package var provider = ""
    package var model = ""
    package var endpoint = ""
    package var task = ""
    package var isSuccess = true
    package var attempt: Int64 = 1
    package var isStreamed = false
    package var isPriced = true
    package var serviceTier: String?
    /// In milliseconds; nil where it was not measured.
    package var duration: Int64?
    package var firstToken: Int64?
    /// Tokens, each with all of its kinds: input with what a cache held of it, output with thought.
    package var input: Int64 = 0
    package var output: Int64 = 0
    package var cacheRead: Int64 = 0
    package var cacheWrite: Int64 = 0
    package var reasoning: Int64 = 0
    package var cost = Amount.zero
    package var held = Amount.zero

    package init() {}

    /// Tokens a second while the answer came, in tenths; nil where that cannot be told.
    var speed: Int64? {
        guard isSuccess, output > 0, let duration else { return nil }
        let milliseconds = duration - (isStreamed ? firstToken ?? 0 : 0)
        return milliseconds > 0 ? output * 10_000 / milliseconds : nil
    }

    var usage: Usage {
        Usage(
            input: input, output: output, cacheRead: cacheRead, cacheWrite: cacheWrite,
            reasoning: reasoning)
    }
}

extension Usage {
    /// Of sums that include their parts, as rows have them.
    init(input: Int64, output: Int64, cacheRead: Int64, cacheWrite: Int64, reasoning: Int64) {
        self.init()
        self[.input] = max(0, input - cacheRead - cacheWrite)
        self[.cacheRead] = cacheRead
        self[.cacheWrite5m] = cacheWrite
        self[.output] = max(0, output - reasoning)
        self[.reasoning] = reasoning
    }
}

/// How people rated a model's answers to a kind of task.
package struct RatingCount: Hashable, Sendable {
    package let provider: String
    package let model: String
    package let task: String
    package let up: Int64
    package let down: Int64

    package init(provider: String, model: String, task: String, up: Int64, down: Int64) {
        self.provider = provider
        self.model = model
        self.task = task
        self.up = up
        self.down = down
    }
}
