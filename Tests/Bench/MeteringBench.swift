import Dialects
import Metering

/// What the meter adds to a call, in microseconds of one core: the best of several rounds, each
/// long enough that the clock does not matter.
@main
struct MeteringBench {
    /// The goals of the project, in microseconds.
    private static let goals = [
        "reply of 1.2 KB": 3.0, "stream of 100 chunks": 60, "request of 200 KB": 150,
    ]

    static func main() {
        report("reply of 1.2 KB", calls: 20_000) {
            let meter = PlainReplyMeter(ChatUsageReader())
            _ = meter.consume(Samples.reply)
            _ = meter.finish()
            return meter.reading.usage?.totalTokens ?? 0
        }
        report("stream of 100 chunks", calls: 1_000) {
            let meter = StreamedReplyMeter(ChatUsageReader(), hidesUsageEvent: true)
            for chunk in Samples.chunks { _ = meter.consume(chunk) }
            _ = meter.finish()
            return meter.reading.usage?.totalTokens ?? 0
        }
        report("request of 200 KB", calls: 200) {
            let input = RequestInput(
                body: Samples.request, contentType: "application/json", query: nil,
                pathModel: nil, path: "")
            let facts = try? Endpoint.chatCompletions.readRequest(input)
            return Int64(facts?.model?.utf8.count ?? 0)
        }
    }

    private static func report(_ name: String, calls: Int, _ body: () -> Int64) {
        let rounds = 9
        var best = Double.infinity
        var sum: Int64 = 0
        for _ in 0..<rounds {
            let clock = ContinuousClock()
            let time = clock.measure {
                for _ in 0..<calls { sum &+= body() }
            }
            let microseconds =
                Double(time.components.attoseconds) / 1e12
                + Double(time.components.seconds) * 1e6
            best = min(best, microseconds / Double(calls))
        }
        precondition(sum != 0, "the meter read something")
        let hundredths = Int((best * 100).rounded())
        print("\(name): \(Double(hundredths) / 100) us (goal \(goals[name] ?? 0))")
    }
}
