package import Chronology
package import Money

/// Names a budget for ever: a budget that is removed and set again is another one.
package struct BudgetID: Hashable, Comparable, Sendable {
    package let number: Int64

    package init(_ number: Int64) { self.number = number }

    package static func < (left: BudgetID, right: BudgetID) -> Bool { left.number < right.number }
}

/// Limits of one scope, and what happens when one is reached.
package struct Budget: Hashable, Sendable {
    package enum Mode: String, CaseIterable, Sendable {
        /// A call that does not fit is refused.
        case enforce
        /// Nothing is refused; thresholds are alerted.
        case alert
        /// Nothing is refused; what would have been is recorded.
        case shadow
    }

    /// What a hard limit does with a call whose upper bound does not fit any more.
    package enum NearLimit: String, CaseIterable, Sendable {
        /// Refuses it.
        case strict
        /// Sends it with a smaller bound of output, where one fits.
        case clamp
        /// Holds what such calls have cost, and a safety stock for those that cost more.
        case learned
    }

    package static let defaultThresholds = [50, 75, 90, 100]
    package static let thresholdRange = 1...1_000

    package var id: BudgetID
    package let scope: Scope
    /// Tells several budgets of one scope apart; usually empty.
    package var name: String
    package var limits: [BudgetWindow: Amount]
    package var rates: [RateLimit]
    package var mode: Mode
    package var nearLimit: NearLimit
    package var calendar: BudgetCalendar
    /// Whole percents of a limit, in rising order.
    package var thresholds: [Int]
    package var raises: [LimitRaise]
    package var breaker: BreakerRule?
    /// While the store that several processes share is away.
    package var storeOutage = StoreOutage.closed
    package var alertEmail: String?
    package var alertWebhook: String?

    package init(
        id: BudgetID = BudgetID(0), scope: Scope, name: String = "",
        limits: [BudgetWindow: Amount] = [:], rates: [RateLimit] = [], mode: Mode = .alert,
        nearLimit: NearLimit = .strict, calendar: BudgetCalendar = .utc,
        thresholds: [Int] = Budget.defaultThresholds
    ) {
        self.id = id
        self.scope = scope
        self.name = name
        self.limits = limits
        self.rates = rates
        self.mode = mode
        self.nearLimit = nearLimit
        self.calendar = calendar
        self.thresholds = thresholds
        raises = []
    }

    /// Whether a call whose cost nobody knows could get round this budget.
    package var isBlocking: Bool {
        mode == .enforce
            && (!limits.isEmpty || rates.contains { $0.measure == .money || $0.measure == .tokens })
    }

    /// The limit of a window at a moment; a raise counts until its time.
    package func limit(of window: BudgetWindow, at moment: Instant) -> Amount? {
        guard let limit = limits[window] else { return nil }
        return raises.reduce(limit) { highest, raise in
            raise.window == window && moment < raise.until ? max(highest, raise.amount) : highest
        }
    }

    /// What the sums of a window depend on beside the budget itself: another calendar makes other
    /// windows, and a shadow leaves out what it would have refused.
    package func signature(of window: BudgetWindow) -> String {
        (mode == .shadow ? "shadow " : "") + calendar.signature(of: window)
    }

    /// Windows that have a limit, in the order of lists.
    package var windows: [BudgetWindow] { limits.keys.sorted { $0.order < $1.order } }
}

/// A limit that is higher until a moment.
package struct LimitRaise: Hashable, Sendable {
    package let window: BudgetWindow
    package let amount: Amount
    package let until: Instant

    package init(window: BudgetWindow, amount: Amount, until: Instant) {
        self.window = window
        self.amount = amount
        self.until = until
    }
}
