internal import Glibc

/// A system call that failed, with the operating system's reason.
package struct SystemCallError: Error, CustomStringConvertible {
    package let call: String
    package let number: CInt

    /// Reads `errno`, so make it right after the call.
    package init(call: String) {
        self.call = call
        number = errno
    }

    package var reason: String { String(cString: strerror(number)) }

    package var description: String { "\(call) failed: \(reason) (errno \(number))" }
}
