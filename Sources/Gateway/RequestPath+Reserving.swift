internal import Accounting
internal import Chronology
internal import Dialects
internal import Metering
internal import Money

extension RequestPath {
    /// Holds the call's upper bound on every budget that it touches.
    func reserve(_ admitted: Admission) throws(GatewayError) {
        let attributes = admitted.record.attributes
        let meterClass = admitted.route.endpoint.meterClass
        let isFree = meterClass == .free || meterClass == .settles
        if let failure = admitted.attributionFailure, !isFree {
            note(refusedBy: failure, admitted)
            throw failure
        }
        if let failure = admitted.quoteFailure, services.bookkeeper.isBlocking(attributes) {
            note(refusedBy: failure, admitted)
            throw failure
        }
        if isFree {
            forward()
            return
        }
        try hold(admitted)
    }

    /// Answers of the shared store that a call waits for at most: others may take what was leased
    /// for it, but not for ever.
    private static let maximumLeaseAnswers = 16

    private func hold(_ admitted: Admission) throws(GatewayError) {
        let attributes = admitted.record.attributes
        let clamping = OutputClamping(admission: admitted)
        let floor = services.bookkeeper.clamps(attributes) ? clamping.floor : nil
        let held = services.bookkeeper.hold(
            admitted.hold, floor: floor,
            usual: services.bookkeeper.usualCost(of: admitted.record),
            tokens: admitted.tokenBound, answers: leaseAnswers, for: admitted.record,
            receipt: receipt)
        switch held {
        case .held(let admittance):
            stage = .holding
            admitted.record.admittedAt = admittance.admittedAt
            admitted.shadowRefusals = admittance.shadowRefusals.map(\.budgetLabel)
            if admittance.granted < admitted.hold {
                admitted.clamp = clamping.output(within: admittance.granted)
            }
        case .storeUnavailable: throw .storeUnavailable
        case .waiting:
            guard leaseAnswers < Self.maximumLeaseAnswers else { throw .storeUnavailable }
            stage = .leasing
        case .away(let scope):
            let error = GatewayError.budgetStoreUnavailable(scope)
            note(refusedBy: error, admitted)
            throw error
        case .refused(let refusal):
            let error = GatewayError(
                refusal, quote: admitted.quote,
                blockStatus: admitted.caller.policy.blockStatus)
            note(refusedBy: error, admitted)
            throw error
        }
    }

    /// The shared store has answered.
    func reserveAgain() {
        guard let admission, downstream != nil else {
            stage = .done
            return
        }
        leaseAnswers += 1
        do throws(GatewayError) {
            try hold(admission)
        } catch {
            refuse(error)
        }
    }

    /// The row of a call that was refused: it cost nothing and names the limit.
    private func note(refusedBy error: GatewayError, _ admitted: Admission) {
        var record = admitted.record
        record.status = .blocked
        record.statusCode = error.status
        record.errorClass = error.code.rawValue
        record.errorMessage = error.message
        var object = JSONObjectText()
        object.add("refusal", error.code.rawValue)
        for fact in error.facts { object.add(fact.name, fact.value) }
        record.metadata = object.closed
        services.bookkeeper.note(refused: record)
    }

    /// The hold is on disk, so the request may go out.
    func held(_ isDurable: Bool) {
        guard let admission else { return }
        guard isDurable else {
            services.bookkeeper.forget(admission.record.attempt)
            refuse(.storeUnavailable)
            return
        }
        guard downstream != nil else {
            conclude(
                .notSent, failure: UpstreamFailure(.cancelled, "the client left before sending"))
            return
        }
        forward()
    }

    func forward() {
        guard let admission else { return }
        stage = .forwarding
        upstream.start(
            Forwarding.request(for: admission, request, at: services.clock.now()),
            for: receipt.address)
        if reply.clientIsBehind { upstream.pause(receipt.address) }
    }

    /// Answers the client ourselves; nothing went upstream.
    func refuse(_ error: GatewayError) {
        stage = .done
        send(error)
    }

    func send(_ error: GatewayError) {
        let dialect =
            admission?.route.dialect
            ?? services.books.routes.likelyDialect(path: request.path)
        let body = error.body(in: dialect, callID: callID.description)
        downstream?.send(
            ReplyHead(
                status: error.status, fields: error.fields(callID: callID.description),
                contentLength: body.count))
        if request.method != "HEAD" { downstream?.send(body) }
        downstream?.finish()
    }
}

extension GatewayError {
    /// A hard limit that is shared by several processes, while their store is away.
    static func budgetStoreUnavailable(_ scope: String) -> GatewayError {
        var error = GatewayError(
            .budgetStoreUnavailable, status: 503,
            "the limit of \(scope) is kept in the shared database, which cannot be reached, and"
                + " what was leased of it before is spent; the call was not sent. Ask again soon,"
                + " or set --on-store-outage of the limit to bounded:AMOUNT")
        error.retryAfterSeconds = 2
        error.facts = [GatewayError.Fact(name: "scope", value: scope)]
        return error
    }

    static let storeUnavailable: GatewayError = {
        var error = GatewayError(
            .storeUnavailable, status: 503,
            "the ledger cannot be written, so no call is admitted; see the gateway's log"
                + " (disk full, or the state directory is read-only)")
        error.retryAfterSeconds = 2
        return error
    }()
}
