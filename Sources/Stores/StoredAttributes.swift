package import Accounting
internal import Foundation

/// What a row or a hold counts by, as its columns have it in whichever store.
package struct StoredAttributes: Sendable {
    private let user: String
    private let project: String?
    private let key: String?
    private let session: String?
    private let provider: String
    private let endpoint: String?
    private let modelRequested: String?
    private let modelPriced: String?
    private let tags: String?
    private let uncounted: String?

    package init(
        user: String, project: String?, key: String?, session: String?, provider: String,
        endpoint: String?, modelRequested: String?, modelPriced: String?, tags: String?,
        uncounted: String?
    ) {
        self.user = user
        self.project = project
        self.key = key
        self.session = session
        self.provider = provider
        self.endpoint = endpoint
        self.modelRequested = modelRequested
        self.modelPriced = modelPriced
        self.tags = tags
        self.uncounted = uncounted
    }

    /// `keyNames`: names of gateway keys by id, as limits name keys by either.
    package func attributes(keyNames: [String: String]) -> CallAttributes {
        let left = Set(uncounted.map { Self.list($0) } ?? [])
        var attributes = CallAttributes(user: user)
        if !left.contains("project") { attributes.project = project }
        if let key { attributes.keys = [keyNames[key], key].compactMap { $0 } }
        if !left.contains("session") { attributes.session = session }
        attributes.provider = provider
        attributes.endpoint = endpoint ?? ""
        attributes.models = ModelNames.all(requested: modelRequested, priced: modelPriced)
        if let tags {
            attributes.tags = Self.object(tags)
                .map { CallAttributes.Tag(name: $0.key, value: $0.value) }
                .filter { !left.contains("tag:\($0.name)") }
                .sorted { $0.name < $1.name }
        }
        return attributes
    }

    private static func list(_ json: String) -> [String] {
        (try? JSONDecoder().decode([String].self, from: Data(json.utf8))) ?? []
    }

    /// Tags as we write them; of others' rows values that are not texts are left out.
    private static func object(_ json: String) -> [String: String] {
        let parsed = try? JSONSerialization.jsonObject(with: Data(json.utf8))
        return (parsed as? [String: Any] ?? [:]).compactMapValues { $0 as? String }
    }
}
