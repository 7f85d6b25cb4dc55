package import Gateway
package import NIOCore

/// What the connections of one event loop share: their exchanges, by lane, and the way to the
/// upstreams. Confined to its loop but for the mailbox.
final class LoopRuntime {
    private struct Lane {
        var generation: UInt64 = 0
        var path: RequestPath?
        var handler: InboundHandler?
        var began = NIODeadline.now()
        /// When the client hung up, where it did.
        var leftAt: NIODeadline?
    }

    let index: Int
    let services: GatewayServices
    let upstream: any UpstreamClient
    let settings: InboundSettings
    let gate: ConnectionGate
    private var lanes: [Lane] = []
    private var freeLanes: [Int] = []
    private var connections: [ObjectIdentifier: InboundHandler] = [:]

    init(
        index: Int, services: GatewayServices, upstream: any UpstreamClient,
        settings: InboundSettings, gate: ConnectionGate
    ) {
        self.index = index
        self.services = services
        self.upstream = upstream
        self.settings = settings
        self.gate = gate
    }

    /// Exchanges that run, and connections that are still sending or being answered.
    var busyCount: Int {
        lanes.count - freeLanes.count + connections.values.count { $0.isBusy }
    }

    func add(_ handler: InboundHandler) { connections[ObjectIdentifier(handler)] = handler }

    func remove(_ handler: InboundHandler) { connections[ObjectIdentifier(handler)] = nil }

    /// Starts an exchange for `handler` and returns its lane.
    func begin(_ request: GatewayRequest, for handler: InboundHandler) -> Int {
        let lane = freeLanes.popLast() ?? addLane()
        let address = ExchangeAddress(lane: lane, generation: lanes[lane].generation)
        let path = RequestPath(
            request, services: services, upstream: upstream,
            receipt: JournalReceipt(loop: index, address: address), downstream: handler)
        lanes[lane].path = path
        lanes[lane].handler = handler
        lanes[lane].began = .now()
        path.begin()
        freeIfDone(lane)
        return lane
    }

    private func addLane() -> Int {
        lanes.append(Lane())
        return lanes.count - 1
    }

    /// The exchange of `lane` goes on without its client.
    func leave(_ lane: Int, generation: UInt64) {
        guard lanes[lane].generation == generation, let path = lanes[lane].path else { return }
        lanes[lane].handler = nil
        lanes[lane].leftAt = .now()
        path.clientLeft()
        freeIfDone(lane)
    }

    func generation(of lane: Int) -> UInt64 { lanes[lane].generation }

    func downstreamIsReady(_ isReady: Bool, lane: Int, generation: UInt64) {
        guard lanes[lane].generation == generation else { return }
        lanes[lane].path?.downstreamIsReady(isReady)
    }

    /// Gives each event to its exchange; one of an earlier generation has nobody to go to.
    func dispatch(_ events: [AddressedEvent]) {
        var touched: [InboundHandler] = []
        for addressed in events {
            let lane = addressed.address.lane
            guard lanes[lane].generation == addressed.address.generation,
                let path = lanes[lane].path
            else { continue }
            let handler = lanes[lane].handler
            path.receive(addressed.event)
            freeIfDone(lane)
            if let handler { touched.append(handler) }
        }
        for handler in touched { handler.flushWrites() }
    }

    private func freeIfDone(_ lane: Int) {
        guard lanes[lane].path?.isDone == true else { return }
        lanes[lane].path = nil
        lanes[lane].handler = nil
        lanes[lane].leftAt = nil
        lanes[lane].generation += 1
        freeLanes.append(lane)
    }

    /// Once a second: ends what has passed its deadline.
    func sweep(at now: NIODeadline) {
        for handler in Array(connections.values) { handler.checkDeadlines(at: now) }
        for index in lanes.indices {
            guard let path = lanes[index].path else { continue }
            if now - lanes[index].began > .seconds(Int64(settings.exchangeSeconds)) {
                path.expire("the exchange took longer than \(settings.exchangeSeconds) s")
            } else if let leftAt = lanes[index].leftAt,
                now - leftAt > .seconds(Int64(settings.drainSeconds))
            {
                path.expire("its client was gone for \(settings.drainSeconds) s")
            }
            lanes[index].handler?.flushWrites()
            freeIfDone(index)
        }
    }

    /// Closes connections that have no exchange; the others close when theirs is over.
    func stopConnections() {
        for handler in Array(connections.values) { handler.stop() }
    }
}

/// Takes events to one loop's runtime from any thread.
package final class LoopMailbox: EventMailbox {
    private let loop: any EventLoop
    private let runtime: NIOLoopBoundBox<LoopRuntime?>

    package init(_ loop: any EventLoop) {
        self.loop = loop
        runtime = .makeBoxSendingValue(nil, as: LoopRuntime?.self, eventLoop: loop)
    }

    package func post(_ events: [AddressedEvent]) {
        loop.execute { [runtime] in runtime.value?.dispatch(events) }
    }

    /// On the loop.
    func attach(_ value: LoopRuntime) { runtime.value = value }

    /// On the loop.
    var attached: LoopRuntime? { runtime.value }
}
