internal import Accounting
internal import ArgumentParser
internal import Chronology
internal import ZoneDatabase

/// The options that say what a budget is to be; 'none' clears a field.
struct LimitOptions: ParsableArguments {
    @Option(name: .long, help: "USD an hour, such as 0.25.")
    var hourly: String?

    @Option(name: .long, help: "USD a day of the time zone.")
    var daily: String?

    @Option(name: .long, help: "USD a week.")
    var weekly: String?

    @Option(name: .long, help: "USD a calendar month.")
    var monthly: String?

    @Option(name: .long, help: "USD altogether.")
    var total: String?

    @Option(name: .long, help: "USD for a single call.")
    var perCall: String?

    @Option(name: .long, help: "USD in any stretch of time: 5h=2.50,7d=20.")
    var rolling: String?

    @Option(name: .long, help: "Requests in any minute.")
    var requestsPerMinute: String?

    @Option(name: .long, help: "Tokens in any minute.")
    var tokensPerMinute: String?

    @Option(name: .long, help: "USD in any minute.")
    var usdPerMinute: String?

    @Option(name: .long, help: "Calls in flight at once.")
    var concurrentCalls: String?

    @Option(name: .long, help: "enforce, alert, or shadow (records what it would refuse).")
    var mode: String?

    @Flag(inversion: .prefixedNo, help: "The same as --mode enforce, or --mode alert.")
    var hardStop: Bool?

    @Option(
        name: .long,
        help: "What to do with calls whose bound does not fit: strict, clamp or learned.")
    var nearLimit: String?

    @Option(name: .long, help: "Whose clock the windows follow, such as America/New_York.")
    var timeZone: String?

    @Option(name: .long, help: "The first day of the week: monday, sunday, …")
    var weekStart: String?

    @Option(name: .long, help: "Percentages to alert at, such as 50,80,100, or none.")
    var alertAt: String?

    @Option(name: .long, help: "Loop breaker: alert, stop or off.")
    var breaker: String?

    @Option(name: .long, help: "Trips above so many times a usual minute (default 10).")
    var burnFactor: String?

    @Option(name: .long, help: "USD a minute that never trip it (default 0.10).")
    var burnFloor: String?

    @Option(name: .long, help: "USD a minute that always trip it.")
    var burnLimit: String?

    @Option(name: .long, help: "How long a trip stops the scope (default 10m).")
    var stopFor: String?

    @Option(
        name: .long,
        help: """
            While the database that several gateways share is away: closed (spend what was leased, \
            then refuse), bounded:AMOUNT (so much more for each gateway and window), or \
            open_unbounded (refuse nothing).
            """)
    var onStoreOutage: String?

    @Option(name: .long, help: "An address that alerts of this budget go to as well.")
    var alertEmail: String?

    @Option(name: .long, help: "A URL that alerts of this budget go to as well.")
    var alertWebhook: String?

    func validate() throws {
        guard mode == nil || hardStop == nil else {
            throw ValidationError("name either --mode or --hard-stop, not both")
        }
    }

    /// What was said, in an order in which each can be set.
    private var settings: [(BudgetField, String)] {
        let stop = hardStop.map { $0 ? "enforce" : "alert" }
        let all: [(BudgetField, String?)] = [
            (.hourly, hourly), (.daily, daily), (.weekly, weekly), (.monthly, monthly),
            (.total, total), (.perCall, perCall), (.rolling, rolling),
            (.requestsPerMinute, requestsPerMinute), (.tokensPerMinute, tokensPerMinute),
            (.moneyPerMinute, usdPerMinute), (.concurrentCalls, concurrentCalls),
            (.mode, mode ?? stop), (.nearLimit, nearLimit), (.timeZone, timeZone),
            (.weekStart, weekStart), (.alertAt, alertAt), (.breaker, breaker),
            (.burnFactor, burnFactor), (.burnFloor, burnFloor), (.burnLimit, burnLimit),
            (.stopFor, stopFor), (.storeOutage, onStoreOutage), (.alertEmail, alertEmail),
            (.alertWebhook, alertWebhook),
        ]
        return all.compactMap { field, text in text.map { (field, $0) } }
    }

    var isEmpty: Bool { settings.isEmpty }

    /// Reads every option before anything is changed.
    func apply(to budget: inout Budget) throws {
        let zones = SystemZones()
        for (field, text) in settings {
            do throws(BudgetFieldError) {
                try budget.set(field, text, zones: zones)
            } catch {
                let option = String(field.rawValue.map { $0 == "_" ? "-" : $0 })
                throw ValidationError("--\(option): \(error.reason)")
            }
        }
    }
}
