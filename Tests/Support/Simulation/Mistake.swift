/// Mistakes that peers have made, planted into the simulation: an auditor that does not find one
/// of them is no auditor.
package enum Mistake: CaseIterable, Sendable {
    /// The hold stays when a call fails before it is sent (LiteLLM: reservations that leak).
    case leaksHold
    /// A call is settled again under another id (new-api: double consumption on retry).
    case settlesTwice
    /// A client that hangs up pays nothing (gumroad: the cut reply is not billed).
    case refundsHangUp
    /// The hold leaves out the dear tier (the price of long context is looked up afterwards).
    case holdsTooLittle
    /// A cost above its hold is cut to the hold.
    case forgetsOverage
    /// Two processes decide on one store, each by what it has read: check, then act.
    case checksThenActs
    /// The client's word for who it is counts, whatever its key says.
    case trustsClient
    /// A call without the attribute is bound by no limit of it (TensorZero: the rule is skipped).
    case skipsMissingAttribute
    /// Spend is counted in the window in which the call ended (LiteLLM: the reset race).
    case countsAtEnd
    /// A call in flight at a crash is given back.
    case voidsAtCrash
    /// Rows are told to be durable before they are.
    case acknowledgesEarly
    /// A row is written twice when its writing is tried again.
    case writesRowTwice
    /// Rows of others are counted again after a start.
    case forgetsWatermark
    /// Spend from before a limit was set is counted with what came since, and once more.
    case countsTwice
    /// A threshold is alerted again after a start (the origin app: at every call inside a band).
    case alertsAgain
    /// The request goes out with the client's own bound of output, whatever was granted.
    case ignoresClamp
    /// A changed limit starts from nothing (LiteLLM: delete and create resets the spend).
    case forgetsSpendOnChange
    /// A user's limit is looked at, and the system's is not.
    case checksOneBudget
}
