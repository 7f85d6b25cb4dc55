internal import CLinux
internal import Glibc

/// Sockets to watch, and a wait for the first of them to become ready.
///
/// Owner: one thread, for life. See epoll(7).
package final class EpollSet {
    package struct Readiness: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        package static let readable = Readiness(rawValue: EPOLLIN.rawValue)
        package static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
        package static let failed = Readiness(rawValue: EPOLLERR.rawValue | EPOLLHUP.rawValue)
    }

    package struct Ready: Sendable {
        package let socket: CInt
        package let readiness: Readiness
    }

    /// Events taken from the kernel by one wait.
    private static let maximumEventsPerWait = 256

    private let descriptor: CInt
    private var events = [epoll_event](
        repeating: epoll_event(), count: EpollSet.maximumEventsPerWait)

    package init() throws(SystemCallError) {
        descriptor = epoll_create1(CInt(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw SystemCallError(call: "epoll_create1") }
    }

    deinit { close(descriptor) }

    /// Starts to watch `socket`, or changes what it is watched for.
    package func watch(
        _ socket: CInt, for readiness: Readiness, alreadyWatched: Bool
    ) throws(SystemCallError) {
        var event = epoll_event()
        event.events = readiness.rawValue
        event.data.fd = socket
        let operation = alreadyWatched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD
        guard epoll_ctl(descriptor, operation, socket, &event) == 0 else {
            throw SystemCallError(call: "epoll_ctl")
        }
    }

    /// Stops to watch `socket`; one that was closed already is gone from the set by itself.
    package func forget(_ socket: CInt) {
        var event = epoll_event()
        _ = epoll_ctl(descriptor, EPOLL_CTL_DEL, socket, &event)
    }

    /// Waits at most `milliseconds` (-1: without end) and returns what became ready.
    package func wait(milliseconds: CInt) -> [Ready] {
        let count = epoll_wait(
            descriptor, &events, CInt(Self.maximumEventsPerWait), milliseconds)
        guard count > 0 else { return [] }
        return events[..<Int(count)].map { event in
            Ready(socket: event.data.fd, readiness: Readiness(rawValue: event.events))
        }
    }
}
