package import Gateway
internal import Synchronization

/// An upstream that does nothing by itself: a test reads what was asked and posts the answer.
package final class ScriptedUpstream: UpstreamClient {
    package enum Command: Sendable, Equatable {
        case start(url: String)
        case cancel, pause, resume
    }

    private let log = Mutex<[Command]>([])
    private let requests = Mutex<[UpstreamRequest]>([])

    package init() {}

    package func start(_ request: UpstreamRequest, for address: ExchangeAddress) {
        requests.withLock { $0.append(request) }
        log.withLock { $0.append(.start(url: request.url)) }
    }

    package func cancel(_ address: ExchangeAddress) { log.withLock { $0.append(.cancel) } }
    package func pause(_ address: ExchangeAddress) { log.withLock { $0.append(.pause) } }
    package func acknowledge(_ bytes: Int, of address: ExchangeAddress) {}
    package func resume(_ address: ExchangeAddress) { log.withLock { $0.append(.resume) } }

    package var commands: [Command] { log.withLock { $0 } }
    package var lastRequest: UpstreamRequest? { requests.withLock { $0.last } }
}

/// A client that keeps what it is sent.
package final class RecordingDownstream: Downstream {
    package var head: ReplyHead?
    package var body: [UInt8] = []
    package var isFinished = false
    package var isBroken = false

    package init() {}

    package func send(_ head: ReplyHead) { self.head = head }
    package func send(_ body: [UInt8]) { self.body += body }
    package func finish() { isFinished = true }
    package func breakOff() { isBroken = true }

    package var text: String { String(decoding: body, as: UTF8.self) }
}
