import TestSupport
import Testing

/// A short run; `swift run -c release metering-fuzz` makes a long one.
@Suite("Spoiled input")
struct FuzzTests {
    @Test("is metered without a crash, a change of a byte or a count below zero", arguments: 1...4)
    func replies(seed: UInt64) {
        var fuzzer = ReplyFuzzer(seed: seed)
        let problems = fuzzer.run(inputs: 10_000)
        #expect(problems.isEmpty, "\(problems.prefix(3))")
    }

    @Test("is read as a request or refused")
    func requests() {
        var fuzzer = InputFuzzer(seed: 1)
        fuzzer.runRequests(inputs: 10_000)
    }

    @Test("is read as a price sheet or refused, and never gives a negative price")
    func sheets() {
        var fuzzer = InputFuzzer(seed: 2)
        #expect(fuzzer.runSheets(inputs: 1_000).isEmpty)
    }
}
