package import Accounting
package import Chronology
package import Stores

extension LedgerDatabase: SpendStore, AlertOutbox {
    package var place: String { path }

    package func sharedPepper() throws(StoreError) -> [UInt8]? { nil }

    package func standings(at now: Instant) throws(StoreError) -> [BudgetStanding] {
        try ledger(at: now).standings(at: now)
    }
}
