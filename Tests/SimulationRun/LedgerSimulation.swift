internal import TestSupport

/// Runs the ledger's simulation over a range of seeds: `ledger-simulation FIRST LAST [STEPS]
/// [fleet]`; with `fleet` that of several gateways on one store.
/// Prints the first seed and step that break an invariant, and repeats them when given again.
@main
enum LedgerSimulation {
    private static let defaultSteps = 80
    private static let progressSeeds: UInt64 = 50_000

    static func main() {
        let numbers = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
        guard numbers.count >= 2, numbers[0] <= numbers[1] else {
            print("usage: ledger-simulation FIRST_SEED LAST_SEED [STEPS] [fleet]")
            return
        }
        let isFleet = CommandLine.arguments.contains("fleet")
        let steps = numbers.count > 2 ? Int(numbers[2]) : defaultSteps
        for seed in numbers[0]...numbers[1] {
            let failure =
                isFleet
                ? FleetSimulation.run(seed: seed, steps: steps)
                : Simulation.run(seed: seed, steps: steps)
            if let failure {
                print(failure)
                return
            }
            if seed % progressSeeds == 0 { print("\(seed)") }
        }
        print("seeds \(numbers[0]) to \(numbers[1]), \(steps) steps each: no violation")
    }
}
