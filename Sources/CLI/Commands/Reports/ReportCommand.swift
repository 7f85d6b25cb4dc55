internal import Accounting
internal import App
internal import ArgumentParser
internal import Chronology
internal import Money
internal import Reporting
internal import Stores

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Shows where the money went.",
        discussion: """
            Examples:
              spendfuse report --since yesterday --until today
              spendfuse report --by model --since yesterday --until today
              spendfuse report --by user,day --last 7d --format csv
              spendfuse report --by tag:team --month current --tz Europe/Berlin
              spendfuse report --by project --filter provider=openai --compare previous
              spendfuse report --fail-over 80%    (exit status 3 once a limit is at 80 %)
            """)

    /// FOCUS has columns of its own, whatever --by says.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table, json, jsonl, csv, markdown, focus
    }

    enum Comparison: String, ExpressibleByArgument { case previous }

    @OptionGroup var shared: SharedOptions
    @OptionGroup var span: SpanOptions

    @Option(
        name: .long,
        help: "table, json, jsonl, csv, markdown; or focus: rows of FOCUS 1.2 as CSV.")
    var format = Format.table

    @Option(
        name: .long,
        help: """
            One or two of model, provider, endpoint, upstream, task_type, user, project, key, \
            session, conversation, tag:NAME, and hour, day, week or month.
            """)
    var by = Self.usualDimension

    private static let usualDimension = "model"

    @Option(name: .long, help: "Only this user's calls.")
    var user: String?

    @Option(
        name: .long,
        help:
            "Only calls with this value: model=gpt-5, tag:team=web; more than one narrows further.")
    var filter: [String] = []

    @Option(name: .long, help: "The dearest so many; the rest is one line.")
    var top: Int?

    @Option(name: .long, help: "previous: beside the same span of time just before.")
    var compare: Comparison?

    @Option(
        name: .long,
        help: """
            Exit status 3 where a limit is spent to at least this share (80%), or the report's \
            total is at least this many USD (25).
            """)
    var failOver: String?

    func run() throws {
        var query = try query()
        if let top, top < 1 { throw ValidationError("--top must be above 0") }
        if format == .focus, top != nil || compare != nil || by != Self.usualDimension {
            throw ValidationError(
                "--format focus has rows and columns of its own; leave out --by, --top and"
                    + " --compare")
        }
        let ceiling = try failOver.map(ReportCeiling.init(text:))
        let store = try shared.ledger()
        query.filters = try Failure.reported(exit: .storeUnreachable) {
            try store.resolvingKeys(query)
        }
        if format == .focus {
            let focus = try Failure.reported(exit: .storeUnreachable) { try store.focus(query) }
            show(focus.table)
            return
        }
        let report = try Failure.reported(exit: .storeUnreachable) { try store.report(query) }
        let names = try names(store)
        let shown = (top.map(report.top) ?? report).naming(.key, names)
        if compare == .previous {
            let before = try Failure.reported(exit: .storeUnreachable) {
                try store.report(query.previous).naming(.key, names)
            }
            show(SpendComparison(shown, before: before).table)
        } else {
            show(shown.table)
        }
        guard let ceiling else { return }
        let standings = try Failure.reported(exit: .storeUnreachable) {
            try store.standings(at: SystemClock().now())
        }
        guard let passed = ceiling.passed(by: report.total.cost, standings) else { return }
        StandardError.print("spendfuse: \(passed)")
        throw ExitCode.thresholdPassed
    }

    /// Of keys, for people; programs know them by their ids.
    private func names(_ store: any SpendStore) throws -> [String: String] {
        guard format == .table || format == .markdown else { return [:] }
        return try Failure.reported(exit: .storeUnreachable) { try store.keyNames() }
    }

    /// What fits a terminal; other formats have every column.
    private func show(_ table: ReportTable) {
        var table = table
        if format == .table {
            for name in ["cache_read_tokens", "cache_write_tokens", "reasoning_tokens"] {
                table.drop(name)
            }
        }
        table.expendable = ["inexact_usd", "blocked", "errors", "output_tokens", "input_tokens"]
        FormatOption.show(table, as: ReportFormat(rawValue: format.rawValue) ?? .csv)
    }

    private func query() throws -> SpendQuery {
        guard let dimensions = SpendDimension.list(by) else {
            let known = SpendDimension.plain.map(\.name).joined(separator: ", ")
            throw ValidationError(
                "--by: '\(by)' must be one or two of \(known), tag:NAME; with one span of time"
                    + " and one tag at most")
        }
        if compare != nil, dimensions.contains(where: \.isTime) {
            throw ValidationError(
                "--compare: two spans have no days in common; leave hour, day, week and month out"
                    + " of --by")
        }
        var filters = user.map { [SpendFilter(.user, $0)] } ?? []
        for text in filter {
            guard let filter = SpendFilter(text: text) else {
                throw ValidationError(
                    "--filter: '\(text)' must be DIMENSION=VALUE, such as model=gpt-5")
            }
            let isTwice = filters.contains {
                $0.dimension == filter.dimension
                    || $0.dimension.tag != nil && filter.dimension.tag != nil
            }
            guard !isTwice else {
                throw ValidationError(
                    "--filter: \(filter.dimension.name): a report is kept to one value of each"
                        + " dimension, and to one tag")
            }
            filters.append(filter)
        }
        let (since, until) = try span.span()
        return SpendQuery(
            dimensions: dimensions, since: since, until: until, filters: filters,
            zone: try span.zone())
    }
}

/// What `--fail-over` says: a share of any limit, or an amount.
private enum ReportCeiling {
    case percent(Int64)
    case amount(Amount)

    init(text: String) throws {
        if text.hasSuffix("%"), let percent = Int64(text.dropLast()), percent > 0 {
            self = .percent(percent)
        } else if let amount = try? Amount(dollars: text), amount > .zero {
            self = .amount(amount)
        } else {
            throw ValidationError("--fail-over: '\(text)' must be a share (80%) or USD (25.50)")
        }
    }

    /// What is at or above it, for people; nil where nothing is.
    func passed(by total: Amount, _ standings: [BudgetStanding]) -> String? {
        switch self {
        case .amount(let amount):
            guard total >= amount else { return nil }
            return "\(total.shortDollars) USD were spent, of \(amount.shortDollars) allowed"
        case .percent(let percent):
            let over = standings.filter {
                $0.settled.picodollars * 100 >= $0.limit.picodollars * Int128(percent)
            }
            guard !over.isEmpty else { return nil }
            return over.map { standing in
                "\(standing.label) \(standing.window.name) is at"
                    + " \(standing.settled.percentText(of: standing.limit) ?? "100") %"
            }.joined(separator: "; ")
        }
    }
}
