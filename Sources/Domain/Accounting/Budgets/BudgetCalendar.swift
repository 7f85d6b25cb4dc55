package import Chronology

/// Whose wall clock and whose week a budget's windows follow.
package struct BudgetCalendar: Hashable, Sendable {
    package var zone: CivilZone
    package var weekStart: Weekday

    package init(zone: CivilZone = .utc, weekStart: Weekday = .monday) {
        self.zone = zone
        self.weekStart = weekStart
    }

    package static let utc = BudgetCalendar()

    /// The window of this kind that `moment` is in: half-open, [start, end). Nothing resets a
    /// window. Nil for kinds that no calendar knows.
    package func span(of window: BudgetWindow, at moment: Instant) -> WindowSpan? {
        let today = zone.day(at: moment)
        switch window {
        case .hourly:
            return WindowSpan(
                start: zone.startOfHour(at: moment), end: zone.endOfHour(at: moment))
        case .daily: return span(from: today, to: today.advanced(byDays: 1))
        case .weekly:
            let first = today.startOfWeek(weekStart)
            return span(from: first, to: first.advanced(byDays: 7))
        case .monthly: return span(from: today.startOfMonth, to: today.startOfNextMonth)
        case .total: return .everything
        case .perCall, .rolling: return nil
        }
    }

    private func span(from first: CivilDate, to next: CivilDate) -> WindowSpan {
        WindowSpan(start: zone.start(of: first), end: zone.start(of: next))
    }

    /// What a window's sums depend on beside its budget: with another zone or week they are sums
    /// of other windows.
    package func signature(of window: BudgetWindow) -> String {
        switch window {
        case .hourly, .daily, .monthly: "\(window.name)@\(zone.name)"
        case .weekly: "\(window.name)@\(zone.name)/\(weekStart)"
        case .total, .perCall, .rolling: window.name
        }
    }
}

/// A half-open stretch of time, [start, end), in UTC.
package struct WindowSpan: Hashable, Sendable {
    package let start: Instant
    package let end: Instant

    package static let everything = WindowSpan(
        start: Instant(microseconds: .min), end: Instant(microseconds: .max))

    package init(start: Instant, end: Instant) {
        self.start = start
        self.end = end
    }

    package func contains(_ moment: Instant) -> Bool { moment >= start && moment < end }

    package var isEverything: Bool { self == .everything }
}
