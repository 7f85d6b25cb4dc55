package import Yams

/// A place in a YAML document that a validated file is read from.
///
/// Every reader names the file and line of what it refuses; numbers stay text, so that no binary
/// fraction comes near them.
package struct YAMLNode {
    package struct Problem: Error {
        package let line: Int
        package let reason: String

        package init(line: Int, reason: String) {
            self.line = line
            self.reason = reason
        }
    }

    /// Larger files are not configuration.
    package static let maximumBytes = 4 * 1_024 * 1_024

    package let node: Node
    /// What the document calls this place, for messages.
    package let name: String

    package init(node: Node, name: String) {
        self.node = node
        self.name = name
    }

    /// The root of a document; nil for an empty one.
    package static func parse(_ text: String) throws(Problem) -> YAMLNode? {
        guard text.utf8.count <= maximumBytes else {
            throw Problem(line: 1, reason: "the file is larger than \(maximumBytes) bytes")
        }
        do {
            return try Yams.compose(yaml: text).map { YAMLNode(node: $0, name: "the file") }
        } catch let error as YamlError {
            throw problem(of: error)
        } catch {
            throw Problem(line: 1, reason: "not YAML: \(error)")
        }
    }

    /// `YamlError` carries the whole text, which can hold secrets; only the reason is passed on.
    private static func problem(of error: YamlError) -> Problem {
        switch error {
        case .scanner(_, let reason, let mark, _), .parser(_, let reason, let mark, _),
            .composer(_, let reason, let mark, _):
            Problem(line: mark.line, reason: "not YAML: \(reason)")
        case .duplicatedKeysInMapping(let keys, let context):
            Problem(
                line: context.mark.line,
                reason: "the key \(keys.map { "'\($0)'" }.joined(separator: ", ")) stands twice")
        default: Problem(line: 1, reason: "not YAML: the text is not UTF-8")
        }
    }

    package var line: Int { node.mark?.line ?? 1 }

    package func fail(_ reason: String) -> Problem { Problem(line: line, reason: reason) }

    package enum Shape: Sendable { case scalar, sequence, mapping }

    package var shape: Shape {
        switch node {
        case .sequence: .sequence
        case .mapping: .mapping
        default: .scalar
        }
    }

    package var isNull: Bool {
        guard case .scalar(let scalar) = node else { return false }
        return scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
    }

    /// The keys and values of a mapping whose keys are all of `known`.
    package func fields(known: Set<String>) throws(Problem) -> [String: YAMLNode] {
        var fields: [String: YAMLNode] = [:]
        for (key, value) in try entries() {
            guard known.contains(key) else {
                let names = known.sorted().joined(separator: ", ")
                throw Problem(
                    line: value.line, reason: "unknown key '\(key)' in \(name); it knows \(names)")
            }
            fields[key] = value
        }
        return fields
    }

    /// The keys and values of a mapping, in the order of the document.
    package func entries() throws(Problem) -> [(String, YAMLNode)] {
        guard case .mapping(let mapping) = node else {
            throw fail("\(name) must be a mapping of keys to values")
        }
        var entries: [(String, YAMLNode)] = []
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                throw fail("a key in \(name) is not a plain word")
            }
            entries.append((scalar.string, YAMLNode(node: value, name: scalar.string)))
        }
        return entries
    }

    package func elements() throws(Problem) -> [YAMLNode] {
        guard case .sequence(let sequence) = node else {
            throw fail("\(name) must be a list")
        }
        return sequence.map { YAMLNode(node: $0, name: name) }
    }

    package func string() throws(Problem) -> String {
        guard case .scalar(let scalar) = node, !isNull else {
            throw fail("\(name) must be a text")
        }
        return scalar.string
    }

    package func bool() throws(Problem) -> Bool {
        switch try string() {
        case "true": return true
        case "false": return false
        default: throw fail("\(name) must be true or false")
        }
    }

    /// Above any count that means something, and far from overflow in sums and products of them.
    private static let maximumCount: Int64 = 1_000_000_000_000_000

    package func count() throws(Problem) -> Int64 {
        let text = try string()
        guard let value = Int64(text), value >= 0 else {
            throw fail("\(name) must be a whole number, not '\(text)'")
        }
        guard value <= Self.maximumCount else {
            throw fail("\(name) must be at most \(Self.maximumCount)")
        }
        return value
    }
}
