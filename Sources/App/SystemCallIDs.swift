internal import Accounting
internal import Chronology
internal import Gateway

/// Ids of calls from the machine's clock and its random numbers.
struct SystemCallIDs: CallIDSource {
    let clock: SystemClock

    func next() -> CallID {
        CallID(
            milliseconds: UInt64(clamping: clock.now().microseconds / 1_000),
            random: (.random(in: .min ... .max), .random(in: .min ... .max)))
    }
}
