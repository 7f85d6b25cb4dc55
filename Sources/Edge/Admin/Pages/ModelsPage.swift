internal import Chronology
internal import Money
internal import Reporting
internal import Stores

/// Models by cost, quality and speed.
struct ModelsPage: Sendable {
    /// Newest calls that times are told from.
    private static let sampledCalls = 20_000
    /// Models that are drawn; the table has all.
    private static let maximumDrawn = 16

    struct Key: Sendable {
        let place: Int
        let name: String
    }

    let frame: PageFrame
    let legend: [Key]
    let spans: [PageChoice]
    let quality: String
    let speed: String
    let models: TablePart
    let tasks: TablePart
    let sampled: String
    let filters: String
    let isFiltered: Bool

    init(_ frame: PageFrame, _ view: ReportView, viewer: Viewer, _ store: any SpendStore)
        throws(StoreError)
    {
        self.frame = frame
        spans = view.spanChoices(at: "/models")
        var newest = CallQuery(since: view.since, until: view.until, limit: Self.sampledCalls)
        newest.filters = view.filters
        let samples = try store.samples(newest)
        let report = PerformanceReport(
            byModel: try store.report(view.query([.provider, .model])),
            byTask: try store.report(view.query([.model, .taskType])),
            samples: samples,
            // Ratings are kept by model alone: of a part of the calls they cannot be told.
            ratings: view.filters.isEmpty
                ? try store.ratings(
                    since: CivilDate(view.since),
                    through: CivilDate(view.until.advanced(bySeconds: -1))) : [])
        filters = view.filters.filter { $0.dimension != .user || viewer.isAdmin }.map {
            "\($0.dimension.name) = \(OverviewReader.shown($0.value))"
        }.joined(separator: ", ")
        isFiltered = !filters.isEmpty
        sampled = Number.text(Int64(samples.count))
        models = TablePart(report.modelTable, caption: "Models, the dearest first")
        tasks = TablePart(report.taskTable, caption: "Models by kind of task, the best first")
        let drawn = report.models.prefix(Self.maximumDrawn)
        legend = drawn.enumerated().map {
            Key(place: $0 % StackSeries.count, name: $1.model.printable)
        }
        quality =
            ModelScatter(
                id: "quality", title: "Cost of a call against quality",
                points: drawn.enumerated().compactMap { place, model in
                    guard let cost = model.costPerCall, let success = model.success else {
                        return nil
                    }
                    let value = model.satisfaction.map { (success + $0) / 2 } ?? success
                    return ModelScatter.Point(
                        place: place, name: model.model.printable, cost: cost, value: value,
                        shown: "quality \(PerformanceReport.tenths(value) ?? "") %")
                }, lowLabel: "0 %", highLabel: "100 %"
            ).svg
        let slowest = max(1, drawn.compactMap(\.medianTime).max() ?? 1)
        speed =
            ModelScatter(
                id: "speed", title: "Cost of a call against speed",
                points: drawn.enumerated().compactMap { place, model in
                    guard let cost = model.costPerCall, let time = model.medianTime else {
                        return nil
                    }
                    return ModelScatter.Point(
                        place: place, name: model.model.printable, cost: cost,
                        value: 1_000 - time * 1_000 / slowest, shown: "median \(time) ms")
                }, lowLabel: "\(slowest) ms", highLabel: "0 ms"
            ).svg
    }
}
