internal import NIOCore

/// Why the gateway did not start: what, where, why and the remedy.
package struct StartFailure: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }

    /// A listener that could not be bound.
    init(_ error: any Error, listening what: String, on address: String) {
        guard let error = error as? IOError, error.errnoCode == 98 else {
            description = "\(what) cannot listen on \(address): \(error)"
            return
        }
        description =
            "\(what) cannot listen on \(address): another program uses the port;"
            + " stop it, or set '\(what)' to another address (port 0 picks a free one)"
    }
}
