internal import Chronology
internal import Metering
internal import Money
internal import Reporting

/// `ccusage daily --json`: what Claude Code, Codex and others used on this machine. Its costs are
/// estimates at list prices, whatever was paid.
extension SpendImport {
    mutating func readCcusage(_ file: ExportFile) throws(ExportProblem) {
        guard case .json(let json) = file else {
            throw ExportProblem("ccusage writes JSON: 'ccusage daily --json'")
        }
        if let days = json["daily"]?.list {
            for day in days { readDay(day, project: nil) }
            return
        }
        guard let projects = json["projects"]?.fields else {
            throw ExportProblem(
                "sessions, weeks and months span days and would count twice beside them; import"
                    + " 'ccusage daily --json'")
        }
        for (name, days) in projects.sorted(by: { $0.key < $1.key }) {
            for day in days.list ?? [] { readDay(day, project: name) }
        }
    }

    private mutating func readDay(_ day: JSONDocument, project: String?) {
        guard let date = (day["date"] ?? day["period"])?.text,
            let start = ForeignMoment.day(date)?.start
        else { return leaveOut("a day without a date") }
        // The file does not say whose day it is; the last zone ends it twelve hours after UTC.
        let end = start.advanced(bySeconds: Instant.secondsPerDay * 3 / 2)
        guard end <= now else { return leaveOut("\(date) is not over yet; import it tomorrow") }
        // Noon, so that the day is the same in most zones: the file does not say whose it is.
        let noon = start.advanced(bySeconds: Instant.secondsPerDay / 2)
        let agent = day["agent"]?.text ?? "ccusage"
        let place = [date, agent, project ?? day["project"]?.text ?? ""].joined(separator: "|")
        let parts = day["modelBreakdowns"]?.list ?? []
        guard !parts.isEmpty else {
            addUp(part(day, model: day["modelsUsed"]?.list?.first?.text, place, noon, project))
            return
        }
        for one in parts { addUp(part(one, model: one["modelName"]?.text, place, noon, project)) }
    }

    private func part(
        _ json: JSONDocument, model: String?, _ place: String, _ noon: Instant, _ project: String?
    ) -> ImportedCall {
        func count(_ name: String) -> Int64 {
            json[name]?.text.flatMap(ForeignNumber.count) ?? 0
        }
        var call = ImportedCall(
            key: "\(place)|\(model ?? "")", source: "ccusage", moment: noon, user: user,
            provider: Self.provider(of: model ?? ""))
        call.model = model
        call.project = project
        call.usage[.input] = count("inputTokens")
        call.usage[.output] = count("outputTokens")
        call.usage[.cacheWrite5m] = count("cacheCreationTokens")
        call.usage[.cacheRead] = count("cacheReadTokens")
        call.isExact = false
        call.isSum = true
        if let cost = (json["cost"] ?? json["totalCost"] ?? json["costUSD"])?.text
            .flatMap({ ForeignAmount.amount($0) })
        {
            call.cost = cost
            call.priceVersion = "ccusage"
        } else {
            price(&call)
        }
        return call
    }

    private static func provider(of model: String) -> String {
        if model.hasPrefix("claude") { return "anthropic" }
        if model.hasPrefix("gemini") { return "google" }
        return model.hasPrefix("gpt") || model.hasPrefix("o") || model.hasPrefix("codex")
            ? "openai" : "unknown"
    }
}
