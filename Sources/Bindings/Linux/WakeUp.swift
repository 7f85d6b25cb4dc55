internal import CLinux
internal import Glibc

/// A counter that any thread raises to wake the thread that waits on it in an `EpollSet`.
/// See eventfd(2).
package final class WakeUp: Sendable {
    package let descriptor: CInt

    package init() throws(SystemCallError) {
        descriptor = eventfd(0, CInt(EFD_NONBLOCK | EFD_CLOEXEC))
        guard descriptor >= 0 else { throw SystemCallError(call: "eventfd") }
    }

    deinit { close(descriptor) }

    /// From any thread.
    package func signal() { _ = eventfd_write(descriptor, 1) }

    /// From the waiting thread: takes all signals so far.
    package func clear() {
        var count: eventfd_t = 0
        _ = eventfd_read(descriptor, &count)
    }
}
