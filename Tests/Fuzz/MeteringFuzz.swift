import TestSupport

/// A long run of the fuzzers: `metering-fuzz [INPUTS] [SEED]`. Prints what is wrong, and exits 1.
@main
struct MeteringFuzz {
    static func main() {
        let numbers = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
        let inputs = Int(numbers.first ?? 10_000_000)
        let seed = numbers.dropFirst().first ?? 1
        var replies = ReplyFuzzer(seed: seed)
        var problems: [String] = []
        let step = 1_000_000
        var done = 0
        while done < inputs {
            problems += replies.run(inputs: min(step, inputs - done))
            done += min(step, inputs - done)
            print("\(done) replies, \(problems.count) problems")
        }
        var others = InputFuzzer(seed: seed)
        others.runRequests(inputs: inputs / 10)
        print("\(inputs / 10) requests and forms")
        problems += others.runSheets(inputs: inputs / 1_000)
        print("\(inputs / 1_000) price sheets, \(problems.count) problems")
        for problem in problems.prefix(20) { print(problem) }
        precondition(problems.isEmpty, "the fuzzers found problems")
    }
}
