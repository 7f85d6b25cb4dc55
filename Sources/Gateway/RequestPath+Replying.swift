internal import Accounting
internal import Chronology
internal import Dialects
internal import Metering
internal import Money

extension RequestPath {
    /// A plain reply up to this size waits for its end, so that its head can carry its cost.
    static let maximumWaitingReplyBytes = 262_144

    func relay(_ head: UpstreamHead) {
        guard let admission else { return }
        stage = .replying
        reply.head = head
        let chosen = MeterChoice.meter(for: admission, head)
        reply.meter = chosen.meter
        reply.streams = chosen.streams && request.method != "HEAD"
        if reply.streams { sendHead(length: nil) }
    }

    func relay(_ bytes: [UInt8]) {
        if reply.firstByte == nil { reply.firstByte = services.clock.now() }
        reply.unacknowledgedBytes += bytes.count
        if reply.unacknowledgedBytes >= UpstreamFlow.acknowledgedBytes {
            upstream.acknowledge(reply.unacknowledgedBytes, of: receipt.address)
            reply.unacknowledgedBytes = 0
        }
        let passing = reply.meter.consume(bytes)
        if reply.streams {
            if !passing.isEmpty { downstream?.send(passing) }
            return
        }
        // The last bytes of a plain reply are known only when it ends, so the newest wait.
        if reply.waiting.count > Self.maximumWaitingReplyBytes {
            sendHead(length: nil)
            downstream?.send(reply.waiting)
            reply.waiting = passing
        } else {
            reply.waiting += passing
        }
    }

    func sendHead(length: Int?) {
        guard !reply.hasSentHead, let head = reply.head else { return }
        reply.hasSentHead = true
        let nominated = head.value(of: "connection")?.lowercased() ?? ""
        var fields = head.fields.filter { field in
            !Self.isKeptFromClient(field.name)
                && (nominated.isEmpty || !nominated.contains(field.name.lowercased()))
        }
        fields.append(HeaderField("x-spendfuse-decision", "allow"))
        fields.append(HeaderField("x-spendfuse-call-id", callID.description))
        if stage == .settling, let record = admission?.record {
            // What has no price does not cost nothing.
            if record.priceVersion != nil || record.cost != .zero {
                fields.append(HeaderField("x-spendfuse-cost-usd", record.cost.dollars))
            }
            if let left = services.bookkeeper.remainder(record.attributes) {
                fields.append(HeaderField("x-spendfuse-budget-remaining-usd", left.dollars))
            }
        } else if let hold = admission?.hold {
            fields.append(HeaderField("x-spendfuse-held-usd", hold.dollars))
        }
        if let clamp = admission?.clamp {
            fields.append(HeaderField("x-spendfuse-clamped-max-tokens", String(clamp.tokens)))
        }
        if let shadows = admission?.shadowRefusals, !shadows.isEmpty {
            fields.append(
                HeaderField(
                    "x-spendfuse-shadow-refusal", shadows.joined(separator: ", ").headerSafe))
        }
        downstream?.send(ReplyHead(status: head.status, fields: fields, contentLength: length))
    }

    /// The longest of the names below.
    private static let maximumKeptNameBytes = 25

    /// Fields that describe the upstream's connection, or would lead the client past the gateway.
    private static func isKeptFromClient(_ name: String) -> Bool {
        switch name.utf8.count > maximumKeptNameBytes ? "" : name.lowercasedName {
        case "connection", "keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer",
            "transfer-encoding", "upgrade", "content-length", "set-cookie", "location",
            "alt-svc", "strict-transport-security":
            true
        default: false
        }
    }

    /// The client is behind, or has caught up: the upstream waits for it.
    package func downstreamIsReady(_ isReady: Bool) {
        reply.clientIsBehind = !isReady
        guard stage == .forwarding || stage == .replying else { return }
        if isReady {
            upstream.resume(receipt.address)
        } else {
            upstream.pause(receipt.address)
        }
    }

    /// The client hung up.
    package func clientLeft() {
        downstream = nil
        guard stage == .forwarding || stage == .replying, let admission else { return }
        let meterClass = admission.route.endpoint.meterClass
        let isFree = meterClass == .free || meterClass == .settles
        // A plain reply comes whole and with its usage, so stopping it saves nothing.
        // A hard limit needs the true figure: thought that is not shown bounds nothing.
        let aborts =
            admission.facts.streams && !admission.facts.runsInBackground
            && admission.route.upstream.onClientDisconnect == .abort
            && !services.bookkeeper.isBlocking(admission.record.attributes)
        guard isFree || aborts else {
            upstream.resume(receipt.address)
            return
        }
        upstream.cancel(receipt.address)
        conclude(.abandoned, failure: UpstreamFailure(.cancelled, "the client hung up"))
    }

    /// The exchange took longer than the gateway waits; it is settled like one that broke off.
    package func expire(_ reason: String) {
        guard stage == .forwarding || stage == .replying else { return }
        upstream.cancel(receipt.address)
        settle(.broken(UpstreamFailure(.timedOut, reason)))
    }
}
