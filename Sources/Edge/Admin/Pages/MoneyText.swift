internal import Money

/// An amount on a page: what people read, and what programs read, which is exact.
struct MoneyText: Sendable {
    let shown: String
    let exact: String

    init(_ amount: Amount) {
        shown = amount.glance
        exact = amount.dollars
    }

    static func of(_ amount: Amount?) -> MoneyText? { amount.map(MoneyText.init) }
}
