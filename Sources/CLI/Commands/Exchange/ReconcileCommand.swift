internal import App
internal import ArgumentParser
internal import Chronology
internal import Config
internal import Foundation
internal import Money
internal import Reporting
internal import SpendExports
internal import Stores
internal import ZoneDatabase

struct ReconcileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Compares a provider's bill with what was booked here, day by day.",
        discussion: """
            The bill is a file: OpenAI's organization/costs or its CSV; Anthropic's cost_report or \
            the CSV of the console; Google's billing report by date as CSV, or rows of its \
            export to BigQuery as JSON. A usage export does too: its tokens are priced here. \
            The newest 24 hours are open, as providers' figures come late, and do not count. \
            Exit status 3 where a closed day, or all of them together, differ by more than \
            --tolerance.
            Examples:
              spendfuse reconcile costs.json --provider openai --month 2026-11
              spendfuse reconcile anthropic.csv --provider anthropic --tolerance 0.5%
              spendfuse reconcile --api --provider openai --last 7d   (OPENAI_ADMIN_KEY)
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var span: SpanOptions
    @OptionGroup var output: FormatOption

    @Argument(help: "The provider's file.", completion: .file())
    var file: String?

    @Option(name: .long, help: "openai, anthropic or google.")
    var provider: BillReader.Provider

    @Option(name: .long, help: "How far the sums may be apart (default 1%).")
    var tolerance = "1%"

    @Flag(
        name: .long,
        help: "Asks the provider instead: with OPENAI_ADMIN_KEY or ANTHROPIC_ADMIN_KEY.")
    var api = false

    func run() throws {
        guard (file == nil) == api else {
            throw ValidationError("name the provider's file, or --api to ask the provider")
        }
        let limit = try toleranceHundredths()
        let prices = try shared.prices()
        let (since, until) = try span.span()
        let now = SystemClock().now()
        let (own, zone) = (try span.zone(), try SpanOptions.zone(named: provider.zoneName))
        // Whole days of the provider: those that the span names, whatever zone it is given in.
        let first = zone.start(of: own.day(at: since))
        let last = own.day(at: until.advanced(bySeconds: -1))
        let end = zone.start(of: last.advanced(byDays: 1))
        let read = try Failure.reported {
            try BillReader.bill(
                try file.map(ExportFile.read) ?? fetched(first, end), of: provider,
                prices: prices)
        }
        let bill = read.byDay(in: zone)
        for note in Set(bill.notes).sorted() { StandardError.print("note: \(note)") }
        let ours = try Failure.reported(exit: .storeUnreachable) {
            try shared.ledger().report(
                SpendQuery(
                    dimensions: [.day], since: first, until: end,
                    filters: [SpendFilter(.provider, provider.rawValue)], zone: zone))
        }
        var days: [CivilDate: Amount] = [:]
        for line in ours.lines {
            guard let day = Instant(text: line.keys[0]) else { continue }
            days[CivilDate(day), default: .zero] += line.cost
        }
        let comparison = Reconciliation(
            bill, ours: days, since: first, until: end, now: now, zone: zone)
        output.show(comparison.table)
        guard comparison.passes(tolerance: limit) else { return }
        StandardError.print(
            "spendfuse: the bill and what was booked differ by more than \(tolerance)")
        throw ExitCode.thresholdPassed
    }

    /// `2%` or `0.25` as hundredths of a percent.
    private func toleranceHundredths() throws -> Int64 {
        let text = tolerance.hasSuffix("%") ? String(tolerance.dropLast()) : tolerance
        guard let hundredths = Money.Decimal(text)?.whole(timesTenToThe: 2), hundredths >= 0,
            let value = Int64(exactly: hundredths), value <= 1_000_000
        else {
            throw ValidationError("--tolerance: '\(tolerance)' must be a share such as 1% or 0.25%")
        }
        return value
    }

    private func fetched(_ since: Instant, _ until: Instant) throws -> ExportFile {
        let settings = try shared.settings()
        return try BillFetch(
            environment: ProcessInfo.processInfo.environment,
            certificateFile: settings.certificateFile
        ).costs(of: provider, since: since, until: until)
    }
}

extension BillReader.Provider: ExpressibleByArgument {}
