package import Dialects

/// A configured endpoint that calls are forwarded to.
package struct Upstream: Sendable, Equatable {
    /// What becomes of the call when its client hangs up in the middle of a stream.
    package enum DisconnectPolicy: String, CaseIterable, Sendable {
        /// Stops the upstream; right where that stops the bill.
        case abort
        /// Reads on to the usage; right where the provider bills the whole answer anyway.
        case drain
    }

    /// How the upstream is shown its key; the raw value is the name in the config file.
    package enum Authentication: String, CaseIterable, Sendable {
        case bearer
        case xAPIKey = "x-api-key"
        case apiKey = "api-key"
        case googleKey = "x-goog-api-key"
        /// `Authorization: Token KEY` (Deepgram).
        case token
        /// `Authorization: KEY` (AssemblyAI).
        case plain
        /// AWS Signature Version 4, with a key `ID:SECRET[:SESSION_TOKEN]`.
        case aws
    }

    package var name: String
    package var dialects: [Dialect]
    /// Whose price sheet applies; nil: that of the dialect that is spoken.
    package var provider: String?
    /// Without a slash at its end. `{location}` stands for the place that the path names.
    package var url: String
    package var key: Secret?
    /// Nil: as the dialect has it.
    package var authentication: Authentication?
    package var onClientDisconnect: DisconnectPolicy
    package var allowsPlainHTTP: Bool
    /// What stands before an operation where the client leaves it out; nil: as the dialect has it.
    package var prefix: String?
    /// The place of the provider, on which its prices can depend.
    package var region: String?
    /// Models by the names of their deployments.
    package var models: [String: String] = [:]
    /// Whether streams are asked for their usage where the client did not ask.
    package var asksForUsage = true

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

    /// The URL of an operation.
    func url(_ prefix: String?, _ tail: String, dialect: Dialect, location: String?) -> String {
        var base = url
        if base.contains(Self.locationPlaceholder) {
            // The worldwide endpoint has a host name without a location.
            let isGlobal = location == nil || location == "global"
            base =
                isGlobal
                ? base.replacing(Self.locationPlaceholder + "-", with: "")
                    .replacing(Self.locationPlaceholder, with: "global")
                : base.replacing(Self.locationPlaceholder, with: location ?? "")
        }
        var ahead = prefix ?? self.prefix ?? dialect.defaultPrefix
        if ahead == "/" { ahead = "" }
        // A client that writes out the whole path of the provider repeats what the URL ends in.
        let path = base.drop { $0 != ":" }.dropFirst(3).drop { $0 != "/" }
        if !path.isEmpty, ahead == path || ahead.hasPrefix(path + "/") {
            ahead = String(ahead.dropFirst(path.count))
        }
        return base + ahead + tail
    }

    static let locationPlaceholder = "{location}"
}
