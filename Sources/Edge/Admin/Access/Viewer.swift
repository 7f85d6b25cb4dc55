package import Gateway

/// Who looks at the dashboard.
package enum Viewer: Hashable, Sendable {
    case admin
    /// Sees what this user spent, and nothing else. Known by a gateway key, whose mark changes
    /// with its secret.
    case user(String, keyID: String, mark: String)

    /// The user that every figure is kept to; nil: all.
    var onlyUser: String? {
        if case .user(let name, _, _) = self { return name }
        return nil
    }

    var isAdmin: Bool { self == .admin }

    /// For the audit.
    var actor: String {
        switch self {
        case .admin: "dashboard"
        case .user(let name, let keyID, _): "dashboard \(name) (\(keyID))"
        }
    }
}

/// Tells by a secret who somebody is.
package struct AdminCredentials: Sendable {
    /// HMAC of the admin key under the pepper; what is offered is digested alike, so that a
    /// comparison tells nothing of the key.
    private let adminDigest: [UInt8]
    private let digest: @Sendable (String) -> [UInt8]
    private let gatewayKey: @Sendable (String) -> GatewayKey?
    /// The digest of a key's secret, by the key's id; nil once it is revoked.
    private let keyDigest: @Sendable (String) -> [UInt8]?

    package init(
        adminKey: String, digest: @escaping @Sendable (String) -> [UInt8],
        gatewayKey: @escaping @Sendable (String) -> GatewayKey?,
        keyDigest: @escaping @Sendable (String) -> [UInt8]?
    ) {
        adminDigest = digest(adminKey)
        self.digest = digest
        self.gatewayKey = gatewayKey
        self.keyDigest = keyDigest
    }

    /// Bytes of a digest that tell one secret of a key from the next.
    private static let markBytes = 8

    /// By a gateway key: it has 256 random bits, so that nobody is slowed down who tries one.
    func user(offering secret: String) -> Viewer? {
        gatewayKey(secret).map {
            .user($0.userID, keyID: $0.id, mark: mark(of: digest(secret)))
        }
    }

    func isAdmin(_ secret: String) -> Bool { digest(secret) == adminDigest }

    private func mark(of digest: [UInt8]) -> String { Array(digest.prefix(Self.markBytes)).hex }

    /// False once the key of a session is revoked or has another secret.
    func isCurrent(_ viewer: Viewer) -> Bool {
        guard case .user(_, let keyID, let mark) = viewer else { return true }
        return keyDigest(keyID).map { self.mark(of: $0) == mark } ?? false
    }

    /// What sessions are signed with: another admin key ends them all.
    var signingSecret: [UInt8] { digest("dashboard sessions " + adminDigest.hex) }
}

extension [UInt8] {
    var hex: String {
        map { byte in
            let text = String(byte, radix: 16)
            return text.utf8.count == 1 ? "0" + text : text
        }.joined()
    }

    init?(hex text: some StringProtocol) {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            let pair = String(decoding: digits[index...index + 1], as: UTF8.self)
            guard let byte = UInt8(pair, radix: 16) else { return nil }
            bytes.append(byte)
        }
        self = bytes
    }
}
