internal import Curl
internal import Gateway

/// One exchange of the driver: gathers what libcurl delivers within a tick.
final class CurlExchange: TransferDelegate {
    /// Fields of one reply's head that are kept; more than any provider sends.
    private static let maximumFields = 256

    let address: ExchangeAddress
    let transfer: Transfer
    let pool: CurlDriver.Pool
    private var fields: [HeaderField] = []
    private var hasHead = false
    private(set) var head: UpstreamHead?
    private(set) var body: [UInt8] = []
    /// Body bytes that the event loop has not dealt with.
    var unacknowledgedBytes = 0
    /// The client does not take what it is sent.
    private var clientIsBehind = false
    private let markDirty: (CurlExchange) -> Void
    private var isDirty = false

    init(
        address: ExchangeAddress, transfer: Transfer, pool: CurlDriver.Pool,
        markDirty: @escaping (CurlExchange) -> Void
    ) {
        self.address = address
        self.transfer = transfer
        self.pool = pool
        self.markDirty = markDirty
        transfer.delegate = self
    }

    func transferBeganHead() {
        if !hasHead { fields.removeAll(keepingCapacity: true) }
    }

    func transferReceived(headerName: String, value: String) {
        guard !hasHead, fields.count < Self.maximumFields else { return }
        fields.append(HeaderField(headerName, value))
    }

    /// Interim heads (1xx) are dropped, and so are trailers, which come behind the body.
    func transferEndedHead(status: Int) {
        guard !hasHead, status >= 200 else { return }
        hasHead = true
        head = UpstreamHead(status: status, fields: fields)
        fields = []
        noteDirty()
    }

    func transferReceived(body bytes: [UInt8]) {
        if body.isEmpty { body = bytes } else { body += bytes }
        unacknowledgedBytes += bytes.count
        updatePause()
        noteDirty()
    }

    func clientFellBehind() {
        clientIsBehind = true
        updatePause()
    }

    func clientCaughtUp() {
        clientIsBehind = false
        resumeIfDue()
    }

    private func updatePause() {
        transfer.pausesBody =
            clientIsBehind
            || unacknowledgedBytes > UpstreamFlow.maximumUnacknowledgedBytes
    }

    /// Takes the transfer up again once nothing holds it back any more.
    func resumeIfDue() {
        let wasPaused = transfer.pausesBody
        updatePause()
        if wasPaused, !transfer.pausesBody { transfer.resume() }
    }

    private func noteDirty() {
        guard !isDirty else { return }
        isDirty = true
        markDirty(self)
    }

    /// What came since the last call, as events.
    func takeEvents(into events: inout [AddressedEvent]) {
        isDirty = false
        if let head {
            events.append(AddressedEvent(address, .upstreamHead(head)))
            self.head = nil
        }
        if !body.isEmpty {
            events.append(AddressedEvent(address, .upstreamBody(body)))
            body = []
        }
    }
}
