package import Gateway

/// Who looks at the dashboard.
package enum Viewer: Hashable, Sendable {
    case admin
    /// Sees what this user spent, and nothing else. Known by a gateway key.
    case user(String, keyID: String)

    /// The user that every figure is kept to; nil: all.
    var onlyUser: String? {
        if case .user(let name, _) = self { return name }
        return nil
    }

    var isAdmin: Bool { self == .admin }

    /// For the audit.
    var actor: String {
        switch self {
        case .admin: "dashboard"
        case .user(let name, let keyID): "dashboard \(name) (\(keyID))"
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
    private let isKeyKnown: @Sendable (String) -> Bool

    package init(
        adminKey: String, digest: @escaping @Sendable (String) -> [UInt8],
        gatewayKey: @escaping @Sendable (String) -> GatewayKey?,
        isKeyKnown: @escaping @Sendable (String) -> Bool
    ) {
        adminDigest = digest(adminKey)
        self.digest = digest
        self.gatewayKey = gatewayKey
        self.isKeyKnown = isKeyKnown
    }

    func viewer(offering secret: String) -> Viewer? {
        if digest(secret) == adminDigest { return .admin }
        return gatewayKey(secret).map { .user($0.userID, keyID: $0.id) }
    }

    /// False once the key of a session is revoked.
    func isCurrent(_ viewer: Viewer) -> Bool {
        guard case .user(_, let keyID) = viewer else { return true }
        return isKeyKnown(keyID)
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
