internal import Accounting
internal import Chronology
internal import Dialects
internal import Metering

extension RequestPath {
    /// The upstream is done, well or not.
    func settle(_ outcome: UpstreamOutcome) {
        reply.waiting += reply.meter.finish()
        switch outcome {
        case .complete:
            guard let status = reply.head?.status else {
                settle(.broken(UpstreamFailure(.brokenOff, "the upstream sent no reply")))
                return
            }
            conclude(.answered(status: status), failure: nil)
        case .notSent(let failure):
            reply.substitute = GatewayError(failure, wasSent: false)
            conclude(.notSent, failure: failure)
        case .broken(let failure):
            // A reply whose end came is whole, however its connection ended.
            let isWhole = reply.hasSentHead && reply.meter.reading.isFinal
            if !isWhole { reply.substitute = GatewayError(failure, wasSent: true) }
            conclude(.broken, failure: isWhole ? nil : failure)
        }
    }

    /// Replaces the hold by what the call came to, with its row, and waits for both to be durable.
    func conclude(_ ending: Settlement.Ending, failure: UpstreamFailure?) {
        guard let admission else { return }
        stage = .settling
        let meterClass = admission.route.endpoint.meterClass
        if meterClass == .free || meterClass == .settles {
            settleEarlier(ending, admission)
            return
        }
        let reading = reply.meter.reading
        let settlement = Settlement(
            admission, reading, ending: ending, prices: services.books.prices)
        // Read before the record is written to, which it is a part of.
        let context = admission.priceContext(reading)
        admission.record.complete(
            settlement, admission, reading,
            RequestRecord.Times(
                began: reply.began, firstByte: reply.firstByte, ended: services.clock.now()),
            context, status: reply.head?.status, failure: failure)
        services.bookkeeper.conclude(
            admission.record, deferredAs: deferredKey(reading, admission), receipt: receipt)
    }

    /// The row is durable, so the client may have the last byte.
    func deliver() {
        if let error = reply.substitute {
            if reply.hasSentHead { downstream?.breakOff() } else { send(error) }
        } else if downstream != nil {
            let isHeadOnly = request.method == "HEAD"
            sendHead(length: isHeadOnly ? 0 : reply.waiting.count)
            if !isHeadOnly, !reply.waiting.isEmpty { downstream?.send(reply.waiting) }
            downstream?.finish()
        }
        reply.waiting = []
        stage = .done
    }
}

extension GatewayError {
    fileprivate init(_ failure: UpstreamFailure, wasSent: Bool) {
        let consequence =
            wasSent
            ? "the call may have been charged and is booked at its bound" : "nothing was charged"
        switch failure.kind {
        case .timedOut:
            self.init(
                .upstreamTimeout, status: 504,
                "the upstream did not answer: \(failure.reason); \(consequence)")
        case .unreachable, .untrusted:
            self.init(
                .upstreamUnreachable, status: 502,
                "the upstream cannot be reached: \(failure.reason); \(consequence)")
        case .brokenOff, .cancelled:
            self.init(
                .upstreamBrokeOff, status: 502,
                "the upstream broke off: \(failure.reason); \(consequence)")
        }
    }
}
