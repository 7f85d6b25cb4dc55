package import Accounting
package import Chronology
package import Pricing
internal import Synchronization

/// What routing, authentication and pricing look things up in; replaced as a whole.
package final class GatewayBooks: Sendable {
    package let routes: RouteTable
    package let prices: PriceBook
    package let keyRing: KeyRing

    package init(routes: RouteTable, prices: PriceBook, keyRing: KeyRing) {
        self.routes = routes
        self.prices = prices
        self.keyRing = keyRing
    }
}

/// What every exchange uses, shared between the event loops.
package final class GatewayServices: Sendable {
    package let bookkeeper: Bookkeeper
    package let clock: any WallClock
    private let ids: any CallIDSource
    private let current: Mutex<GatewayBooks>
    private let changes = Atomic<Int>(0)

    package init(
        bookkeeper: Bookkeeper, clock: any WallClock, ids: any CallIDSource, books: GatewayBooks
    ) {
        self.bookkeeper = bookkeeper
        self.clock = clock
        self.ids = ids
        current = Mutex(books)
    }

    package var books: GatewayBooks { current.withLock { $0 } }

    /// How often limits, keys or breakers have changed in the store and are in force since.
    package var changesTakenUp: Int { changes.load(ordering: .acquiring) }

    /// What has changed in the store binds from here on.
    package func noteChangeTakenUp() { changes.add(1, ordering: .releasing) }

    package func nextCallID() -> CallID { ids.next() }

    package func use(_ ring: KeyRing) {
        current.withLock { books in
            books = GatewayBooks(routes: books.routes, prices: books.prices, keyRing: ring)
        }
    }

    package func use(_ prices: PriceBook) {
        current.withLock { books in
            books = GatewayBooks(routes: books.routes, prices: prices, keyRing: books.keyRing)
        }
    }

    package func use(_ routes: RouteTable) {
        current.withLock { books in
            books = GatewayBooks(routes: routes, prices: books.prices, keyRing: books.keyRing)
        }
    }
}

/// Makes ids of calls; injected, so that the gateway draws no randomness of its own.
package protocol CallIDSource: Sendable {
    func next() -> CallID
}
