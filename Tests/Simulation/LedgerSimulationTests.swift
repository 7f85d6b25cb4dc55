import TestSupport
import Testing

/// Drives the bookkeeper with a seeded workload while an auditor adds everything up again after
/// each step, from the events alone. A failing seed repeats to the same step.
@Suite("Ledger simulation")
struct LedgerSimulationTests {
    private static let stepsOfSeed = 60

    @Test("holds its invariants over ten thousand seeds", arguments: 0..<4)
    func seeds(part: UInt64) {
        for seed in UInt64(1)...10_000 where seed % 4 == part {
            if let failure = Simulation.run(seed: seed, steps: Self.stepsOfSeed) {
                Issue.record("\(failure)")
                return
            }
        }
    }

    @Test("is audited by an auditor that finds planted mistakes", arguments: Mistake.allCases)
    func auditorFinds(mistake: Mistake) {
        let isFound = (UInt64(1)...400).contains { seed in
            Simulation.run(seed: seed, steps: Self.stepsOfSeed, mistake: mistake) != nil
        }
        #expect(isFound)
    }
}
