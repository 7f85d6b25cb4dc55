package import Crypto

/// Knows the gateway keys, by digest, and says who a caller is. Immutable; a change of keys makes
/// a new ring.
package struct KeyRing: Sendable {
    package enum Mode: String, CaseIterable, Sendable {
        /// The app keeps sending its provider key and is known by its fingerprint.
        case passThrough = "pass-through"
        /// A gateway key is needed.
        case keys
    }

    package static let secretPrefix = "sf_"

    private let mode: Mode
    private let defaultUser: String
    private let pepper: SymmetricKey
    private let keys: [[UInt8]: GatewayKey]

    package init(
        mode: Mode, defaultUser: String, pepper: SymmetricKey, keys: [[UInt8]: GatewayKey]
    ) {
        self.mode = mode
        self.defaultUser = defaultUser
        self.pepper = pepper
        self.keys = keys
    }

    /// HMAC-SHA-256 of a key under this installation's pepper: what the store keeps of it. A
    /// look-up by the whole digest tells nothing about keys that nearly match.
    package static func digest(of secret: String, pepper: SymmetricKey) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(secret.utf8), using: pepper))
    }

    /// The gateway key that this is the secret of; nil for one that is unknown or revoked.
    package func key(of secret: String) -> GatewayKey? {
        guard secret.hasPrefix(Self.secretPrefix) else { return nil }
        return keys[digest(of: secret)]
    }

    package func digest(of secret: String) -> [UInt8] { Self.digest(of: secret, pepper: pepper) }

    /// The digest of the secret that a key has now; nil for one that is unknown or revoked.
    package func digest(ofKey id: String) -> [UInt8]? { keys.first { $0.value.id == id }?.key }

    package func caller(
        offering offered: OfferedCredentials, upstreamHasKey: Bool
    ) throws(GatewayError) -> Caller {
        guard !offered.isAmbiguous else {
            throw Self.unauthenticated("a credential header stands twice; send it once")
        }
        for text in offered.texts where text.hasPrefix(Self.secretPrefix) {
            guard let key = keys[Self.digest(of: text, pepper: pepper)] else {
                throw Self.unauthenticated("the gateway key is unknown or revoked")
            }
            guard upstreamHasKey else {
                throw Self.unauthenticated(
                    "this upstream has no provider key; set its 'key' in the config file")
            }
            return Caller(
                userID: key.userID, projectID: key.projectID, keyID: key.id, keyName: key.name,
                credential: .configured, policy: key.policy)
        }
        guard mode == .passThrough else {
            throw Self.unauthenticated(
                "a gateway key is needed; make one with 'spendfuse key create NAME --user USER'")
        }
        if let pathKey = offered.pathKey, !pathKey.hasPrefix(Self.secretPrefix) {
            throw Self.unauthenticated(
                "the key in the path is not one of this gateway; leave '/k/…' out, or make a key"
                    + " with 'spendfuse key create NAME --user USER'")
        }
        guard !offered.wouldLeakOurs else {
            throw Self.unauthenticated("the gateway key is not sent as 'Bearer KEY'")
        }
        return Caller(
            userID: defaultUser, projectID: nil, keyID: fingerprint(of: offered),
            credential: .passThrough(offered.passed), policy: .open)
    }

    /// Digits of a fingerprint: enough to tell an installation's keys apart, too few to matter.
    private static let fingerprintBytes = 6

    private func fingerprint(of offered: OfferedCredentials) -> String? {
        guard let text = offered.passed?.identity else { return nil }
        let digest = Self.digest(of: text, pepper: pepper).prefix(Self.fingerprintBytes)
        return "fp_"
            + digest.map { byte in
                let hex = String(byte, radix: 16)
                return hex.utf8.count == 1 ? "0" + hex : hex
            }.joined()
    }

    private static func unauthenticated(_ reason: String) -> GatewayError {
        GatewayError(.unauthenticated, status: 401, "not authenticated: \(reason)")
    }
}
