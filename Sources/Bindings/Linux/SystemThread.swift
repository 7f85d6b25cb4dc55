internal import CLinux
internal import Glibc

/// A thread of the operating system for work that must stay on one thread for life.
package enum SystemThread {
    private final class Start {
        let name: String
        let body: () -> Void
        init(name: String, body: sending @escaping () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Names of threads end after 15 bytes; see prctl(2), PR_SET_NAME.
    private static let maximumNameBytes = 15

    /// Runs `body` on a new, detached thread called `name`.
    package static func start(
        name: String, body: sending @escaping () -> Void
    ) throws(SystemCallError) {
        let start = Start(name: String(name.prefix(maximumNameBytes)), body: body)
        let argument = Unmanaged.passRetained(start)  // released by the thread, or below
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { pointer in
                guard let pointer else { return nil }
                let start = Unmanaged<Start>.fromOpaque(pointer).takeRetainedValue()
                _ = sf_prctl_set_thread_name(start.name)
                start.body()
                return nil
            }, argument.toOpaque())
        guard result == 0 else {
            argument.release()
            errno = result
            throw SystemCallError(call: "pthread_create")
        }
        pthread_detach(thread)
    }

    /// The niceness of a thread with a ninth of the share of others; see setpriority(2). With the
    /// highest, 19, it would get next to nothing on a busy machine.
    private static let patient: CInt = 10

    /// From now on the calling thread gets little where others want to run. On Linux this setting
    /// is a thread's own, though POSIX says that it is its process's.
    package static func letOthersGoFirst() {
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, patient)
    }
}
