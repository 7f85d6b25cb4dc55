internal import Chronology

/// What spend is summed by.
package enum SpendDimension: Hashable, Sendable {
    case model, provider, endpoint, upstream, taskType
    case user, project, key, session, conversation
    /// The value of a tag by its name; empty for calls without it.
    case tag(String)
    /// Spans of time in the query's zone.
    case hour, day, week, month

    /// All but tags, of which there are as many as people name.
    package static let plain: [SpendDimension] = [
        .model, .provider, .endpoint, .upstream, .taskType, .user, .project, .key, .session,
        .conversation, .hour, .day, .week, .month,
    ]

    package static let maximumDimensions = 2

    package var name: String {
        switch self {
        case .taskType: "task_type"
        case .tag(let name): "tag:\(name)"
        default: "\(self)"
        }
    }

    package init?(name: String) {
        if name.hasPrefix("tag:"), name.count > "tag:".count {
            self = .tag(String(name.dropFirst("tag:".count)))
        } else if let plain = Self.plain.first(where: { $0.name == name }) {
            self = plain
        } else {
            return nil
        }
    }

    /// `model,tag:team`: one or two dimensions.
    package static func list(_ text: String) -> [SpendDimension]? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let dimensions = parts.compactMap { SpendDimension(name: String($0)) }
        guard dimensions.count == parts.count, (1...maximumDimensions).contains(parts.count),
            Set(dimensions).count == dimensions.count,
            dimensions.count(where: \.isTime) < 2, dimensions.count(where: \.isTag) < 2
        else { return nil }
        return dimensions
    }

    package var isTime: Bool {
        switch self {
        case .hour, .day, .week, .month: true
        default: false
        }
    }

    /// The name of a tag.
    package var tag: String? {
        if case .tag(let name) = self { return name }
        return nil
    }

    var isTag: Bool { tag != nil }

    /// Which rollup tells this dimension apart; nil where it is no facet.
    var facet: SpendFacet? {
        switch self {
        case .user: .user
        case .project: .project
        case .key: .key
        case .session: .session
        case .conversation: .conversation
        case .tag: .tag
        case .model, .provider, .endpoint, .upstream, .taskType, .hour, .day, .week, .month: nil
        }
    }

    /// Rollups of facets tell models and providers apart, and no more: each further dimension
    /// would multiply their rows.
    var isInFacets: Bool {
        switch self {
        case .hour, .endpoint, .upstream, .taskType: false
        default: true
        }
    }
}
