internal import Postgres
internal import Stores

extension StoreError {
    init(_ failure: PostgresFailure, doing what: String) {
        let remedy: String
        switch (failure.kind, failure.sqlState) {
        case (.refused, "28000"):
            remedy = "correct the user, the password or the name in database.url"
        case (.unreachable, _), (.inDoubt, _):
            remedy = "check that the server of database.url runs and can be reached from here"
        case (_, "42P01"), (_, "42703"): remedy = "run 'spendfuse migrate up'"
        case (_, "42501"):
            remedy = "the role of database.url lacks the right; see 'spendfuse migrate verify'"
        case (_, "53100"): remedy = "the disk of the server is full; make room"
        default: remedy = "see the reason"
        }
        self.init(
            "\(what) failed on the database: \(failure); \(remedy)", isPassing: failure.isPassing,
            // Data exceptions and violated constraints.
            isAboutValues: failure.sqlState.hasPrefix("22") || failure.sqlState.hasPrefix("23"))
    }
}
