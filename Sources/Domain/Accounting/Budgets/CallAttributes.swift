/// What a call is known by, as far as it counts: attributes that nobody vouches for are left out.
package struct CallAttributes: Hashable, Sendable {
    package struct Tag: Hashable, Sendable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package var user: String
    package var project: String?
    /// Name and id of a gateway key, or the fingerprint of another; the first is the one that
    /// `key:*` counts by.
    package var keys: [String] = []
    package var provider = ""
    /// As its price sheet calls it, as requested, and both without their dates; the first is the
    /// one that `model:*` counts by.
    package var models: [String] = []
    package var endpoint = ""
    package var session: String?
    package var tags: [Tag] = []

    package init(user: String) { self.user = user }

    /// The values of an attribute; none where the call lacks it.
    func values(of kind: Scope.Kind) -> [String] {
        switch kind {
        case .system, .tag: []
        case .user: [user]
        case .project: project.map { [$0] } ?? []
        case .key: keys
        case .provider: [provider]
        case .model: models
        case .endpoint: [endpoint]
        case .session: session.map { [$0] } ?? []
        }
    }

    func tag(_ name: String) -> String? { tags.first { $0.name == name }?.value }

    /// Whether a budget of `scope` binds this call.
    package func match(_ scope: Scope) -> Bool { bucket(of: scope) != nil }

    /// The scope in which a budget of `scope` counts this call, or nil where it does not bind it.
    package func bucket(of scope: Scope) -> Scope? {
        if scope.kind == .system { return scope }
        let values: [String]
        if let name = scope.tagName {
            values = tag(name).map { [$0] } ?? []
        } else {
            values = self.values(of: scope.kind)
        }
        if scope.isEach { return scope.with(value: values.first ?? "") }
        if scope.isMissing { return values.allSatisfy(\.isEmpty) ? scope : nil }
        return values.contains(scope.value) ? scope : nil
    }
}
