internal import Accounting
internal import Dialects
internal import Money
internal import Pricing

/// What a batch can cost: the sum over its requests.
extension AdmissionStages {
    /// A file that is uploaded for a batch is quoted when it passes, as the batch only names it.
    func quoteUpload(_ admission: Admission, _ request: GatewayRequest) {
        guard let requests = BatchRequests.inUpload(RequestInput(request, admission.route)),
            !requests.isEmpty, let amount = try? sum(requests, admission)
        else { return }
        admission.quotedFile = QuotedFile(models: Self.models(requests), amount: amount)
    }

    func quoteBatch(_ admission: Admission, _ request: GatewayRequest) {
        do throws(GatewayError) {
            if admission.route.endpoint == .messageBatches {
                guard let requests = BatchRequests.inMessageBatch(request.body) else {
                    throw .unboundedBatch("its requests cannot be read")
                }
                note(models: Self.models(requests), in: admission)
                admission.quote = Quote(sum: try sum(requests, admission))
            } else {
                guard let name = admission.facts.batchInputFile,
                    let file = services.bookkeeper.quotedFile(
                        "\(admission.route.upstream.name)/\(name)")
                else {
                    throw .unboundedBatch(
                        "its file of requests did not come through this gateway, or was not"
                            + " readable; upload it through the gateway again")
                }
                note(models: file.models, in: admission)
                admission.quote = Quote(sum: file.amount)
            }
        } catch {
            admission.quoteFailure = error
        }
    }

    /// Each once, in the order of the requests.
    private static func models(_ requests: [BatchRequest]) -> [String] {
        var seen: Set<String> = []
        return requests.map(\.model).filter { seen.insert($0).inserted }
    }

    private func note(models: [String], in admission: Admission) {
        guard let model = models.first else { return }
        admission.facts.alternatives = Array(models.dropFirst())
        admission.record.model = model
        admission.record.modelRequested = model
        admission.record.priceVersion =
            books.prices.entry(
                provider: admission.route.provider, model: model,
                at: admission.record.admittedAt)?.version
    }

    private func sum(
        _ requests: [BatchRequest], _ admission: Admission
    ) throws(GatewayError) -> Amount {
        var sum = Amount.zero
        for request in requests {
            guard
                let entry = books.prices.entry(
                    provider: admission.route.provider, model: request.model,
                    at: admission.record.admittedAt)
            else { throw .unpriced(model: request.model, admission.route) }
            do throws(Quote.Failure) {
                var basis = request.basis
                basis.region = admission.route.region
                sum += try Quote(basis, at: entry).amount
                guard sum.stored != nil else { throw .overflow }
            } catch {
                throw .unbounded(error, model: request.model)
            }
        }
        return sum
    }
}

extension RequestInput {
    init(_ request: GatewayRequest, _ route: Route) {
        let contentType = request.fields.first { $0.name.caseInsensitiveEquals("content-type") }
        self.init(
            body: request.body, contentType: contentType?.value, query: request.query,
            pathModel: route.model, path: String(route.path.dropFirst()))
    }
}
