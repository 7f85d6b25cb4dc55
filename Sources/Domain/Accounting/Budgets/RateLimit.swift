internal import Money

/// How much of something may be used in any minute, or at once.
package struct RateLimit: Hashable, Sendable {
    package enum Measure: String, CaseIterable, Sendable {
        case requests, tokens
        /// Picodollars.
        case money
        /// Calls in flight.
        case concurrency
    }

    package let measure: Measure
    package let ceiling: Int128

    package init(_ measure: Measure, _ ceiling: Int128) {
        self.measure = measure
        self.ceiling = ceiling
    }

    /// For people: `60 requests a minute`.
    package var label: String { "\(text(of: ceiling)) \(unit)" }

    package func text(of count: Int128) -> String {
        measure == .money ? Amount(picodollars: count).shortDollars : String(count)
    }

    private var unit: String {
        switch measure {
        case .requests: "requests a minute"
        case .tokens: "tokens a minute"
        case .money: "USD a minute"
        case .concurrency: "calls at once"
        }
    }

    /// The option of `limit set`.
    package var option: String { String(name.map { $0 == "_" ? "-" : $0 }) }

    /// As stored and in JSON.
    package var name: String {
        switch measure {
        case .requests: "requests_per_minute"
        case .tokens: "tokens_per_minute"
        case .money: "usd_per_minute"
        case .concurrency: "concurrent_calls"
        }
    }
}
