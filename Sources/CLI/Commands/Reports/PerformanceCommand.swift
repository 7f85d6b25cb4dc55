internal import App
internal import ArgumentParser
internal import Chronology
internal import Reporting
internal import Stores

struct PerformanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "performance",
        abstract: "Shows how fast, reliable and well liked models are, and the best for each task.",
        discussion: """
            Success and cost are of all calls of the span; times are of its newest calls, as many \
            as the column 'sampled' says. Ratings are of the days of the span (see 'rate').
            Examples:
              spendfuse performance --last 30d
              spendfuse performance --by task --for cost
              spendfuse performance --by model --format csv
            """)

    enum Grouping: String, ExpressibleByArgument, CaseIterable { case model, task }

    /// Newest calls that times are told from.
    private static let sampledCalls = 50_000

    @OptionGroup var shared: SharedOptions
    @OptionGroup var span: SpanOptions
    @OptionGroup var output: FormatOption

    @Option(name: .long, help: "model: each model. task: models by kind of task, the best first.")
    var by = Grouping.model

    @Option(
        name: .customLong("for"),
        help: "What the best model is judged by: balanced, quality, speed or cost.")
    var priority = ModelPriority.balanced

    func run() throws {
        let (since, until) = try span.span()
        let store = try shared.ledger()
        let report = try Failure.reported(exit: .storeUnreachable) {
            PerformanceReport(
                byModel: try store.report(
                    SpendQuery(dimensions: [.provider, .model], since: since, until: until)),
                byTask: try store.report(
                    SpendQuery(dimensions: [.model, .taskType], since: since, until: until)),
                samples: try store.samples(
                    CallQuery(since: since, until: until, limit: Self.sampledCalls)),
                ratings: try store.ratings(
                    since: CivilDate(since), through: CivilDate(until.advanced(bySeconds: -1))),
                priority: priority)
        }
        var table = by == .model ? report.modelTable : report.taskTable
        table.facts = [("since", since.shortText), ("until", until.shortText)]
        output.show(table)
    }
}

extension ModelPriority: ExpressibleByArgument {}
