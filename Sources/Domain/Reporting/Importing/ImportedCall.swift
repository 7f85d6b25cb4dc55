package import Chronology
package import Metering
package import Money

/// Spend that another program recorded: a call, or all calls of a day that were alike.
package struct ImportedCall: Sendable {
    /// Names it for ever, within what `source` calls by it: what is imported again changes nothing.
    package let key: String
    /// `litellm`, `ccusage`, `openai`, `anthropic`.
    package let source: String
    package let moment: Instant
    package var user: String
    package var project: String?
    package var keyName: String?
    package var session: String?
    package var tags: [String: String] = [:]
    package var provider: String
    package var endpoint = "chat_completions"
    package var model: String?
    package var usage = Usage()
    package var cost = Amount.zero
    /// Whether the source knew tokens and cost, or reckoned them.
    package var isExact = true
    /// `success`, `error`, `cached`.
    package var status = "success"
    package var priceVersion: String?
    package var duration: Int64?
    /// Whether it stands for calls of which nothing is known but their sum.
    package var isSum = false

    /// What stands for the upstream of the row: advice on single calls passes sums over.
    package var upstream: String { isSum ? Self.sumUpstream : "import" }
    package static let sumUpstream = "import-sum"

    /// How many calls it stands for.
    package var requests: Int64 = 1

    package init(key: String, source: String, moment: Instant, user: String, provider: String) {
        self.key = key
        self.source = source
        self.moment = moment
        self.user = user
        self.provider = provider
    }

    package var metadata: String {
        var object = JSONObjectText()
        object.add("imported_from", source)
        object.add("import_key", key)
        if requests != 1 { object.add("requests", requests) }
        if priceVersion == nil, cost == .zero, status == "success", !usage.isEmpty {
            object.add("unpriced", true)
        }
        return object.closed
    }

    package var tagsJSON: String? {
        guard !tags.isEmpty else { return nil }
        var object = JSONObjectText()
        for (name, value) in tags.sorted(by: { $0.key < $1.key }) { object.add(name, value) }
        return object.closed
    }
}
