package import Chronology

/// A calendar window in which spend counts against a limit: half-open, [start, end), in UTC.
package enum BudgetWindow: String, CaseIterable, Sendable {
    case hourly
    case daily
    case monthly

    /// `allCases` makes its array anew at each call, which a call's path cannot afford.
    package static let all = BudgetWindow.allCases

    package var index: Int {
        switch self {
        case .hourly: 0
        case .daily: 1
        case .monthly: 2
        }
    }

    /// The start of the window that `moment` is in. Computed when read; nothing resets a window.
    package func start(at moment: Instant) -> Instant {
        switch self {
        case .hourly:
            let seconds = moment.seconds
            return Instant(seconds: seconds - seconds % 3_600)
        case .daily: return CivilDate(moment).start
        case .monthly: return CivilDate(moment).startOfMonth.start
        }
    }

    /// The start of the next window, when what was spent counts no more.
    package func end(at moment: Instant) -> Instant {
        switch self {
        case .hourly: start(at: moment).advanced(bySeconds: 3_600)
        case .daily: start(at: moment).advanced(bySeconds: Instant.secondsPerDay)
        case .monthly: CivilDate(moment).startOfNextMonth.start
        }
    }
}
