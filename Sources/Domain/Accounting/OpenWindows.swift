internal import Chronology

/// The windows that are open at a moment: where each began, and when the first of them ends.
///
/// The ledger asks for them at every event, and they change once an hour.
struct OpenWindows: Sendable {
    private let starts: [Instant]
    /// Until then the same windows are open: an hour ends no later than a day or a month.
    private let end: Instant

    init(at moment: Instant) {
        starts = BudgetWindow.all.map { $0.start(at: moment) }
        end = BudgetWindow.hourly.end(at: moment)
    }

    func start(of window: BudgetWindow) -> Instant { starts[window.index] }

    /// Whether `moment` is in the window of this kind that is open.
    func contains(_ moment: Instant, _ window: BudgetWindow) -> Bool {
        moment >= starts[window.index]
    }

    func areOpen(at moment: Instant) -> Bool {
        moment >= starts[BudgetWindow.hourly.index] && moment < end
    }
}
