internal import Curl
internal import Linux

/// Watches libcurl's sockets and its one deadline.
///
/// A socket stays in the kernel's set while its connection rests in libcurl's pool, as taking it
/// out and putting it back would cost two system calls for each exchange.
final class SocketWatch: TransferMultiDelegate {
    struct Round {
        var sockets: [EpollSet.Ready] = []
        var isWoken = false
    }

    private let epoll: EpollSet
    private let wakeUp: WakeUp
    /// What the kernel watches each socket for.
    private var registered: [CInt: EpollSet.Readiness] = [:]
    /// Sockets that libcurl has an interest in.
    private var wanted: [CInt: EpollSet.Readiness] = [:]
    /// Sockets of connections, which say when they close. Others, such as those of the resolver,
    /// do not, so they must not stay in the kernel's set.
    private var connections: Set<CInt> = []
    private var deadline: ContinuousClock.Instant?

    init(wakeUp: WakeUp) throws {
        epoll = try EpollSet()
        self.wakeUp = wakeUp
        try epoll.watch(wakeUp.descriptor, for: .readable, alreadyWatched: false)
    }

    func multiWants(_ interest: SocketInterest, on socket: CInt) {
        var readiness: EpollSet.Readiness = []
        if interest.contains(.readable) { readiness.insert(.readable) }
        if interest.contains(.writable) { readiness.insert(.writable) }
        wanted[socket] = readiness.isEmpty ? nil : readiness
        if readiness.isEmpty, !connections.contains(socket) {
            epoll.forget(socket)
            registered[socket] = nil
            return
        }
        // A resting socket is watched for reading alone: it is always ready for writing.
        register(socket, for: readiness.isEmpty ? .readable : readiness)
    }

    private func register(_ socket: CInt, for readiness: EpollSet.Readiness) {
        let known = registered[socket]
        guard known != readiness else { return }
        if known == nil, wanted[socket] == nil { return }
        do {
            try epoll.watch(socket, for: readiness, alreadyWatched: known != nil)
        } catch {
            registered[socket] = nil
            return
        }
        registered[socket] = readiness
    }

    func multiOpens(_ socket: CInt) {
        connections.insert(socket)
        registered[socket] = nil
    }

    /// The kernel takes a closed socket out of its set by itself.
    func multiCloses(_ socket: CInt) {
        connections.remove(socket)
        registered[socket] = nil
        wanted[socket] = nil
    }

    func multiWantsTimeout(milliseconds: Int?) {
        deadline = milliseconds.map { .now.advanced(by: .milliseconds($0)) }
    }

    /// Waits for sockets, a wake-up or the deadline.
    func wait() -> Round {
        var round = Round()
        for ready in epoll.wait(milliseconds: millisecondsLeft) {
            if ready.socket == wakeUp.descriptor {
                round.isWoken = true
            } else if wanted[ready.socket] != nil {
                round.sockets.append(ready)
            } else {
                // A resting connection that its server closed; libcurl finds out by itself.
                epoll.forget(ready.socket)
                registered[ready.socket] = nil
            }
        }
        return round
    }

    /// Rounded up, so that the deadline has passed when the wait ends.
    private var millisecondsLeft: CInt {
        guard let deadline else { return -1 }
        let left = ContinuousClock.now.duration(to: deadline)
        guard left > .zero else { return 0 }
        let milliseconds =
            left.components.seconds * 1_000
            + left.components.attoseconds / 1_000_000_000_000_000 + 1
        return CInt(clamping: milliseconds)
    }

    /// Whether libcurl's deadline has passed; it is forgotten then, as libcurl sets a new one.
    func takeExpiredDeadline() -> Bool {
        guard let deadline, deadline <= .now else { return false }
        self.deadline = nil
        return true
    }
}
