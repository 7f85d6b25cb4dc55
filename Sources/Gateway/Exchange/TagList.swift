internal import Accounting

/// Tags of a call as a header writes them: `team=web, feature=chat`.
enum TagList {
    /// Bounds of what one call may be tagged with.
    static let maximumTags = 32
    static let maximumNameBytes = 64
    static let maximumValueBytes = 256

    /// Those that can be read; of two with one name the first counts.
    static func tags(of header: String) -> [CallAttributes.Tag] {
        var tags: [CallAttributes.Tag] = []
        for pair in header.split(separator: ",") where tags.count < maximumTags {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            let name = parts[0].trimmed
            let value = parts[1].trimmed
            guard !name.isEmpty, !value.isEmpty, name.utf8.count <= maximumNameBytes,
                value.utf8.count <= maximumValueBytes
            else { continue }
            if !tags.contains(where: { $0.name == name }) {
                tags.append(CallAttributes.Tag(name: name, value: value))
            }
        }
        return tags
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }
}
