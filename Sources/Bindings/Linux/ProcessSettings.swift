internal import CLinux
internal import Glibc

/// Settings of the whole process that a proxy with secrets in memory needs.
package enum ProcessSettings {
    /// Writes to a closed socket return an error rather than end the process; libcurl leaves
    /// SIGPIPE alone under CURLOPT_NOSIGNAL.
    package static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

    /// No core files and no reading of the memory by other processes of the same user.
    package static func hideMemory() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        _ = sf_prctl_set_dumpable(0)
    }

    /// SSLKEYLOGFILE makes TLS libraries write session secrets to a file.
    package static func forgetKeyLog() { unsetenv("SSLKEYLOGFILE") }

    /// Files and folders that this process makes are its user's alone.
    package static func makeFilesPrivate() { umask(0o077) }

    /// Raises the limit of open files to what the system allows; returns it.
    @discardableResult
    package static func raiseOpenFileLimit() -> UInt {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return UInt(limit.rlim_cur)
    }

    /// Ends the process at once, without any clean-up.
    package static func exitNow(_ status: CInt) -> Never { _exit(status) }

    /// Whether standard output is a terminal that a person reads.
    package static var standardOutputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// What a terminal is taken for that does not say.
    private static let usualTerminalWidth = 80

    /// Characters of a line of the terminal that standard output is; nil: it is none.
    package static var terminalWidth: Int? {
        guard standardOutputIsTerminal else { return nil }
        let width = Int(sf_terminal_width(STDOUT_FILENO))
        return width > 0 ? width : usualTerminalWidth
    }

    /// What was printed reaches a reader that waits for it, such as a pipe. Returns why some of it
    /// did not; nil: all of it did.
    @discardableResult
    package static func flushStandardOutput() -> String? {
        let code = sf_flush_standard_output()
        return code == 0 ? nil : String(cString: strerror(code))
    }
}
