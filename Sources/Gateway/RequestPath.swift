internal import Accounting
internal import Chronology
internal import Dialects
internal import Metering
internal import Pricing

/// The way of one request through the gateway. Confined to one event loop, like its downstream.
///
/// A request is authenticated and read, its upper bound is held on every budget it touches, it
/// goes out, its bytes stream back while a copy is metered, the hold is settled and the row
/// written before the last byte leaves. The methods stand in that order.
package final class RequestPath {
    enum Stage: Sendable, Equatable { case leasing, holding, forwarding, replying, settling, done }

    let services: GatewayServices
    let upstream: any UpstreamClient
    let receipt: JournalReceipt
    let request: GatewayRequest
    let callID: CallID
    weak var downstream: (any Downstream)?
    var stage = Stage.holding
    var admission: Admission?
    var reply = ReplyProgress()
    /// Answers of the shared store that the call has waited for.
    var leaseAnswers = 0

    package init(
        _ request: GatewayRequest, services: GatewayServices, upstream: any UpstreamClient,
        receipt: JournalReceipt, downstream: any Downstream
    ) {
        self.request = request
        self.services = services
        self.upstream = upstream
        self.receipt = receipt
        self.downstream = downstream
        callID = services.nextCallID()
    }

    /// Whether nothing more will come of this exchange.
    package var isDone: Bool { stage == .done }

    /// Admits the request, or answers it with the reason why not.
    package func begin() {
        reply.began = services.clock.now()
        do throws(GatewayError) {
            let admitted = try AdmissionStages(services: services).admit(request, call: callID)
            admission = admitted
            try reserve(admitted)
        } catch {
            refuse(error)
        }
    }

    /// Goes on with what other threads found out.
    package func receive(_ event: ExchangeEvent) {
        switch (stage, event) {
        case (.leasing, .leased): reserveAgain()
        case (.holding, .journaled(let isDurable)): held(isDurable)
        case (.forwarding, .upstreamHead(let head)): relay(head)
        case (.replying, .upstreamBody(let bytes)): relay(bytes)
        case (.forwarding, .upstreamEnded(let outcome)), (.replying, .upstreamEnded(let outcome)):
            settle(outcome)
        case (.settling, .journaled): deliver()
        default: break
        }
    }
}
