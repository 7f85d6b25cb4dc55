package import Chronology
internal import Gateway
package import Pricing
package import Reporting

extension SpendStore {
    /// What advice of now rests on.
    package func adviceBasis(
        prices: PriceBook, at now: Instant, zone: CivilZone = .utc
    ) throws(StoreError) -> AdviceBasis {
        let end = now.advanced(bySeconds: 1)
        func ago(_ days: Int64) -> Instant {
            now.advanced(bySeconds: -days * Instant.secondsPerDay)
        }
        func report(
            _ dimensions: [SpendDimension], since: Instant, until: Instant
        ) throws(StoreError) -> SpendReport {
            try self.report(
                SpendQuery(dimensions: dimensions, since: since, until: until, zone: zone))
        }
        let (since, recent) = (ago(AdviceBasis.days), ago(AdviceBasis.recentDays))
        // The month so far, and the days before it that an outlook looks at.
        let monthly = min(since, zone.start(of: zone.day(at: now).startOfMonth))
        return AdviceBasis(
            now: now, prices: prices,
            byModel: try report([.provider, .model], since: since, until: end),
            byTask: try report([.model, .taskType], since: since, until: end),
            byKey: try report([.key], since: since, until: end),
            byDay: try report([.day], since: monthly, until: end),
            byHour: try report([.hour], since: recent, until: end),
            recentUsers: try report([.user], since: recent, until: end),
            earlierUsers: try report([.user], since: since, until: recent),
            samples: try samples(
                CallQuery(since: since, until: end, limit: AdviceBasis.sampledCalls)),
            ratings: try ratings(since: CivilDate(since), through: CivilDate(now)),
            keys: try keyListings().filter { $0.revokedAt == nil }.compactMap { listing in
                Instant(text: listing.createdAt).map {
                    AdviceBasis.KeyUse(
                        id: listing.key.id, name: listing.key.name, createdAt: $0)
                }
            },
            standings: try standings(at: now), budgetStarts: try budgetStarts())
    }
}
