internal import Glibc

/// Waits for a socket until a moment of the monotonic clock.
struct SocketPatience {
    let deadline: ContinuousClock.Instant

    enum Readiness { case reading, writing }

    /// False where the deadline has passed first.
    func wait(_ socket: Int32, for readiness: [Readiness]) -> Bool {
        var entry = pollfd(fd: socket, events: 0, revents: 0)
        if readiness.contains(.reading) { entry.events |= Int16(POLLIN) }
        if readiness.contains(.writing) { entry.events |= Int16(POLLOUT) }
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { return false }
            let milliseconds =
                left.components.seconds * 1_000
                + left.components.attoseconds / 1_000_000_000_000_000 + 1
            let count = poll(&entry, 1, Int32(clamping: milliseconds))
            if count > 0 { return true }
            if count < 0, errno != EINTR { return false }
        }
    }
}
