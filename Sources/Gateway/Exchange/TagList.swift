internal import Metering

/// Tags of a call as a header writes them: `team=web, feature=chat`.
enum TagList {
    /// Bounds of what one call may be tagged with.
    static let maximumTags = 32
    static let maximumNameBytes = 64
    static let maximumValueBytes = 256

    /// A JSON object of texts, or nil where no tag could be read.
    static func json(of header: String) -> String? {
        var object = JSONObjectText()
        var count = 0
        for pair in header.split(separator: ",") where count < maximumTags {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            let name = parts[0].trimmed
            let value = parts[1].trimmed
            guard !name.isEmpty, name.utf8.count <= maximumNameBytes,
                value.utf8.count <= maximumValueBytes
            else { continue }
            object.add(name, value)
            count += 1
        }
        return count == 0 ? nil : object.closed
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
