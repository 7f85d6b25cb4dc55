internal import Foundation
internal import Inbound
internal import StrictYAML

/// The text of a config file, checked against the keys that exist.
struct ConfigFile {
    struct Value {
        let text: String
        let line: Int
    }

    struct UpstreamEntry {
        let name: String
        let line: Int
        var fields: [String: Value] = [:]
        var dialects: [Value] = []
        /// Models by the names of their deployments.
        var models: [(String, Value)] = []
    }

    static let scalarKeys: Set<String> = [
        "listen", "admin", "state", "pricing", "known_upstreams", "demo", "certificates",
    ]
    static let groups: [String: Set<String>] = [
        "database": ["url"], "auth": ["mode", "default_user", "admin_key"],
        "log": ["level", "format"],
    ]
    static let upstreamKeys: Set<String> = [
        "dialect", "provider", "url", "key", "auth", "prefix", "region", "models",
        "stream_usage", "on_client_disconnect",
    ]

    static let channelKeys: Set<String> = [
        "kind", "url", "secret", "to", "from", "user", "password", "minimum_severity",
    ]

    /// A channel of `alerts`, by name.
    struct ChannelEntry {
        let name: String
        let line: Int
        var fields: [String: Value] = [:]
    }

    let path: String
    /// By key with dots: `auth.mode`.
    private(set) var values: [String: Value] = [:]
    private(set) var upstreams: [UpstreamEntry] = []
    private(set) var channels: [ChannelEntry] = []

    /// The file at `path`, or an empty one for nil.
    init(path: String?) throws(ConfigError) {
        self.path = path ?? "(no config file)"
        guard let path else { return }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigError(
                "the config file \(path) cannot be read; check --config and its permissions")
        }
        do throws(YAMLNode.Problem) {
            guard let root = try YAMLNode.parse(String(decoding: data, as: UTF8.self)),
                !root.isNull
            else { return }
            try read(root)
        } catch {
            throw ConfigError("\(path):\(error.line): \(error.reason)")
        }
    }

    /// A file of nothing but upstreams, such as `config/upstreams.yaml`.
    init(upstreamsPath path: String) throws(ConfigError) {
        self.path = path
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigError(
                "the file of known upstreams \(path) cannot be read; set known_upstreams to"
                    + " config/upstreams.yaml of this program")
        }
        do throws(YAMLNode.Problem) {
            guard let root = try YAMLNode.parse(String(decoding: data, as: UTF8.self)),
                !root.isNull
            else { return }
            try readUpstreams(root)
        } catch {
            throw ConfigError("\(path):\(error.line): \(error.reason)")
        }
    }

    private mutating func read(_ root: YAMLNode) throws(YAMLNode.Problem) {
        let known = Self.scalarKeys.union(Self.groups.keys).union(["upstreams", "limits", "alerts"])
        for (key, node) in try root.fields(known: known) {
            switch key {
            case "upstreams": try readUpstreams(node)
            case "alerts": try readChannels(node)
            case "limits":
                guard !node.isNull else { continue }
                for (name, value) in try node.fields(known: Set(InboundSettings.limitNames)) {
                    values["limits.\(name)"] = Value(
                        text: String(try value.count()), line: value.line)
                }
            default:
                if let names = Self.groups[key] {
                    guard !node.isNull else { continue }
                    for (name, value) in try node.fields(known: names) where !value.isNull {
                        values["\(key).\(name)"] = Value(
                            text: try value.string(), line: value.line)
                    }
                } else if !node.isNull {
                    values[key] = Value(text: try node.string(), line: node.line)
                }
            }
        }
    }

    private mutating func readUpstreams(_ node: YAMLNode) throws(YAMLNode.Problem) {
        guard !node.isNull else { return }
        for (name, fields) in try node.entries() {
            var entry = UpstreamEntry(name: name, line: fields.line)
            for (key, value) in try fields.fields(known: Self.upstreamKeys) where !value.isNull {
                if key == "dialect", let list = try? value.elements() {
                    for item in list {
                        entry.dialects.append(Value(text: try item.string(), line: item.line))
                    }
                } else if key == "dialect" {
                    entry.dialects = [Value(text: try value.string(), line: value.line)]
                } else if key == "models" {
                    for (deployment, model) in try value.entries() {
                        entry.models.append(
                            (deployment, Value(text: try model.string(), line: model.line)))
                    }
                } else {
                    entry.fields[key] = Value(text: try value.string(), line: value.line)
                }
            }
            upstreams.append(entry)
        }
    }

    private mutating func readChannels(_ node: YAMLNode) throws(YAMLNode.Problem) {
        guard !node.isNull else { return }
        for (name, fields) in try node.entries() {
            var entry = ChannelEntry(name: name, line: fields.line)
            for (key, value) in try fields.fields(known: Self.channelKeys) where !value.isNull {
                entry.fields[key] = Value(text: try value.string(), line: value.line)
            }
            channels.append(entry)
        }
    }

    /// The first file that exists of those that are looked for where none is named.
    static func defaultPath(environment: [String: String]) -> String? {
        let home = environment["HOME"] ?? "/"
        let userConfig = environment["XDG_CONFIG_HOME"] ?? "\(home)/.config"
        let candidates = [
            "./spendfuse.yaml", "\(userConfig)/spendfuse/config.yaml",
            "/etc/spendfuse/config.yaml",
        ]
        return candidates.first { FileManager.default.fileExists(atPath: $0) }
    }
}
