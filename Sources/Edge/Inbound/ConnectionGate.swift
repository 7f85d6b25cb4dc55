internal import Synchronization

/// Counts connections over all loops, and says whether the gateway is stopping.
final class ConnectionGate: Sendable {
    private let open = Atomic<Int>(0)
    private let stopping = Atomic<Bool>(false)
    let maximumConnections: Int

    init(maximumConnections: Int) { self.maximumConnections = maximumConnections }

    /// Whether there was room for one more; it counts until `leave` either way.
    func enter() -> Bool {
        open.add(1, ordering: .relaxed).newValue <= maximumConnections
    }

    func leave() { open.subtract(1, ordering: .relaxed) }

    var isStopping: Bool { stopping.load(ordering: .relaxed) }

    func stop() { stopping.store(true, ordering: .relaxed) }
}
