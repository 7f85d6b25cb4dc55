package import Accounting
package import Chronology
package import Pricing
internal import Synchronization

/// What every exchange uses, shared between the event loops.
package final class GatewayServices: Sendable {
    package let bookkeeper: Bookkeeper
    package let clock: any WallClock
    private let ids: any CallIDSource
    private let routeTable: Mutex<RouteTable>
    private let prices: Mutex<PriceBook>
    private let keys: Mutex<KeyRing>

    package init(
        bookkeeper: Bookkeeper, clock: any WallClock, ids: any CallIDSource, routes: RouteTable,
        prices: PriceBook, keys: KeyRing
    ) {
        self.bookkeeper = bookkeeper
        self.clock = clock
        self.ids = ids
        routeTable = Mutex(routes)
        self.prices = Mutex(prices)
        self.keys = Mutex(keys)
    }

    package var routes: RouteTable { routeTable.withLock { $0 } }
    package var priceBook: PriceBook { prices.withLock { $0 } }
    package var keyRing: KeyRing { keys.withLock { $0 } }

    package func nextCallID() -> CallID { ids.next() }

    package func use(_ ring: KeyRing) { keys.withLock { $0 = ring } }
    package func use(_ routes: RouteTable) { routeTable.withLock { $0 = routes } }
    package func use(_ book: PriceBook) { prices.withLock { $0 = book } }
}

/// Makes ids of calls; injected, so that the gateway draws no randomness of its own.
package protocol CallIDSource: Sendable {
    func next() -> CallID
}
