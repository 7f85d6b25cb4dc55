/// Where an event of an exchange goes: a place on one event loop, and which of the exchanges that
/// use the place one after the other. A late event finds another generation there and is dropped.
package struct ExchangeAddress: Hashable, Sendable {
    package let lane: Int
    package let generation: UInt64

    package init(lane: Int, generation: UInt64) {
        self.lane = lane
        self.generation = generation
    }
}

/// What other threads tell an exchange.
package enum ExchangeEvent: Sendable {
    /// The ledger entry that the exchange waits for is on disk, or cannot be.
    case journaled(Bool)
    /// The shared store has answered what the call's limits still hold.
    case leased
    case upstreamHead(UpstreamHead)
    case upstreamBody([UInt8])
    case upstreamEnded(UpstreamOutcome)
}

package struct AddressedEvent: Sendable {
    package let address: ExchangeAddress
    package let event: ExchangeEvent

    package init(_ address: ExchangeAddress, _ event: ExchangeEvent) {
        self.address = address
        self.event = event
    }
}

/// Takes events from any thread to the exchanges of one event loop, in order.
package protocol EventMailbox: Sendable {
    func post(_ events: [AddressedEvent])
}
