/// What a budget applies to.
package enum Scope: Hashable, Sendable, CustomStringConvertible {
    case system
    case user(String)

    /// Longer names are refused, so that no row and no message grows with what a client sends.
    package static let maximumNameBytes = 256

    /// `system`, `user:u1`, or a bare word, which is a user.
    package init?(text: String) {
        if text == "system" {
            self = .system
            return
        }
        let name = text.hasPrefix("user:") ? String(text.dropFirst("user:".count)) : text
        let isPlain = name.unicodeScalars.allSatisfy {
            !$0.properties.isWhitespace && $0.value >= 0x20
        }
        guard !name.isEmpty, name.utf8.count <= Self.maximumNameBytes, isPlain else { return nil }
        if name == text, name.contains(":") { return nil }
        self = .user(name)
    }

    package var description: String {
        switch self {
        case .system: "system"
        case .user(let name): "user:\(name)"
        }
    }

    /// The `user_id` of `budget_config`, where null stands for the whole system.
    package var userID: String? {
        switch self {
        case .system: nil
        case .user(let name): name
        }
    }

    package init(userID: String?) { self = userID.map(Scope.user) ?? .system }
}
