internal import Accounting
internal import Chronology
internal import Gateway
internal import Synchronization

/// Ids of calls from the machine's clock and random numbers.
///
/// The generator is seeded from the system once: an id must be unique, not secret, and a system
/// call for each id is dear.
final class SystemCallIDs: CallIDSource {
    /// SplitMix64 (Steele, Lea, Flood 2014).
    private struct Generator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private struct State {
        var high: Generator
        var low: Generator
    }

    private let clock: any WallClock
    private let state: Mutex<State>

    init(clock: any WallClock) {
        self.clock = clock
        state = Mutex(
            State(
                high: Generator(state: .random(in: .min ... .max)),
                low: Generator(state: .random(in: .min ... .max))))
    }

    func next() -> CallID {
        let random = state.withLock { ($0.high.next(), $0.low.next()) }
        return CallID(
            milliseconds: UInt64(clamping: clock.now().microseconds / 1_000), random: random)
    }
}
