/// The places in a JSON document whose values are wanted: a tree of keys.
///
/// A path names keys from the root: `usage.input_tokens`. `[]` stands for every element of an
/// array, and a last resort `**.type` for a key at any depth that no other path covers.
package struct JSONOutline: Sendable {
    package static let nowhere: Int32 = -1

    struct Node: Sendable {
        var keys: [[UInt8]] = []
        var targets: [Int32] = []
        /// The node of the elements, where this one is an array.
        var elements = JSONOutline.nowhere
        /// The node of keys that are not in `keys`, and of elements without a node of their own.
        var otherwise = JSONOutline.nowhere
        /// What the caller calls this place; `nowhere` where only its inside is wanted.
        var name = JSONOutline.nowhere
        /// Only the length of a string is wanted.
        var measuresOnly = false
    }

    private(set) var nodes: [Node] = [Node()]
    private var anywhere = JSONOutline.nowhere

    package init() {}

    /// Calls the value at `path` `name` in what the scanner reports.
    package mutating func want(_ path: String, as name: Int32, measuresOnly: Bool = false) {
        var node: Int32 = 0
        for step in path.split(separator: ".") {
            var key = step
            var arrayDepth = 0
            while key.hasSuffix("[]") {
                key.removeLast(2)
                arrayDepth += 1
            }
            node = child(of: node, key: Array(key.utf8))
            for _ in 0..<arrayDepth { node = elements(of: node) }
        }
        nodes[Int(node)].name = name
        nodes[Int(node)].measuresOnly = measuresOnly
    }

    /// Calls values under `key` at any depth `name`, where no `want` says otherwise.
    package mutating func wantAnywhere(_ key: String, as name: Int32) {
        if anywhere == Self.nowhere {
            anywhere = append(Node())
            nodes[Int(anywhere)].otherwise = anywhere
        }
        let leaf = child(of: anywhere, key: Array(key.utf8))
        nodes[Int(leaf)].name = name
        nodes[Int(leaf)].otherwise = anywhere
    }

    /// Call last: places that no path covers lead to the keys wanted anywhere.
    package mutating func seal() {
        guard anywhere != Self.nowhere else { return }
        for index in nodes.indices where nodes[index].otherwise == Self.nowhere {
            nodes[index].otherwise = anywhere
        }
    }

    private mutating func append(_ node: Node) -> Int32 {
        nodes.append(node)
        return Int32(nodes.count - 1)
    }

    private mutating func child(of parent: Int32, key: [UInt8]) -> Int32 {
        if let index = nodes[Int(parent)].keys.firstIndex(of: key) {
            return nodes[Int(parent)].targets[index]
        }
        let node = append(Node())
        nodes[Int(parent)].keys.append(key)
        nodes[Int(parent)].targets.append(node)
        return node
    }

    private mutating func elements(of parent: Int32) -> Int32 {
        if nodes[Int(parent)].elements == Self.nowhere {
            let node = append(Node())
            nodes[Int(parent)].elements = node
        }
        return nodes[Int(parent)].elements
    }
}
