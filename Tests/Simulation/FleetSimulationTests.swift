import TestSupport
import Testing

/// Drives one to eight ledgers on one store, with an auditor of its own.
@Suite("Fleet simulation")
struct FleetSimulationTests {
    private static let stepsOfSeed = 40

    @Test("never passes a limit together, over ten thousand seeds", arguments: 0..<4)
    func seeds(part: UInt64) {
        for seed in UInt64(1)...10_000 where seed % 4 == part {
            if let failure = FleetSimulation.run(seed: seed, steps: Self.stepsOfSeed) {
                Issue.record("\(failure)")
                return
            }
        }
    }

    @Test("is audited by an auditor that finds planted mistakes", arguments: FleetMistake.allCases)
    func auditorFinds(mistake: FleetMistake) {
        let isFound = (UInt64(1)...400).contains { seed in
            FleetSimulation.run(seed: seed, steps: Self.stepsOfSeed, mistake: mistake) != nil
        }
        #expect(isFound)
    }
}
