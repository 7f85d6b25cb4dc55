internal import Curl
internal import Gateway
internal import Linux

/// Drives libcurl on its thread: takes commands, waits for sockets, and posts what came, once per
/// round and not once per chunk.
///
/// Owner: the thread that calls `run`; nothing else touches it or its handles.
final class CurlDriver {
    /// Handles that rest between exchanges, by what they may connect to.
    enum Pool: Hashable { case secureOnly, plainAllowed }

    /// Resting handles that are kept of each pool; their connections outlive them in the multi.
    private static let maximumRestingTransfers = 512
    /// Parsed URLs that are kept; more than the routes of any config.
    private static let maximumTargets = 256

    private let settings: UpstreamSettings
    private let mailbox: any EventMailbox
    private let wakeUp: WakeUp
    private let sockets: SocketWatch
    private let multi: TransferMulti
    private var exchanges: [ExchangeAddress: CurlExchange] = [:]
    private var byTransfer: [ObjectIdentifier: CurlExchange] = [:]
    private var resting: [Pool: [Transfer]] = [:]
    private var targets: [String: TargetURL] = [:]
    private var dirty: [CurlExchange] = []
    private var outgoing: [AddressedEvent] = []
    private var isStopping = false

    init(settings: UpstreamSettings, mailbox: any EventMailbox, wakeUp: WakeUp) throws {
        self.settings = settings
        self.mailbox = mailbox
        self.wakeUp = wakeUp
        sockets = try SocketWatch(wakeUp: wakeUp)
        multi = try TransferMulti(
            delegate: sockets, maximumIdleConnections: settings.maximumIdleConnections)
    }

    /// Runs until `stop` is among the commands.
    func run(takeCommands: () -> [CurlUpstreamClient.Command]) {
        while !isStopping {
            let ready = sockets.wait()
            for event in ready.sockets {
                multi.act(
                    on: event.socket, readable: event.readiness.contains(.readable),
                    writable: event.readiness.contains(.writable),
                    failed: !event.readiness.isDisjoint(with: .failed))
            }
            if ready.isWoken {
                wakeUp.clear()
                for command in takeCommands() { perform(command) }
            }
            if sockets.takeExpiredDeadline() { multi.actOnTimeout() }
            finishTransfers()
            flush()
        }
        for exchange in exchanges.values { multi.remove(exchange.transfer) }
    }

    private func perform(_ command: CurlUpstreamClient.Command) {
        switch command {
        case .start(let request, let address): start(request, for: address)
        case .cancel(let address):
            guard let exchange = exchanges[address] else { return }
            forget(exchange)
        case .pause(let address): exchanges[address]?.clientFellBehind()
        case .resume(let address):
            exchanges[address]?.clientCaughtUp()
        case .acknowledge(let bytes, let address):
            exchanges[address]?.unacknowledgedBytes -= bytes
            exchanges[address]?.resumeIfDue()
        case .stop: isStopping = true
        }
    }

    private func start(_ request: UpstreamRequest, for address: ExchangeAddress) {
        let pool: Pool = request.allowsPlainHTTP ? .plainAllowed : .secureOnly
        guard let target = target(for: request.url) else {
            fail(address, "the upstream's URL is not valid")
            return
        }
        do throws(CurlError) {
            let transfer = try transfer(from: pool)
            transfer.prepare(target: target, headers: try HeaderList(request.headerLines))
            if let body = request.body {
                transfer.sendBody(method: request.method, body)
            } else {
                transfer.sendNoBody(method: request.method)
            }
            let exchange = CurlExchange(address: address, transfer: transfer, pool: pool) {
                [unowned self] in dirty.append($0)
            }
            exchanges[address] = exchange
            byTransfer[ObjectIdentifier(transfer)] = exchange
            multi.add(transfer)
        } catch {
            fail(address, "\(error)")
        }
    }

    private func fail(_ address: ExchangeAddress, _ reason: String) {
        let failure = UpstreamFailure(.unreachable, reason)
        outgoing.append(AddressedEvent(address, .upstreamEnded(.notSent(failure))))
    }

    private func target(for url: String) -> TargetURL? {
        if let known = targets[url] { return known }
        if targets.count >= Self.maximumTargets { targets.removeAll() }
        let target = TargetURL(url)
        targets[url] = target
        return target
    }

    private func transfer(from pool: Pool) throws(CurlError) -> Transfer {
        if let resting = resting[pool]?.popLast() { return resting }
        let transfer = try Transfer()
        transfer.configure(settings, allowsPlainHTTP: pool == .plainAllowed)
        multi.watchSockets(of: transfer)
        return transfer
    }

    private func finishTransfers() {
        while let finished = multi.nextFinished() {
            guard let exchange = byTransfer[ObjectIdentifier(finished.transfer)] else { continue }
            exchange.takeEvents(into: &outgoing)
            let outcome = UpstreamOutcome(finished)
            outgoing.append(AddressedEvent(exchange.address, .upstreamEnded(outcome)))
            forget(exchange)
        }
    }

    private func forget(_ exchange: CurlExchange) {
        multi.remove(exchange.transfer)
        exchanges[exchange.address] = nil
        byTransfer[ObjectIdentifier(exchange.transfer)] = nil
        exchange.transfer.release()
        if resting[exchange.pool, default: []].count < Self.maximumRestingTransfers {
            resting[exchange.pool, default: []].append(exchange.transfer)
        }
    }

    private func flush() {
        for exchange in dirty where exchanges[exchange.address] === exchange {
            exchange.takeEvents(into: &outgoing)
        }
        dirty.removeAll(keepingCapacity: true)
        guard !outgoing.isEmpty else { return }
        mailbox.post(outgoing)
        outgoing.removeAll(keepingCapacity: true)
    }
}

extension Transfer {
    /// Settings that keep a call where the operator's config sends it; none is open to a config
    /// file but the bounds and the certificates.
    func configure(_ settings: UpstreamSettings, allowsPlainHTTP: Bool) {
        allowProtocols(allowsPlainHTTP ? "https,http" : "https")
        followNoRedirects()
        ignoreEnvironment()
        useNoSignals()
        verifyPeer()
        useHTTP1()
        decodeNothing()
        setConnectTimeout(milliseconds: settings.connectTimeoutMilliseconds)
        abortBelow(bytesPerSecond: 1, forSeconds: settings.silenceSeconds)
        reuseConnections(
            idleAtMost: settings.idleConnectionSeconds,
            livingAtMost: settings.connectionLifetimeSeconds)
        setReceiveBuffer(bytes: settings.receiveBufferBytes)
        if let file = settings.certificateFile { trust(certificateFile: file) }
    }
}

extension UpstreamOutcome {
    init(_ finished: TransferMulti.Finished) {
        guard let error = finished.error else {
            self = .complete
            return
        }
        let kind: UpstreamFailure.Kind
        switch error {
        case .couldNotResolve, .couldNotConnect: kind = .unreachable
        case .tlsConnectFailed, .peerNotTrusted, .badCertificateFile: kind = .untrusted
        case .timedOut: kind = .timedOut
        default: kind = .brokenOff
        }
        let failure = UpstreamFailure(kind, "\(error)")
        let transfer = finished.transfer
        self = transfer.hasBegunSending ? .broken(failure) : .notSent(failure)
    }
}
