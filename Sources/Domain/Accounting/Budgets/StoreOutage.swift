package import Money

/// What a hard limit does while the store that several processes share cannot be reached.
package enum StoreOutage: Hashable, Sendable {
    /// What was leased before is spent, then calls are refused.
    case closed
    /// Beyond that each process spends so much in each window.
    case bounded(Amount)
    /// Nothing is refused: the limit does not hold.
    case openUnbounded

    func lends(_ part: Amount, beyond borrowed: Amount) -> Bool {
        switch self {
        case .closed: false
        case .bounded(let cap): borrowed + part <= cap
        case .openUnbounded: true
        }
    }

    /// `closed`, `bounded:5.00`, `open_unbounded`.
    package var text: String {
        switch self {
        case .closed: "closed"
        case .bounded(let cap): "bounded:\(cap.shortDollars)"
        case .openUnbounded: "open_unbounded"
        }
    }

    package init?(text: String) {
        switch text {
        case "closed": self = .closed
        case "open_unbounded": self = .openUnbounded
        default:
            guard text.hasPrefix("bounded:"),
                let cap = try? Amount(dollars: String(text.dropFirst("bounded:".count)))
            else { return nil }
            self = .bounded(cap)
        }
    }
}
