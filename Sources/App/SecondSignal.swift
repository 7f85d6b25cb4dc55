internal import Linux
internal import UnixSignals

/// Ends the process at once when a second SIGTERM or SIGINT comes. The ledger is on disk, so a
/// restart books what is open.
enum SecondSignal {
    /// What shells report of a program that was ended by hand.
    private static let exitStatus: Int32 = 130

    static func watch() {
        // Unowned on purpose: it lives as long as the process and holds nothing.
        Task.detached {
            var count = 0
            for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
                count += 1
                if count == 2 {
                    StandardError.print("second signal: ending at once")
                    ProcessSettings.exitNow(exitStatus)
                }
            }
        }
    }
}
