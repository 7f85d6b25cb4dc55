/// A time zone as a table: its offsets from UTC, and the moments at which they change.
package struct CivilZone: Hashable, Sendable {
    package struct Change: Hashable, Sendable {
        package let at: Instant
        /// Seconds east of UTC from then on.
        package let offset: Int64

        package init(at: Instant, offset: Int64) {
            self.at = at
            self.offset = offset
        }
    }

    /// The IANA name, such as `America/New_York`.
    package let name: String
    private let firstOffset: Int64
    /// In rising order.
    private let changes: [Change]

    package static let utc = CivilZone(name: "UTC", firstOffset: 0, changes: [])

    package init(name: String, firstOffset: Int64, changes: [Change]) {
        self.name = name
        self.firstOffset = firstOffset
        self.changes = changes
    }

    /// Seconds east of UTC at `moment`.
    package func offset(at moment: Instant) -> Int64 {
        lastChange(upTo: moment).map { changes[$0].offset } ?? firstOffset
    }

    /// The day that `moment` is in: days follow each other without gaps, also where the clocks go
    /// back over midnight.
    package func day(at moment: Instant) -> CivilDate {
        let onTheWall = CivilDate(moment.advanced(bySeconds: offset(at: moment)))
        if moment < start(of: onTheWall) { return onTheWall.advanced(byDays: -1) }
        let next = onTheWall.advanced(byDays: 1)
        return moment < start(of: next) ? onTheWall : next
    }

    /// The index of the last change at `moment` or earlier.
    private func lastChange(upTo moment: Instant) -> Int? {
        var low = 0
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].at <= moment { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : low - 1
    }

    /// The last change in (`earlier`, `later`], with the offset before it.
    private func change(
        after earlier: Instant, upTo later: Instant
    ) -> (at: Instant, before: Int64, after: Int64)? {
        guard let index = lastChange(upTo: later),
            changes[index].at > earlier
        else { return nil }
        let before = index == 0 ? firstOffset : changes[index - 1].offset
        return (changes[index].at, before, changes[index].offset)
    }

    /// No zone's day begins more than this away from midnight UTC of the same date.
    private static let maximumOffset: Int64 = 16 * 3_600

    /// The first moment of a day: midnight, or where the clocks skip midnight the moment at which
    /// they do.
    package func start(of date: CivilDate) -> Instant {
        let nominal = date.start
        let earliest = nominal.advanced(bySeconds: -Self.maximumOffset)
        let latest = nominal.advanced(bySeconds: Self.maximumOffset)
        guard let change = change(after: earliest, upTo: latest) else {
            return nominal.advanced(bySeconds: -offset(at: nominal))
        }
        let beforeChange = nominal.advanced(bySeconds: -change.before)
        let afterChange = nominal.advanced(bySeconds: -change.after)
        // A midnight that comes twice begins the day the second time.
        if beforeChange < change.at, afterChange <= change.at { return beforeChange }
        return max(afterChange, change.at)
    }

    /// The start of the hour on the wall. An hour that comes twice is two hours, and one that the
    /// clocks cut short begins where they do.
    package func startOfHour(at moment: Instant) -> Instant {
        let local = moment.seconds + offset(at: moment)
        let nominal = Instant(seconds: moment.seconds - local.remainder(3_600))
        guard let change = change(after: nominal, upTo: moment) else { return nominal }
        return change.at
    }

    package func endOfHour(at moment: Instant) -> Instant {
        let local = moment.seconds + offset(at: moment)
        let nominal = Instant(seconds: moment.seconds - local.remainder(3_600) + 3_600)
        guard let change = change(after: moment, upTo: nominal) else { return nominal }
        return change.at
    }
}

extension Int64 {
    /// The remainder of a division that rounds down; never negative.
    fileprivate func remainder(_ divisor: Int64) -> Int64 {
        let rest = self % divisor
        return rest < 0 ? rest + divisor : rest
    }
}
