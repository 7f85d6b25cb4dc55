package import Chronology
package import Money

/// What a provider says that each day cost.
package struct ProviderBill: Sendable {
    package let provider: String
    /// By day in the zone that the provider's days begin by.
    package var days: [CivilDate: Amount]
    package let zoneName: String
    /// How far the sum of a day can be off, as the source rounds each of its lines.
    package var rounding: [CivilDate: Amount] = [:]
    /// Whether the amounts are the provider's, or reckoned here from its token counts.
    package let isPricedHere: Bool
    /// Amounts that came with a time instead of a day; `byDay` puts them to their days.
    package var hours: [(Instant, Amount)] = []
    /// What was left out, and why.
    package var notes: [String] = []

    package init(
        provider: String, zoneName: String = "UTC", isPricedHere: Bool = false
    ) {
        self.provider = provider
        self.zoneName = zoneName
        self.isPricedHere = isPricedHere
        days = [:]
    }

    /// With every amount at the day that it belongs to in the provider's zone.
    package func byDay(in zone: CivilZone) -> ProviderBill {
        var bill = self
        for (moment, amount) in hours { bill.add(amount, on: zone.day(at: moment)) }
        bill.hours = []
        return bill
    }

    package var isEmpty: Bool { days.isEmpty && hours.isEmpty }

    package mutating func add(_ amount: Amount, on day: CivilDate, rounding: Amount = .zero) {
        days[day, default: .zero] += amount
        if rounding != .zero { self.rounding[day, default: .zero] += rounding }
    }
}

/// A provider's bill beside what was booked here, day by day.
package struct Reconciliation: Sendable {
    package struct Day: Sendable {
        package let day: CivilDate
        package let ours: Amount
        package let theirs: Amount
        /// Not over for a day yet: providers' figures come late.
        package let isOpen: Bool
        package let rounding: Amount

        package var difference: Amount { ours - theirs }
    }

    package let bill: ProviderBill
    package let days: [Day]

    /// `ours`: what was booked, by day of the bill's zone. Days before the span, or after it, do
    /// not count.
    package init(
        _ bill: ProviderBill, ours: [CivilDate: Amount], since: Instant, until: Instant,
        now: Instant, zone: CivilZone
    ) {
        self.bill = bill
        let all = Set(bill.days.keys).union(ours.keys).filter {
            zone.start(of: $0) >= since && zone.start(of: $0) < until
        }
        let open = now.advanced(bySeconds: -Instant.secondsPerDay)
        days = all.sorted { $0.daysSinceEpoch < $1.daysSinceEpoch }.map { day in
            Day(
                day: day, ours: ours[day] ?? .zero, theirs: bill.days[day] ?? .zero,
                isOpen: zone.start(of: day.advanced(byDays: 1)) > open,
                rounding: bill.rounding[day] ?? .zero)
        }
    }

    private var closed: [Day] { days.filter { !$0.isOpen } }

    /// Of the days that are over.
    package var ours: Amount { closed.reduce(.zero) { $0 + $1.ours } }
    package var theirs: Amount { closed.reduce(.zero) { $0 + $1.theirs } }

    /// Whether a day that is over, or all of them together, differ by more than the tolerance, in
    /// hundredths of a percent of the provider's figure, and by more than its rounding.
    package func passes(tolerance: Int64) -> Bool {
        func isOver(_ difference: Amount, of bill: Amount, _ rounding: Amount) -> Bool {
            let magnitude = difference < .zero ? .zero - difference : difference
            guard magnitude > rounding else { return false }
            return magnitude.picodollars * 10_000
                > max(0, bill.picodollars) * Int128(tolerance)
        }
        let rounding = closed.reduce(Amount.zero) { $0 + $1.rounding }
        return closed.contains { isOver($0.difference, of: $0.theirs, $0.rounding) }
            || isOver(ours - theirs, of: theirs, rounding)
    }

    package var table: ReportTable {
        var table = ReportTable(columns: [
            .text("day"), .money("ours_usd"), .money("provider_usd"), .money("difference_usd"),
            .text("difference_pct"), .text("state"),
        ])
        table.rows = days.map { day in
            Self.cells(day.day.text, day.ours, day.theirs)
                + [.text(day.isOpen ? "open" : "")]
        }
        table.totalRow = Self.cells("total of closed days", ours, theirs) + [.text("")]
        table.facts = [
            ("provider", bill.provider), ("zone", bill.zoneName),
            ("figures", bill.isPricedHere ? "tokens, priced here" : "the provider's"),
        ]
        return table
    }

    private static func cells(
        _ name: String, _ ours: Amount, _ theirs: Amount
    ) -> [ReportTable.Cell] {
        let difference = ours - theirs
        let magnitude = difference < .zero ? .zero - difference : difference
        let percent = magnitude.percentText(of: theirs).map {
            (difference < .zero ? "-" : "+") + $0
        }
        return [
            .text(name), .money(ours), .money(theirs), .money(difference), .text(percent),
        ]
    }
}
