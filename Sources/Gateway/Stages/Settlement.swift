internal import Accounting
internal import Dialects
internal import Metering
internal import Money
internal import Pricing

/// Decides what an attempt came to: its usage, its cost, and how far both can be trusted.
struct Settlement: Sendable {
    /// How the exchange with the upstream ended, as far as the money is concerned.
    enum Ending: Sendable, Equatable {
        case answered(status: Int)
        /// No byte of the request left.
        case notSent
        /// The reply, if any, is cut off for a reason of the upstream or the network.
        case broken
        /// The client hung up and the upstream was stopped.
        case abandoned
    }

    var usage = Usage()
    var status = UsageStatus.absent
    var cost = Amount.zero
    var priceVersion: String?
    var model: String?

    init(
        _ admission: Admission, _ reading: UsageReading, ending: Ending, prices: PriceBook
    ) {
        model = reading.model ?? admission.facts.model
        priceVersion = admission.price?.version
        switch ending {
        case .notSent: return
        case .answered(let code) where Self.isFree(status: code) && reading.usage == nil: return
        case .answered, .broken:
            // A stream that broke off behind its last usage is known in full.
            let isWhole = ending != .broken || reading.isFinal
            if isWhole, reading.status == .exact, let stated = reading.usage {
                settleExactly(stated, admission, reading, prices)
            } else {
                settleAtHold(admission, reading, isWhole: isWhole)
            }
        case .abandoned: settleAbandoned(admission, reading, prices)
        }
    }

    /// Statuses for which OpenAI and Anthropic document that nothing is charged: the request was
    /// refused or failed at the provider. What something in between says of it proves nothing.
    private static func isFree(status code: Int) -> Bool {
        switch code {
        case 408, 499: false
        case 300..<500, 500, 503, 529: true
        default: false
        }
    }

    private mutating func settleExactly(
        _ stated: Usage, _ admission: Admission, _ reading: UsageReading, _ prices: PriceBook
    ) {
        usage = stated
        status = .exact
        guard let entry = Self.entry(admission, reading, prices) else { return }
        priceVersion = entry.version
        let context = PriceContext(
            serviceTier: reading.serviceTier, inferenceGeo: reading.inferenceGeo)
        do throws(CostModel.Failure) {
            cost = try CostModel.cost(of: stated, at: entry, context: context)
        } catch {
            status = .invalid
            cost = admission.hold
        }
    }

    /// The price of the model that was billed; of the one that was asked for, where the sheet
    /// does not know the name that came back.
    private static func entry(
        _ admission: Admission, _ reading: UsageReading, _ prices: PriceBook
    ) -> PriceBook.Entry? {
        guard let billed = reading.model, billed != admission.facts.model else {
            return admission.price
        }
        return prices.entry(
            provider: admission.route.provider, model: billed, at: admission.record.admittedAt)
            ?? admission.price
    }

    /// What is not known costs what was held: an upper bound, and never nothing.
    private mutating func settleAtHold(
        _ admission: Admission, _ reading: UsageReading, isWhole: Bool
    ) {
        usage = reading.usage ?? Usage()
        cost = admission.hold
        if admission.quote == nil { settleSeen(admission, reading) }
        switch reading.status {
        case .invalid: status = .invalid
        case .absent where isWhole: status = .absent
        default: status = .estimated
        }
    }

    /// Input in full and the output that was seen: bytes bound tokens from above. Never more than
    /// the hold, which bounds the whole call.
    private mutating func settleAbandoned(
        _ admission: Admission, _ reading: UsageReading, _ prices: PriceBook
    ) {
        if reading.status == .exact, reading.isFinal, let stated = reading.usage {
            settleExactly(stated, admission, reading, prices)
            return
        }
        settleSeen(admission, reading)
        status = .estimated
        if admission.quote != nil { cost = min(cost, admission.hold) }
    }

    /// Prices the input in full and the output that was seen.
    private mutating func settleSeen(_ admission: Admission, _ reading: UsageReading) {
        usage = reading.usage ?? Usage()
        if reading.usage == nil { usage[.input] = admission.inputBound }
        usage[.output] += max(0, reading.outputBytesSeen - usage.outputTokens)
        guard let entry = admission.price else { return }
        let context = PriceContext(
            serviceTier: reading.serviceTier, inferenceGeo: reading.inferenceGeo)
        cost = (try? CostModel.cost(of: usage, at: entry, context: context)) ?? admission.hold
    }
}
