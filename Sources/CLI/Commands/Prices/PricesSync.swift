internal import App
internal import ArgumentParser
internal import Config
internal import Foundation
internal import LedgerSQLite
internal import Pricing
internal import Stores

struct PricesSync: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Checks the price sheets and puts them in force in a running gateway.",
        discussion: """
            A bad sheet changes nothing: the prices in force stay.
            Example:
              spendfuse prices sync
            """)

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let settings = try shared.settings()
        let count = try Self.sync(shared, settings)
        print("\(count) prices are in force; cost_models has them, one row for each date")
    }

    /// Loads `cost_models`, and has a running gateway read the sheets again.
    @discardableResult
    static func sync(
        _ shared: SharedOptions, _ settings: Settings, what: String = "all sheets"
    ) throws -> Int {
        try Failure.reported(exit: .storeUnreachable) {
            try shared.sharedPrices(settings)?.push()
        }
        let book = try shared.prices()
        let ledger = try shared.ledger(mayMake: true)
        let now = SystemClock().now()
        try Failure.reported(exit: .storeUnreachable) {
            try ledger.store(book, at: now)
            try ledger.notePriceChange(at: now)
            try ledger.audit(
                AuditEntry.Change(
                    actor: Actor.name, action: "prices.change", subject: what, before: nil,
                    after: nil), at: now)
        }
        return book.providers.reduce(0) { $0 + book.entries(of: $1).count }
    }
}
