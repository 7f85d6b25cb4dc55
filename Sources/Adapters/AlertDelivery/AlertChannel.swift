internal import Foundation
package import Gateway

/// Where alerts go.
package struct AlertChannel: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case webhook, slack, discord, zapier, email
    }

    package enum Severity: String, CaseIterable, Comparable, Sendable {
        case warning, critical, emergency

        package static func < (left: Severity, right: Severity) -> Bool {
            left.order < right.order
        }

        private var order: Int {
            switch self {
            case .warning: 0
            case .critical: 1
            case .emergency: 2
            }
        }
    }

    package var name: String
    package var kind: Kind
    /// Of a mail channel the server: `smtps://mail.example.com`. It can hold a token, as Slack's.
    package var url: Secret
    /// Signs webhooks: `whsec_` and base64, or any text.
    package var secret: Secret?
    package var user: String?
    package var password: Secret?
    package var from: String?
    package var to: [String]
    package var minimumSeverity: Severity

    package init(name: String, kind: Kind, url: Secret) {
        self.name = name
        self.kind = kind
        self.url = url
        to = []
        minimumSeverity = .warning
    }

    package func takes(severity: String) -> Bool {
        (Severity(rawValue: severity) ?? .emergency) >= minimumSeverity
    }

    /// Of the Standard Webhooks specification; base64 stands behind it.
    package static let webhookSecretPrefix = "whsec_"

    /// The bytes that a secret of the specification stands for.
    package static func decoded(_ secret: Secret) -> [UInt8]? {
        let text = secret.revealed
        guard text.hasPrefix(webhookSecretPrefix) else { return nil }
        return Data(base64Encoded: String(text.dropFirst(webhookSecretPrefix.count))).map {
            [UInt8]($0)
        }
    }
}
