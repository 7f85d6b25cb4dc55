package import Gateway

/// A gateway key as lists show it.
package struct KeyListing: Sendable {
    package let key: GatewayKey
    package let createdAt: String
    package let revokedAt: String?

    package init(key: GatewayKey, createdAt: String, revokedAt: String?) {
        self.key = key
        self.createdAt = createdAt
        self.revokedAt = revokedAt
    }
}
