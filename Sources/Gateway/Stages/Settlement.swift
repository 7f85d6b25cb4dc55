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
    /// The bill as the reply states it.
    var reportedCost: Amount?
    /// By our own sheet, where the bill is believed instead.
    var sheetCost: Amount?
    /// Pieces of which the sheet does not say what they cost.
    var unpricedPieces: [FeeUnit] = []
    /// Models beside the call's own of which the sheet does not know the price.
    var unpricedModels: [String] = []

    init(
        _ admission: Admission, _ reading: UsageReading, ending: Ending, prices: PriceBook
    ) {
        model = reading.model ?? admission.record.model
        priceVersion = admission.price?.version
        switch ending {
        case .notSent: return
        case .answered(let code) where Self.isFree(status: code) && reading.usage == nil: return
        case .answered, .broken:
            // A stream that broke off behind its last usage is known in full.
            let isWhole = ending != .broken || reading.isFinal
            if isWhole, reading.status == .exact, let stated = reading.usage {
                settleExactly(stated, admission, reading, prices)
            } else if isWhole, reading.status == .absent, let stated = Self.stated(admission) {
                settleExactly(stated, admission, reading, prices)
            } else {
                settleAtHold(admission, reading, isWhole: isWhole)
                // The counts cannot be true, but the bill stands.
                if isWhole { _ = believes(reading, admission, prices) }
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

    /// What the request itself decides, where the sheet prices the model by just that.
    private static func stated(_ admission: Admission) -> Usage? {
        if admission.route.endpoint == .request { return Usage() }
        guard let usage = admission.facts.statedUsage, let period = admission.price?.period
        else { return nil }
        let isPriced = FeeUnit.all.allSatisfy { usage[$0] == 0 || period.fees[$0] != nil }
        return isPriced ? usage : nil
    }

    private mutating func settleExactly(
        _ stated: Usage, _ admission: Admission, _ reading: UsageReading, _ prices: PriceBook
    ) {
        usage = stated
        status = .exact
        let entry = Self.entry(admission, reading, prices)
        priceVersion = entry?.version
        let context = admission.priceContext(reading)
        do throws(CostModel.Failure) {
            if let entry {
                cost = try CostModel.cost(of: stated, at: entry, context: context)
                unpricedPieces = CostModel.unpricedPieces(of: stated, at: entry, context: context)
            }
            try addExtras(reading, admission, entry, prices, context)
        } catch {
            status = .invalid
            cost = admission.hold
        }
        if believes(reading, admission, prices) { status = .exact }
    }

    private mutating func addExtras(
        _ reading: UsageReading, _ admission: Admission, _ entry: PriceBook.Entry?,
        _ prices: PriceBook, _ context: PriceContext
    ) throws(CostModel.Failure) {
        for extra in reading.extras {
            var price = entry
            if let model = extra.model {
                price = prices.entry(
                    provider: admission.route.provider, model: model,
                    at: admission.record.admittedAt)
            }
            guard let price else {
                unpricedModels.append(extra.model ?? admission.facts.model ?? "")
                continue
            }
            var own = context
            own.contextInput = extra.largestInput
            cost += try CostModel.cost(of: extra.usage, at: price, context: own)
        }
    }

    /// A provider that prices itself is believed over our sheet, and both are kept.
    private mutating func believes(
        _ reading: UsageReading, _ admission: Admission, _ prices: PriceBook
    ) -> Bool {
        reportedCost = reading.reportedCost
        guard let reported = reading.reportedCost,
            prices.reportsCost(provider: admission.route.provider)
        else { return false }
        if priceVersion != nil, status == .exact { sheetCost = cost }
        cost = reported
        unpricedPieces = []
        unpricedModels = []
        return true
    }

    /// The record of an earlier call with what it came to, as a later reply states it.
    static func correction(
        of booked: RequestRecord, _ admission: Admission, _ reading: UsageReading,
        prices: PriceBook
    ) -> RequestRecord {
        var record = booked
        var settlement = Settlement(model: reading.model ?? booked.model)
        admission.price =
            [reading.model, booked.model].compactMap { $0 }.lazy.compactMap {
                prices.entry(provider: booked.provider, model: $0, at: booked.admittedAt)
            }.first
        admission.record.admittedAt = booked.admittedAt
        admission.quote = Quote(sum: booked.held)
        settlement.settleExactly(reading.usage ?? Usage(), admission, reading, prices)
        let context = admission.priceContext(reading)
        record.note(settlement, admission, reading, context)
        return record
    }

    private init(model: String?) { self.model = model }

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
        if reading.usage == nil {
            usage[.input] = admission.inputBound
            usage[.audioMilliseconds] = admission.likelySound
        }
        usage[.output] += max(0, reading.outputBytesSeen - usage.outputTokens)
        guard let entry = admission.price else { return }
        let context = admission.priceContext(reading)
        // What was sent may have been written to a cache, which costs more than reading it.
        var written = usage
        written[.cacheWrite5m] += written[.input]
        written[.input] = 0
        let plain = try? CostModel.cost(of: usage, at: entry, context: context)
        let cached = try? CostModel.cost(of: written, at: entry, context: context)
        cost = [plain, cached].compactMap { $0 }.max() ?? admission.hold
    }
}
