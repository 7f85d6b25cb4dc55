internal import CLinux
internal import Glibc

/// An exclusive lock on a file, held until this value goes away or the process ends. See flock(2).
package final class FileLock: Sendable {
    private let descriptor: CInt

    /// The lock on `path`, which is made where it is missing; nil while another process has it.
    package init?(path: String) throws(SystemCallError) {
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw SystemCallError(call: "open \(path)") }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            close(opened)
            guard reason == EWOULDBLOCK else {
                errno = reason
                throw SystemCallError(call: "flock \(path)")
            }
            return nil
        }
        descriptor = opened
    }

    deinit { close(descriptor) }
}
