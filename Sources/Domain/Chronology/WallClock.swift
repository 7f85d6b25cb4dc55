/// Tells the time; injected, so that the domain reads no clock.
package protocol WallClock: Sendable {
    func now() -> Instant
}
