internal import Accounting
internal import Chronology
internal import Money
internal import Reporting

/// What a budget's window has cost, hour by hour or day by day.
struct BudgetCourse: Sendable {
    private let standing: BudgetStanding
    /// The buckets of the window so far, and what was spent up to the end of each.
    private let labels: [String]
    private let sums: [Amount]
    /// Of the whole window.
    private let buckets: Int
    private let projected: Amount?

    /// Longer than any window has hours or days.
    private static let maximumBuckets = 400

    init(_ standing: BudgetStanding, _ report: SpendReport, zone: CivilZone, now: Instant) {
        self.standing = standing
        projected = SpendForecast(standing, at: now).projected
        let costs = Dictionary(report.lines.map { ($0.keys[0], $0.cost) }) { $0 + $1 }
        let isByDay = report.query.dimensions == [.day]
        var (labels, sums, sum, count): ([String], [Amount], Amount, Int) = ([], [], .zero, 0)
        var moment = standing.span.start
        while moment < standing.span.end, count < Self.maximumBuckets {
            count += 1
            if moment <= now {
                let bucket = String(moment.text.prefix("YYYY-MM-DDTHH:MM".count))
                let label = report.query.label(of: bucket, by: isByDay ? .day : .hour)
                sum += costs[label] ?? .zero
                labels.append(label)
                sums.append(sum)
            }
            // A day is as long as its zone's clocks make it.
            moment =
                isByDay
                ? zone.start(of: zone.day(at: moment).advanced(byDays: 1))
                : moment.advanced(bySeconds: 3_600)
        }
        self.labels = labels
        self.sums = sums
        buckets = count
    }

    func chart(number: Int) -> BurnUp {
        BurnUp(
            id: "b\(number)", title: "Course of \(standing.label), \(standing.window.label)",
            spent: sums, buckets: buckets, limit: standing.limit, projected: projected)
    }

    var table: TablePart {
        var table = ReportTable(columns: [.text("until the end of"), .money("spent_usd")])
        table.rows = zip(labels, sums).map { [.text($0), .money($1)] }
        return TablePart(table, caption: "Spent so far")
    }
}
