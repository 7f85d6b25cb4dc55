package import Chronology
package import Pricing
package import Stores

/// What the admin listener reports of the gateway, and what it works on.
package struct AdminSources: Sendable {
    /// Nil while the gateway can serve; else why it cannot.
    package let unreadyReason: @Sendable () -> String?
    /// What people should know of a gateway that serves all the same; nil: nothing.
    package let remark: @Sendable () -> String?
    package let metrics: @Sendable () -> String
    /// The store of reports and limits. Its calls block, and so never run on an event loop.
    package let store: any SpendStore
    package let prices: @Sendable () -> PriceBook
    package let clock: any WallClock
    package let zones: any ZoneSource
    /// Key, value with secrets redacted, and origin of each setting.
    package let settings: [(key: String, value: String, origin: String)]

    package init(
        unreadyReason: @escaping @Sendable () -> String?,
        remark: @escaping @Sendable () -> String?,
        metrics: @escaping @Sendable () -> String,
        store: any SpendStore, prices: @escaping @Sendable () -> PriceBook,
        clock: any WallClock, zones: any ZoneSource,
        settings: [(key: String, value: String, origin: String)]
    ) {
        self.unreadyReason = unreadyReason
        self.remark = remark
        self.metrics = metrics
        self.store = store
        self.prices = prices
        self.clock = clock
        self.zones = zones
        self.settings = settings
    }
}
