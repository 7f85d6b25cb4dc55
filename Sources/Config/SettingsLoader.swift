internal import AlertDelivery
internal import Configuration
internal import Dialects
internal import Foundation
internal import Gateway
internal import Inbound

/// Puts the settings together out of flags, environment, file and defaults.
package struct SettingsLoader {
    private struct Source {
        let name: String
        let reader: ConfigReader
    }

    private static let defaults: [String: String] = [
        "listen": "127.0.0.1:4141", "admin": "127.0.0.1:4142", "pricing": "./pricing",
        "known_upstreams": "./config/upstreams.yaml",
        "auth.mode": "pass-through", "auth.default_user": "default", "demo": "false",
        "log.level": "info", "log.format": "text",
    ]

    /// Above any bound that means something, and far from overflow in sums of them.
    private static let maximumLimit = 1_099_511_627_776

    private let environment: [String: String]
    private let file: ConfigFile
    private let sources: [Source]
    private var origins: [Settings.Origin] = []

    /// `flags` by key, `listen` or `auth.mode`. `configPath` is `--config`.
    package init(
        flags: [String: String], environment: [String: String], configPath: String?
    ) throws(ConfigError) {
        self.environment = environment
        let file = try ConfigFile(
            path: configPath ?? environment["SPENDFUSE_CONFIG"]
                ?? ConfigFile.defaultPath(environment: environment))
        self.file = file
        sources = [
            Source(name: "flag", reader: Self.reader("flags", flags)),
            Source(
                name: "environment",
                reader: ConfigReader(
                    provider: EnvironmentVariablesProvider(
                        environmentVariables: environment.filter { !$0.value.isEmpty }
                    ).prefixKeys(with: "spendfuse"))),
            Source(
                name: file.path,
                reader: Self.reader("file", file.values.mapValues(\.text))),
            Source(name: "default", reader: Self.reader("defaults", Self.defaults)),
        ]
    }

    private static func reader(_ name: String, _ values: [String: String]) -> ConfigReader {
        var typed: [AbsoluteConfigKey: ConfigValue] = [:]
        for (key, value) in values {
            let parts = key.split(separator: ".").map(String.init)
            typed[AbsoluteConfigKey(parts)] = ConfigValue(.string(value), isSecret: false)
        }
        return ConfigReader(provider: InMemoryProvider(name: name, values: typed))
    }

    package mutating func load() throws(ConfigError) -> Settings {
        let listen = try hostPort("listen")
        let admin = try hostPort("admin")
        var mode: KeyRing.Mode = try choice("auth.mode")
        if !listen.isLoopback, mode == .passThrough {
            guard found("auth.mode")?.place == "default" else {
                throw ConfigError(
                    "auth.mode is pass-through and listen is \(listen): whoever reaches a listener"
                        + " that is not loopback needs a gateway key; set auth.mode to keys")
            }
            mode = .keys
        }
        var limits = InboundSettings()
        for name in InboundSettings.limitNames { try readLimit(name, into: &limits) }
        let user = try required("auth.default_user")
        let settings = Settings(
            listen: listen, admin: admin, state: expanded(try state()),
            databaseURL: try databaseURL(),
            pricing: expanded(try required("pricing").text), authMode: mode,
            defaultUser: user.text, adminKey: try adminKey(), demo: try flag("demo"),
            certificateFile: found("certificates").map { expanded($0.text) },
            upstreams: try upstreams(), channels: try channels(),
            limits: limits, logLevel: try logLevel(), logFormat: try choice("log.format"),
            origins: [])
        var complete = settings
        complete.origins = origins
        return complete
    }

    // MARK: Values

    private struct Found {
        let text: String
        let place: String
    }

    private mutating func found(_ key: String) -> Found? {
        for source in sources {
            guard let text = source.reader.string(forKey: ConfigKey(stringLiteral: key)) else {
                continue
            }
            let line = source.name == file.path ? file.values[key].map { ":\($0.line)" } : nil
            let place =
                source.name == "environment"
                ? "environment \(Self.variable(key))" : source.name + (line ?? "")
            origins.append(Settings.Origin(key: key, value: text, origin: place))
            return Found(text: text, place: place)
        }
        return nil
    }

    private static func variable(_ key: String) -> String {
        "SPENDFUSE_" + key.uppercased().replacing(".", with: "_")
    }

    private mutating func required(_ key: String) throws(ConfigError) -> Found {
        guard let found = found(key), !found.text.isEmpty else {
            throw ConfigError("\(key) is empty; give it a value in the config file")
        }
        return found
    }

    private mutating func hostPort(_ key: String) throws(ConfigError) -> HostPort {
        let value = try required(key)
        guard let address = HostPort(value.text) else {
            throw ConfigError(
                "\(value.place): \(key) must be HOST:PORT such as 127.0.0.1:4141, not"
                    + " '\(value.text)'")
        }
        return address
    }

    private mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String
    ) throws(ConfigError) -> Choice where Choice.RawValue == String {
        let value = try required(key)
        guard let choice = Choice(rawValue: value.text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw ConfigError(
                "\(value.place): \(key) must be one of \(known), not '\(value.text)'")
        }
        return choice
    }

    private mutating func flag(_ key: String) throws(ConfigError) -> Bool {
        let value = try required(key)
        switch value.text.lowercased() {
        case "true", "1", "yes": return true
        case "false", "0", "no": return false
        default:
            throw ConfigError(
                "\(value.place): \(key) must be true or false, not '\(value.text)'")
        }
    }

    private mutating func logLevel() throws(ConfigError) -> String {
        let levels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]
        let value = try required("log.level")
        guard levels.contains(value.text) else {
            throw ConfigError(
                "\(value.place): log.level must be one of \(levels.joined(separator: ", ")), not"
                    + " '\(value.text)'")
        }
        return value.text
    }

    private mutating func readLimit(
        _ name: String, into limits: inout InboundSettings
    ) throws(ConfigError) {
        guard let value = found("limits.\(name)") else { return }
        guard let number = Int(value.text), number > 0, number <= Self.maximumLimit else {
            throw ConfigError(
                "\(value.place): limits.\(name) must be a whole number above 0 and at most"
                    + " \(Self.maximumLimit), not '\(value.text)'")
        }
        limits[limit: name] = number
    }

    private mutating func databaseURL() throws(ConfigError) -> Secret? {
        guard let url = found("database.url"), !url.text.isEmpty, url.text != "null" else {
            return nil
        }
        hideOrigin("database.url")
        guard url.text.hasPrefix("postgresql://") || url.text.hasPrefix("postgres://") else {
            throw ConfigError(
                "\(url.place): database.url must be postgresql://USER:PASSWORD@HOST:PORT/NAME")
        }
        return Secret(url.text)
    }

    /// Keeps a secret out of whatever shows settings.
    private mutating func hideOrigin(_ key: String) {
        if let index = origins.lastIndex(where: { $0.key == key }) {
            origins[index] = Settings.Origin(key: key, value: "***", origin: origins[index].origin)
        }
    }

    /// Shorter keys can be guessed.
    private static let minimumAdminKeyBytes = 16

    private mutating func adminKey() throws(ConfigError) -> Secret? {
        let key = "auth.admin_key"
        guard let found = found(key), !found.text.isEmpty, found.text != "null" else {
            return nil
        }
        hideOrigin(key)
        let secret = try SecretReference(environment: environment).secret(
            found.text, place: "\(found.place): \(key)")
        guard let secret else { return nil }
        guard secret.revealed.utf8.count >= Self.minimumAdminKeyBytes else {
            throw ConfigError(
                "\(found.place): \(key) must have at least \(Self.minimumAdminKeyBytes) letters;"
                    + " leave it out, and a good one is made")
        }
        return secret
    }

    private mutating func state() throws(ConfigError) -> String {
        if let found = found("state") { return found.text }
        let base = environment["XDG_STATE_HOME"] ?? "~/.local/state"
        origins.append(
            Settings.Origin(key: "state", value: "\(base)/spendfuse", origin: "default"))
        return "\(base)/spendfuse"
    }

    private func expanded(_ path: String) -> String {
        guard path.hasPrefix("~/"), let home = environment["HOME"] else { return path }
        return home + path.dropFirst(1)
    }

    /// Commands run anywhere, so the list may be missing where nobody said where it is.
    private mutating func knownUpstreams() throws(ConfigError) -> ConfigFile? {
        let value = try required("known_upstreams")
        let path = expanded(value.text)
        if value.place == "default", !FileManager.default.fileExists(atPath: path) { return nil }
        do throws(ConfigError) {
            return try ConfigFile(upstreamsPath: path)
        } catch {
            throw ConfigError("\(value.place): known_upstreams: \(error)")
        }
    }

    private mutating func channels() throws(ConfigError) -> [AlertChannel] {
        let channels = try AlertChannelReader(environment: environment, file: file).read()
        for channel in channels {
            origins.append(
                Settings.Origin(
                    key: "alerts.\(channel.name)",
                    value: "\(channel.kind.rawValue) url=***"
                        + (channel.secret == nil ? "" : " secret=***"),
                    origin: file.path))
        }
        return channels
    }

    private mutating func upstreams() throws(ConfigError) -> [Upstream] {
        let reader = UpstreamReader(
            environment: environment, known: try knownUpstreams(), file: file)
        let upstreams = try reader.read()
        for upstream in upstreams {
            origins.append(
                Settings.Origin(
                    key: "upstreams.\(upstream.name)",
                    value: "\(upstream.url) key=\(upstream.key == nil ? "none" : "***")"
                        + " on_client_disconnect=\(upstream.onClientDisconnect.rawValue)",
                    origin: reader.origin(of: upstream.name)))
        }
        return upstreams
    }
}
