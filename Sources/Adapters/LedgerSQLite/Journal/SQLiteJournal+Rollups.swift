internal import Dispatch
internal import Logging
internal import Stores
internal import Synchronization

/// The writer's thread counts rows in rollups while no call waits for it.
extension SQLiteJournal {
    /// Nothing was written for so long. A call that comes then waits for one step at most.
    private static let idleMilliseconds = 100
    /// Reports read rows that are not rolled up one by one, at some 3 µs each; so many may be left
    /// while the writer is never idle.
    private static let longestBacklog: Int64 = 32_768
    /// Each group under load brings some rows; so many steps keep up with them.
    private static let stepsPerGroup = 2

    func scheduleRollUp() {
        let isNew = state.withLock { state in
            defer { state.isRollUpScheduled = true }
            return state.rollsUp && !state.isRollUpScheduled
        }
        guard isNew else { return }
        thread.asyncAfter(deadline: .now() + .milliseconds(Self.idleMilliseconds)) {
            self.state.withLock { $0.isRollUpScheduled = false }
            self.rollUpWhileIdle()
        }
    }

    private func rollUpWhileIdle() {
        guard state.withLock({ !$0.isWriting && $0.waiting.isEmpty }) else { return }
        if rollUp(steps: 1, rows: RollupStatements.idleStepRows) > 0 {
            thread.async { self.rollUpWhileIdle() }
        }
    }

    func rollUpUnderLoad(after entries: Int) {
        let isFarBehind = state.withLock { state in
            state.entriesNotRolledUp += Int64(entries)
            return state.rollsUp && state.entriesNotRolledUp > Self.longestBacklog
        }
        let rows = RollupStatements.stepRows
        if isFarBehind, rollUp(steps: Self.stepsPerGroup, rows: rows) < Self.longestBacklog / 2 {
            state.withLock { $0.entriesNotRolledUp = 0 }
        }
    }

    /// Returns how many rows are left to count; none where it fails, which costs only time in
    /// reports.
    private func rollUp(steps: Int, rows: Int64) -> Int64 {
        do {
            return try database.rollUp(steps: steps, rows: rows)
        } catch {
            logger.error("rollups.failed", metadata: ["reason": "\(error)"])
            return 0
        }
    }
}
