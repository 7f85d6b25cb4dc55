/// A header field, with its name as it was sent.
package struct HeaderField: Sendable, Hashable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// A request to an upstream, complete.
package struct UpstreamRequest: Sendable {
    package var method: String
    package var url: String
    /// Only the operator's own word in the config file allows http.
    package var allowsPlainHTTP: Bool
    /// `Name: value`, without line ends.
    package var headerLines: [String]
    /// Nil for a request without a body.
    package var body: [UInt8]?

    package init(
        method: String, url: String, allowsPlainHTTP: Bool, headerLines: [String], body: [UInt8]?
    ) {
        self.method = method
        self.url = url
        self.allowsPlainHTTP = allowsPlainHTTP
        self.headerLines = headerLines
        self.body = body
    }
}

package struct UpstreamHead: Sendable {
    package let status: Int
    package let fields: [HeaderField]

    package init(status: Int, fields: [HeaderField]) {
        self.status = status
        self.fields = fields
    }

    package func value(of name: String) -> String? {
        fields.first { $0.name.caseInsensitiveEquals(name) }?.value
    }
}

/// How an upstream exchange ended.
package enum UpstreamOutcome: Sendable, Hashable {
    /// The whole reply came.
    case complete
    /// No byte of the request left this machine, so the provider did no work.
    case notSent(UpstreamFailure)
    /// The request went out, at least in part; the provider may have worked and charged.
    case broken(UpstreamFailure)
}

package struct UpstreamFailure: Sendable, Hashable {
    package enum Kind: String, Sendable {
        case unreachable = "upstream_unreachable"
        case untrusted = "upstream_untrusted"
        case timedOut = "upstream_timeout"
        case brokenOff = "upstream_broke_off"
        case cancelled = "cancelled"
    }

    package let kind: Kind
    /// Safe to log and to show.
    package let reason: String

    package init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }
}

/// Exchanges with upstreams, for one event loop; it answers through the loop's mailbox.
package protocol UpstreamClient: Sendable {
    func start(_ request: UpstreamRequest, for address: ExchangeAddress)
    /// Ends the exchange; nothing more comes of it.
    func cancel(_ address: ExchangeAddress)
    /// Stops the flow of body bytes until `resume`; some that are under way still come.
    func pause(_ address: ExchangeAddress)
    func resume(_ address: ExchangeAddress)
    /// So many body bytes were dealt with. A client keeps no more than
    /// `UpstreamFlow.maximumUnacknowledgedBytes` under way, so that a loop that is slower than its
    /// upstream is not flooded.
    func acknowledge(_ bytes: Int, of address: ExchangeAddress)
}

/// Bounds of the body bytes between an upstream client and its event loop.
package enum UpstreamFlow {
    package static let maximumUnacknowledgedBytes = 524_288
    /// Bytes that are acknowledged at once; most replies are shorter and need no word of it.
    package static let acknowledgedBytes = 131_072
}

extension String {
    package func caseInsensitiveEquals(_ other: String) -> Bool {
        utf8.count == other.utf8.count
            && zip(utf8, other.utf8).allSatisfy { $0.asciiLowercased == $1.asciiLowercased }
    }
}

extension UInt8 {
    package var asciiLowercased: UInt8 {
        self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self + 0x20 : self
    }
}
