internal import Dialects
internal import Metering
internal import Pricing

extension GatewayError {
    /// Under a blocking budget: the cost of this model is not known, so no limit could hold.
    static func unpriced(model: String?, _ route: Route) -> GatewayError {
        guard let model else {
            return GatewayError(
                .unpricedModel, status: 400,
                "the request names no model, so its cost cannot be bounded while a hard limit is"
                    + " in force; name a model")
        }
        return GatewayError(
            .unpricedModel, status: 400,
            "no price is known for model '\(model.headerSafe)' of \(route.provider), and a hard"
                + " limit is in force; add it to pricing/\(route.provider).yaml"
                + " (see docs/price-sheets.md), or use a model of 'spendfuse prices list'")
    }

    static func notMetered(_ route: Route) -> GatewayError {
        GatewayError(
            .routeNotMetered, status: 400,
            "the cost of \(route.path) is not metered, and a hard limit is in force; remove the"
                + " limit's hard stop to let such calls pass unmetered")
    }

    static func unboundedBatch(_ reason: String) -> GatewayError {
        GatewayError(
            .unboundedRequest, status: 400,
            "the cost of this batch cannot be bounded while a hard limit is in force: \(reason)")
    }

    static func unbounded(_ failure: Quote.Failure, model: String) -> GatewayError {
        let reason: String
        switch failure {
        case .noOutputBound:
            reason =
                "the price sheet has no maximum_output for it and the request sets no"
                + " max_tokens; set max_tokens"
        case .noInputBound(let part):
            reason =
                "the request has \(part), which only the model's context window bounds, and"
                + " the price sheet has none; add context_window to the sheet"
        case .hostedTool(let tool):
            reason =
                "the hosted tool '\(tool.headerSafe)' runs as often as the model likes and"
                + " has no bound; leave it out"
        case .unboundedPiece(.audioMilliseconds):
            reason =
                "it is priced by the length of the sound, which only the file itself tells, of WAV"
                + " and MP3; send one of these in the request"
        case .unboundedPiece(let unit):
            reason =
                "it is priced by \(unit.rawValue), of which nobody knows how much it will be;"
                + " remove the limit's hard stop to let such calls pass"
        case .overflow:
            reason = "the bound is larger than any limit; ask for fewer tokens"
        }
        return GatewayError(
            .unboundedRequest, status: 400,
            "the cost of this call of model '\(model.headerSafe)' cannot be bounded while a hard"
                + " limit is in force: \(reason)")
    }
}
