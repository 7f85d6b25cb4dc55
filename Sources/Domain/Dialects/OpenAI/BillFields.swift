internal import Metering
internal import Money

/// The bill, where a provider of the OpenAI dialect states it in its usage object.
///
/// Sources: OpenRouter usage accounting, Perplexity API reference, docs.x.ai cost tracking.
struct BillFields: Sendable {
    static let firstName: Int32 = 300

    private enum Place: Int32 {
        case cost = 300
        case isByok, upstreamCost, ticks
    }

    static func want(in usage: String, of outline: inout JSONOutline.Builder) {
        outline.want("\(usage).cost", as: Place.cost.rawValue)
        outline.want("\(usage).cost.total_cost", as: Place.cost.rawValue)
        outline.want("\(usage).is_byok", as: Place.isByok.rawValue)
        outline.want(
            "\(usage).cost_details.upstream_inference_cost", as: Place.upstreamCost.rawValue)
        outline.want("\(usage).cost_in_usd_ticks", as: Place.ticks.rawValue)
    }

    private var cost: Amount?
    private var upstreamCost: Amount?
    private var isByok = false

    mutating func take(_ name: Int32, _ scalar: JSONScalar) {
        switch (Place(rawValue: name), scalar) {
        case (.cost, _): cost = Amount(reportedDollars: scalar) ?? cost
        case (.ticks, _): cost = Amount(reportedTicks: scalar) ?? cost
        case (.upstreamCost, _): upstreamCost = Amount(reportedDollars: scalar)
        case (.isByok, .bool(let flag)): isByok = flag
        default: break
        }
    }

    /// With a key of one's own at the provider behind, that one's bill comes on top.
    var total: Amount? {
        guard isByok else { return cost }
        return cost.flatMap { cost in upstreamCost.map { cost + $0 } }
    }
}
