internal import Chronology

/// Sums over the last stretch of time, in slots: a slot counts until all of it is older than the
/// window, so that never less is counted than the window holds.
struct RollingSums<Sums: WindowSums>: Sendable {
    /// Slots that a window is cut into.
    static var slotsOfWindow: Int64 { 60 }

    private struct Slot: Sendable {
        let index: Int64
        var sums: Sums
    }

    let lengthMicroseconds: Int64
    let slotMicroseconds: Int64
    /// In rising order; at most one more than `slotsOfWindow`.
    private var slots: [Slot] = []
    private(set) var sums = Sums()

    init(seconds: Int64) {
        lengthMicroseconds = seconds * Instant.microsecondsPerSecond
        slotMicroseconds = lengthMicroseconds / Self.slotsOfWindow
    }

    private func index(of moment: Instant) -> Int64 {
        let quotient = moment.microseconds / slotMicroseconds
        return moment.microseconds < 0 && moment.microseconds % slotMicroseconds != 0
            ? quotient - 1 : quotient
    }

    private func firstIndex(at now: Instant) -> Int64 {
        index(of: Instant(microseconds: now.microseconds - lengthMicroseconds))
    }

    /// Forgets what has left the window.
    mutating func roll(to now: Instant) {
        let first = firstIndex(at: now)
        while let oldest = slots.first, oldest.index < first {
            sums = sums - oldest.sums
            slots.removeFirst()
        }
    }

    /// Where the slot of `moment` begins, or nil where it has left the window.
    func slotStart(of moment: Instant, at now: Instant) -> Instant? {
        let index = index(of: moment)
        guard index >= firstIndex(at: now) else { return nil }
        return Instant(microseconds: index * slotMicroseconds)
    }

    /// The slot of `moment`, and until when it counts.
    func record(of moment: Instant) -> WindowSpan {
        let start = index(of: moment) * slotMicroseconds
        return WindowSpan(
            start: Instant(microseconds: start),
            end: Instant(microseconds: start + slotMicroseconds + lengthMicroseconds))
    }

    /// Changes the slot that `moment` is in; nothing where it has left the window.
    mutating func change(at moment: Instant, now: Instant, _ body: (inout Sums) -> Void) {
        roll(to: now)
        let index = index(of: moment)
        guard index >= firstIndex(at: now) else { return }
        let place = slots.lastIndex { $0.index <= index }
        if let place, slots[place].index == index {
            sums = sums - slots[place].sums
            body(&slots[place].sums)
            sums = sums + slots[place].sums
        } else {
            var slot = Slot(index: index, sums: Sums())
            body(&slot.sums)
            sums = sums + slot.sums
            slots.insert(slot, at: place.map { $0 + 1 } ?? 0)
        }
    }

    /// When so much of the sums will have left the window, if nothing is added; nil: never.
    func moment(untilGone isGone: (Sums) -> Bool) -> Instant? {
        var left = sums
        for slot in slots {
            left = left - slot.sums
            if isGone(left) {
                return Instant(
                    microseconds: (slot.index + 1) * slotMicroseconds + lengthMicroseconds)
            }
        }
        return nil
    }

    /// Forgets the slots that end after `moment`.
    mutating func drop(after moment: Instant) {
        while let newest = slots.last, (newest.index + 1) * slotMicroseconds > moment.microseconds {
            sums = sums - newest.sums
            slots.removeLast()
        }
    }

    /// Slots that hold something.
    func count(_ isCounted: (Sums) -> Bool) -> Int { slots.count { isCounted($0.sums) } }
}

/// What is summed over a window.
protocol WindowSums: Sendable {
    init()
    static func + (left: Self, right: Self) -> Self
    static func - (left: Self, right: Self) -> Self
}
