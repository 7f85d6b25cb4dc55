internal import Accounting
internal import Chronology
internal import Dialects
internal import Metering
internal import Money
internal import Pricing

/// What the first stages found out about a request: where it goes, who pays, what it can cost.
///
/// A class, as it is looked at from every stage and has many texts that a copy would count.
final class Admission {
    let route: Route
    var caller: Caller
    var facts: RequestFacts
    let fields: RequestFields
    var price: PriceBook.Entry?
    var quote: Quote?
    /// Why a call that may pass has no quote; nil where it has one.
    var quoteFailure: GatewayError?
    /// Why the caller's key does not let the call pass as it is.
    var attributionFailure: GatewayError?
    var record: RequestRecord
    let bodyBytes: Int
    /// What may be spent on the call, where a limit leaves less than its bound.
    var clamp: ClampedOutput?
    /// What a batch of the uploaded file can cost.
    var quotedFile: QuotedFile?

    init(
        route: Route, caller: Caller, facts: RequestFacts, fields: RequestFields,
        record: RequestRecord, bodyBytes: Int
    ) {
        self.route = route
        self.caller = caller
        self.facts = facts
        self.fields = fields
        self.record = record
        self.bodyBytes = bodyBytes
    }

    /// The change that makes a stream state its usage, where the upstream knows the field for it.
    var usageSplice: BodySplice? {
        route.upstream.asksForUsage ? facts.usageSplice : nil
    }

    /// What a cost depends on beside the counts, as far as the reply states it.
    func priceContext(_ reading: UsageReading) -> PriceContext {
        var context = PriceContext(
            serviceTier: reading.serviceTier, inferenceGeo: reading.inferenceGeo)
        context.region = route.region
        context.moment = record.admittedAt
        context.contextInput = reading.largestInput
        context.imageSize = reading.imageSize ?? facts.basis.imageSize
        context.imageQuality = reading.imageQuality ?? facts.basis.imageQuality
        return context
    }

    /// Milliseconds of sound in the body of a call that is priced by them, for a reply that does
    /// not state its length: as much as speech at 500 bytes a second, a low rate, has.
    var likelySound: Int64 {
        guard (price?.period?.fees[.audioMilliseconds] ?? 0) > 0,
            case .contextWindow = facts.basis.input
        else { return 0 }
        let millisecondsPerByte: Int64 = 2
        return Int64(bodyBytes) * millisecondsPerByte
    }

    /// What is held for the call; nothing where no bound is known and nothing asks for one.
    var hold: Amount { clamp?.granted ?? quote?.amount ?? .zero }

    /// What budgets in shadow mode would have refused.
    var shadowRefusals: [String] = []

    /// Tokens at most, so far as the request shows.
    var tokenBound: Int64 {
        let (sum, overflow) = inputBound.addingReportingOverflow(quote?.outputTokens ?? 0)
        return overflow ? .max : sum
    }

    /// Input tokens at most, so far as the request shows.
    var inputBound: Int64 {
        if let quote { return quote.inputTokens }
        if case .bytes(let count) = facts.basis.input { return count }
        return price?.model.contextWindow ?? 0
    }
}

/// The stages before the first byte goes upstream: pure but for the clock.
struct AdmissionStages {
    let services: GatewayServices
    let books: GatewayBooks

    init(services: GatewayServices) {
        self.services = services
        books = services.books
    }

    func admit(_ request: GatewayRequest, call: CallID) throws(GatewayError) -> Admission {
        let route = try books.routes.route(method: request.method, path: request.path)
        let fields = RequestFields(request.fields, query: request.query)
        let caller = try authenticate(fields, route)
        let facts = try read(request, route)
        let admission = Admission(
            route: route, caller: caller, facts: facts, fields: fields,
            record: RequestRecord(
                attempt: AttemptID(call: call, attempt: 1), admittedAt: services.clock.now(),
                userID: caller.userID), bodyBytes: request.body.count)
        attribute(admission)
        price(admission, request)
        noteModels(admission)
        return admission
    }

    private func authenticate(
        _ fields: RequestFields, _ route: Route
    ) throws(GatewayError) -> Caller {
        var offered = fields.credentials
        offered.pathKey = route.pathKey
        return try books.keyRing.caller(
            offering: offered, upstreamHasKey: route.upstream.key != nil)
    }

    private func read(
        _ request: GatewayRequest, _ route: Route
    ) throws(GatewayError) -> RequestFacts {
        do throws(RequestProblem) {
            var facts = try route.endpoint.readRequest(RequestInput(request, route))
            if route.model == nil {
                facts.model = facts.model.map { route.upstream.models[$0] ?? $0 }
            }
            facts.basis.region = route.region
            return facts
        } catch {
            throw GatewayError(
                .malformedRequest, status: 400,
                "the request cannot be metered: \(error.reason); nothing was sent upstream")
        }
    }

    private func attribute(_ admission: Admission) {
        let attribution = Attribution(
            caller: admission.caller, fields: admission.fields, facts: admission.facts)
        admission.attributionFailure = attribution.apply(to: &admission.record)
        admission.record.provider = admission.route.provider
        admission.record.upstream = admission.route.upstream.name
        admission.record.endpoint = admission.route.endpoint.rawValue
        admission.record.modelRequested = admission.facts.model
        admission.record.model = admission.facts.model
        admission.record.streamed = admission.facts.streams
        admission.record.taskType = TaskType.of(
            stated: admission.fields.taskType, endpoint: admission.route.endpoint,
            offersTools: admission.facts.offersTools)
        admission.record.attributes.provider = admission.route.provider
        admission.record.attributes.endpoint = admission.route.endpoint.rawValue
    }

    private func price(_ admission: Admission, _ request: GatewayRequest) {
        switch admission.route.endpoint.meterClass {
        case .free, .settles:
            if admission.route.endpoint == .upload { quoteUpload(admission, request) }
            return
        case .denied:
            admission.quoteFailure = .notMetered(admission.route)
            return
        case .priced: break
        }
        if admission.route.endpoint == .batches || admission.route.endpoint == .messageBatches {
            quoteBatch(admission, request)
            return
        }
        guard let model = admission.facts.model else {
            admission.quoteFailure = .unpriced(model: nil, admission.route)
            return
        }
        if admission.route.endpoint == .chatCompletions, !admission.readsCompletionCap {
            // Where both are sent, either may be the one that it goes by.
            if admission.facts.clamp.olderCap == nil { admission.facts.basis.outputCap = nil }
        }
        admission.price = books.prices.entry(
            provider: admission.route.provider, model: model,
            at: admission.record.admittedAt)
        guard let price = admission.price else {
            admission.quoteFailure = .unpriced(model: model, admission.route)
            return
        }
        admission.record.priceVersion = price.version
        do throws(Quote.Failure) {
            admission.quote = try Quote(admission.facts.basis, at: price)
        } catch {
            admission.quoteFailure = .unbounded(error, model: model)
        }
        for alternative in admission.facts.alternatives where alternative != model {
            quote(alternative, for: admission)
        }
    }

    /// A limit of a model counts calls by the name they ask for and by that of the price sheet, so
    /// that no alias gets round it.
    private func noteModels(_ admission: Admission) {
        let requested = admission.record.modelRequested
        let priced = requested.flatMap { model in
            admission.price?.model.model
                ?? books.prices.entry(
                    provider: admission.route.provider, model: model,
                    at: admission.record.admittedAt)?.model.model
        }
        admission.record.modelPriced = priced
        var names = ModelNames.all(requested: requested, priced: priced)
        // What may be run in the place of the model counts too.
        for alternative in admission.facts.alternatives {
            let sheet = books.prices.entry(
                provider: admission.route.provider, model: alternative,
                at: admission.record.admittedAt)
            names += ModelNames.all(requested: alternative, priced: sheet?.model.model)
                .filter { !names.contains($0) }
        }
        admission.record.attributes.models = names
    }

    /// Raises the quote to what another model would cost that may serve the call.
    private func quote(_ model: String, for admission: Admission) {
        let entry = books.prices.entry(
            provider: admission.route.provider, model: model, at: admission.record.admittedAt)
        guard let entry else {
            admission.quoteFailure = .unpriced(model: model, admission.route)
            return
        }
        do throws(Quote.Failure) {
            let other = try Quote(admission.facts.basis, at: entry)
            if let known = admission.quote, other.amount > known.amount { admission.quote = other }
        } catch {
            admission.quoteFailure = .unbounded(error, model: model)
        }
    }
}
