internal import Accounting
internal import Foundation
package import Gateway
internal import Metering

/// A key's policy as the columns of `gateway_keys` have it: JSON texts.
package struct StoredKeyPolicy: Sendable {
    package let tags: String
    package let trusted: String
    package let required: String
    package let blockStatus: Int

    package init(tags: String, trusted: String, required: String, blockStatus: Int) {
        self.tags = tags
        self.trusted = trusted
        self.required = required
        self.blockStatus = blockStatus
    }

    package init(_ policy: KeyPolicy) {
        var object = JSONObjectText()
        for tag in policy.tags { object.add(tag.name, tag.value) }
        tags = object.closed
        trusted = Self.list(policy.trusted.map(\.rawValue))
        required = Self.list(policy.required)
        blockStatus = policy.blockStatus
    }

    package var policy: KeyPolicy {
        var policy = KeyPolicy()
        policy.tags = (Self.decoded(tags) as [String: String]? ?? [:])
            .map { CallAttributes.Tag(name: $0.key, value: $0.value) }
            .sorted { $0.name < $1.name }
        let trusted: [String] = Self.decoded(trusted) ?? []
        policy.trusted = Set(trusted.compactMap(KeyPolicy.Claim.init))
        policy.required = Self.decoded(required) ?? []
        policy.blockStatus = blockStatus
        return policy
    }

    private static func decoded<Value: Decodable>(_ text: String) -> Value? {
        try? JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }

    private static func list(_ texts: [String]) -> String {
        "[" + texts.sorted().map(\.jsonQuoted).joined(separator: ",") + "]"
    }
}

extension GatewayKey {
    /// A JSON object of all but its secret, for the audit.
    package var json: String {
        let stored = StoredKeyPolicy(policy)
        var object = JSONObjectText()
        object.add("id", id)
        object.add("user_id", userID)
        object.add("project_id", projectID)
        object.addRaw("tags", stored.tags)
        object.addRaw("trusted", stored.trusted)
        object.addRaw("required", stored.required)
        object.add("block_status", Int64(stored.blockStatus))
        return object.closed
    }
}
