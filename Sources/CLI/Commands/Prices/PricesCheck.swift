internal import App
internal import ArgumentParser
internal import Chronology
internal import Config
internal import Foundation
internal import LedgerSQLite
internal import Pricing
internal import Reporting
internal import Stores

struct PricesCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks every price sheet, and lists what calls used without a price.",
        discussion: """
            Exit 1 names file and line of what is wrong.
            Example:
              spendfuse prices check --days 7
            """)

    @OptionGroup var shared: SharedOptions

    @Option(name: .long, help: "Look at calls of so many days.")
    var days: Int64 = 30

    func validate() throws {
        guard (1...36_500).contains(days) else {
            throw ValidationError("--days is a number from 1 to 36500")
        }
    }

    func run() throws {
        let settings = try shared.settings()
        let book = try shared.prices()
        for provider in book.providers {
            let count = book.models(of: provider).count
            print("\(provider): \(count) models, version \(book.version(of: provider) ?? "?")")
        }
        guard FileManager.default.fileExists(atPath: "\(settings.state)/ledger.sqlite") else {
            return
        }
        let ledger = try shared.ledger()
        let since = SystemClock().now().advanced(bySeconds: -days * Instant.secondsPerDay)
        let unpriced = try Failure.reported(exit: .storeUnreachable) {
            try ledger.unpriced(since: since)
        }
        for line in unpriced {
            print(
                "no price: \(line.what) of \(line.provider), in \(line.calls) calls; add it to"
                    + " pricing/\(line.provider).yaml or with 'spendfuse prices set … --from DATE',"
                    + " then 'spendfuse reprice --since DATE --apply'")
        }
    }
}
