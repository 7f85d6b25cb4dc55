/// What a budget applies to: the whole system, or the calls that have a certain attribute.
///
/// As text: `system`, `user:u1`, `tag:feature=chat`; a bare word is a user. The name `*` stands
/// for each value by itself (`user:*`: every user has the limits of the budget), and an empty name
/// for the calls that lack the attribute (`project:`, `tag:feature=`).
package struct Scope: Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, CaseIterable, Sendable {
        case system, user, project, key, provider, model, endpoint, tag, session
    }

    package let kind: Kind
    /// Of a tag `name=value`; of the system empty.
    package let name: String

    package init(_ kind: Kind, _ name: String) {
        self.kind = kind
        self.name = name
    }

    package static let system = Scope(.system, "")
    package static func user(_ name: String) -> Scope { Scope(.user, name) }
    package static func tag(_ name: String, _ value: String) -> Scope {
        Scope(.tag, "\(name)=\(value)")
    }

    /// Longer names are refused, so that no row and no message grows with what a client sends.
    package static let maximumNameBytes = 320
    private static let each = "*"

    package init?(text: String) {
        if text == "system" {
            self = .system
            return
        }
        guard let colon = text.firstIndex(of: ":") else {
            guard !text.isEmpty, Self.isPlain(text) else { return nil }
            self = .user(text)
            return
        }
        let name = String(text[text.index(after: colon)...])
        guard let kind = Kind(rawValue: String(text[..<colon])), kind != .system,
            Self.isPlain(name, blanks: kind == .tag),
            kind != .tag || name.drop(while: { $0 != "=" }).count > 0,
            kind != .tag || name.first != "="
        else { return nil }
        self.init(kind, name)
    }

    /// As it was written from a scope of ours, whatever a client put into it.
    package init?(stored text: String) {
        if text == "system" {
            self = .system
            return
        }
        let kind = text.prefix { $0 != ":" }
        guard let known = Kind(rawValue: String(kind)), kind.count < text.count else { return nil }
        self.init(known, String(text.dropFirst(kind.count + 1)))
    }

    /// Without control characters, and without white space but for blanks within a tag's value.
    private static func isPlain(_ name: String, blanks: Bool = false) -> Bool {
        let scalars = name.unicodeScalars
        let isPlain = scalars.allSatisfy {
            $0.value >= 0x20 && $0.value != 0x7F
                && (!$0.properties.isWhitespace || blanks && $0 == " ")
        }
        return isPlain && name.utf8.count <= maximumNameBytes && scalars.last != " "
    }

    package var description: String {
        kind == .system ? kind.rawValue : "\(kind.rawValue):\(name)"
    }

    /// The name of the tag, without its value.
    package var tagName: String? {
        kind == .tag ? String(name.prefix { $0 != "=" }) : nil
    }

    /// The value: of a tag what stands behind `=`, else the name.
    package var value: String {
        kind == .tag ? String(name.drop { $0 != "=" }.dropFirst()) : name
    }

    /// Whether a budget of this scope binds each value by itself.
    package var isEach: Bool { kind != .system && value == Self.each }

    /// Whether the scope holds the calls that lack the attribute.
    package var isMissing: Bool { kind != .system && value.isEmpty }

    /// The scope of the same attribute with another value.
    package func with(value: String) -> Scope {
        switch kind {
        case .system: self
        case .tag: .tag(tagName ?? "", value)
        default: Scope(kind, value)
        }
    }

    /// The `user_id` of `budget_config`, where null stands for the whole system.
    package var userID: String? { kind == .user ? name : nil }

    /// For messages: says what an empty name means.
    package var label: String {
        guard isMissing else { return description }
        return kind == .tag
            ? "calls without the tag '\(tagName ?? "")'" : "calls without a \(kind.rawValue)"
    }
}
