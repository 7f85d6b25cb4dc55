package import Dialects

/// A configured endpoint that calls are forwarded to.
package struct Upstream: Sendable, Equatable {
    /// What becomes of the call when its client hangs up in the middle of a stream.
    package enum DisconnectPolicy: String, Sendable {
        /// Stops the upstream; right where that stops the bill.
        case abort
        /// Reads on to the usage; right where the provider bills the whole answer anyway.
        case drain
    }

    package var name: String
    package var dialects: [Dialect]
    /// Whose price sheet applies; nil: that of the dialect that is spoken.
    package var provider: String?
    /// Without a slash at its end.
    package var url: String
    package var key: Secret?
    package var onClientDisconnect: DisconnectPolicy
    package var allowsPlainHTTP: Bool

    package init(
        name: String, dialects: [Dialect], provider: String?, url: String, key: Secret?,
        onClientDisconnect: DisconnectPolicy, allowsPlainHTTP: Bool
    ) {
        self.name = name
        self.dialects = dialects
        self.provider = provider
        self.url = url
        self.key = key
        self.onClientDisconnect = onClientDisconnect
        self.allowsPlainHTTP = allowsPlainHTTP
    }
}

/// A text that no log, message or dump may show.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    package let revealed: String

    package init(_ text: String) { revealed = text }

    package var description: String { "***" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
