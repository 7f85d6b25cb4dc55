internal import Chronology
internal import Metering
internal import Money
internal import Pricing
internal import Reporting

/// Usage that providers export: sums of buckets of time, without costs, which are priced here.
extension SpendImport {
    /// `GET /v1/organization/usage/completions`, or the CSV of the usage page.
    mutating func readOpenAI(_ file: ExportFile) throws(ExportProblem) {
        for row in try UsageRow.openAI(file) { addPriced(row, source: "openai") }
    }

    /// `GET /v1/organizations/usage_report/messages`, or the CSV of the console.
    mutating func readAnthropic(_ file: ExportFile) throws(ExportProblem) {
        for row in try UsageRow.anthropic(file) { addPriced(row, source: "anthropic") }
    }

    private mutating func addPriced(_ row: UsageRow, source: String) {
        guard !row.usage.isEmpty else { return }
        guard row.end <= now else {
            return leaveOut("\(row.moment.shortText) is not over yet; import it later")
        }
        var call = ImportedCall(
            key: row.key, source: source, moment: row.moment, user: row.user ?? user,
            provider: source)
        call.model = row.model
        call.project = row.project
        call.keyName = row.keyName
        call.usage = row.usage
        call.requests = row.requests
        call.isSum = true
        call.endpoint = source == "anthropic" ? "messages" : "chat_completions"
        price(&call, context: row.priceContext)
        if row.model == nil {
            leaveOut("\(row.moment.shortText): a sum without a model is taken over at 0")
        }
        addUp(call)
    }
}
