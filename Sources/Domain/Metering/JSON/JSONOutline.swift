/// The places in a JSON document whose values are wanted: a tree of keys.
///
/// A path names keys from the root: `usage.input_tokens`. `[]` stands for every element of an
/// array (alone, of a document that is an array), and `wantAnywhere` for a key at any depth that
/// no path covers. Laid out flat, as a scanner looks into it at every key.
package final class JSONOutline: Sendable {
    package static let nowhere: Int32 = -1

    /// What the caller calls each place; `nowhere` where only its inside is wanted.
    let names: [Int32]
    /// Places where only the length of a string is wanted.
    let measuresOnly: [Bool]
    /// The place of the elements, where a place is an array.
    let elements: [Int32]
    /// The place of keys and elements that have none of their own.
    let otherwise: [Int32]
    /// The keys of place `p` are `edges[firstEdge[p]..<firstEdge[p + 1]]`.
    let firstEdge: [Int32]
    let edges: [Edge]
    let keyBytes: [UInt8]

    struct Edge: Sendable {
        let keyStart: Int32
        let keyCount: Int32
        let target: Int32
    }

    package init(_ build: (inout Builder) -> Void) {
        var builder = Builder()
        build(&builder)
        builder.seal()
        names = builder.nodes.map(\.name)
        measuresOnly = builder.nodes.map(\.measuresOnly)
        elements = builder.nodes.map { node in
            node.elements == Self.nowhere ? node.otherwise : node.elements
        }
        otherwise = builder.nodes.map(\.otherwise)
        var firstEdge: [Int32] = [0]
        var edges: [Edge] = []
        var keyBytes: [UInt8] = []
        for node in builder.nodes {
            for (key, target) in node.edges {
                edges.append(
                    Edge(
                        keyStart: Int32(keyBytes.count), keyCount: Int32(key.count),
                        target: target))
                keyBytes += key
            }
            firstEdge.append(Int32(edges.count))
        }
        self.firstEdge = firstEdge
        self.edges = edges
        self.keyBytes = keyBytes
    }

    func hasKeys(at place: Int32) -> Bool {
        firstEdge[Int(place)] != firstEdge[Int(place) + 1]
    }

    /// Whether the string at `place` is wanted itself.
    func keepsText(at place: Int32) -> Bool {
        names[Int(place)] != Self.nowhere && !measuresOnly[Int(place)]
    }

    /// The place under the key that stands at `range` of `bytes`, without escapes.
    func child(of parent: Int32, in bytes: Span<UInt8>, at range: Range<Int>) -> Int32 {
        let start = range.lowerBound
        for index in Int(firstEdge[Int(parent)])..<Int(firstEdge[Int(parent) + 1]) {
            let edge = edges[index]
            let count = Int(edge.keyCount)
            guard count == range.count else { continue }
            let keyStart = Int(edge.keyStart)
            var offset = 0
            while offset < count,
                keyBytes[keyStart + offset] == bytes[unchecked: start + offset]
            {
                offset += 1
            }
            if offset == count { return edge.target }
        }
        return otherwise[Int(parent)]
    }

    /// Gathers the places of an outline.
    package struct Builder {
        struct Node {
            var edges: [([UInt8], Int32)] = []
            var elements = JSONOutline.nowhere
            var otherwise = JSONOutline.nowhere
            var name = JSONOutline.nowhere
            var measuresOnly = false
        }

        var nodes = [Node()]
        private var anywhere = JSONOutline.nowhere

        /// Calls the value at `path` `name` in what the scanner reports.
        package mutating func want(_ path: String, as name: Int32, measuresOnly: Bool = false) {
            let node = place(of: path)
            nodes[Int(node)].name = name
            nodes[Int(node)].measuresOnly = measuresOnly
        }

        private mutating func place(of path: String) -> Int32 {
            var node: Int32 = 0
            for step in path.split(separator: ".") {
                var key = step
                var arrayDepth = 0
                while key.hasSuffix("[]") {
                    key.removeLast(2)
                    arrayDepth += 1
                }
                if !key.isEmpty { node = child(of: node, key: Array(key.utf8)) }
                for _ in 0..<arrayDepth { node = elements(of: node) }
            }
            return node
        }

        /// Calls values in the object at `path` `name`, whose keys no `want` mentions.
        package mutating func wantOtherKeys(of path: String, as name: Int32) {
            let parent = place(of: path)
            let leaf = append(Node())
            nodes[Int(leaf)].name = name
            nodes[Int(parent)].otherwise = leaf
        }

        /// Calls values under `key` at any depth `name`, where no `want` says otherwise.
        package mutating func wantAnywhere(_ key: String, as name: Int32) {
            if anywhere == JSONOutline.nowhere {
                anywhere = append(Node())
                nodes[Int(anywhere)].otherwise = anywhere
            }
            let leaf = child(of: anywhere, key: Array(key.utf8))
            nodes[Int(leaf)].name = name
            nodes[Int(leaf)].otherwise = anywhere
        }

        fileprivate mutating func seal() {
            guard anywhere != JSONOutline.nowhere else { return }
            for index in nodes.indices where nodes[index].otherwise == JSONOutline.nowhere {
                nodes[index].otherwise = anywhere
            }
        }

        private mutating func append(_ node: Node) -> Int32 {
            nodes.append(node)
            return Int32(nodes.count - 1)
        }

        private mutating func child(of parent: Int32, key: [UInt8]) -> Int32 {
            if let edge = nodes[Int(parent)].edges.first(where: { $0.0 == key }) { return edge.1 }
            let node = append(Node())
            nodes[Int(parent)].edges.append((key, node))
            return node
        }

        private mutating func elements(of parent: Int32) -> Int32 {
            if nodes[Int(parent)].elements == JSONOutline.nowhere {
                let node = append(Node())
                nodes[Int(parent)].elements = node
            }
            return nodes[Int(parent)].elements
        }
    }
}
