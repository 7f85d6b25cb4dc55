internal import Dialects
internal import Foundation
internal import Gateway

/// Reads upstreams: built-in entries, overridden by the file, overridden by the environment.
struct UpstreamReader {
    private struct Draft {
        var name: String
        var place: String
        var dialects: [Dialect] = []
        var provider: String?
        var url: String?
        var key: String?
        var onClientDisconnect: String?
        var origin: String
    }

    private static let builtIn = [
        Draft(
            name: "openai", place: "built-in upstream openai", dialects: [.openai],
            provider: "openai", url: "https://api.openai.com", key: "${env:OPENAI_API_KEY}",
            origin: "default"),
        Draft(
            name: "anthropic", place: "built-in upstream anthropic",
            dialects: [.anthropic, .openai], provider: "anthropic",
            url: "https://api.anthropic.com", key: "${env:ANTHROPIC_API_KEY}", origin: "default"),
    ]

    /// Hosts that stop to bill when their client hangs up; elsewhere the answer is billed whole,
    /// or nobody knows. Source: OpenRouter's documentation of stream cancellation.
    private static let hostsThatStopBilling: Set<String> = ["api.openai.com", "api.anthropic.com"]

    let environment: [String: String]
    let file: ConfigFile

    func origin(of name: String) -> String {
        file.upstreams.contains { $0.name == name } ? file.path : "default"
    }

    func read() throws(ConfigError) -> [Upstream] {
        var drafts = Self.builtIn
        for entry in file.upstreams {
            let place = "\(file.path):\(entry.line): upstreams.\(entry.name)"
            guard entry.name != "k", !entry.name.isEmpty, entry.name.allSatisfy(Self.isNamePart)
            else {
                throw ConfigError(
                    "\(place): a name is made of a-z, 0-9, - and _, and is not 'k'")
            }
            let index = drafts.firstIndex { $0.name == entry.name }
            var draft =
                index.map { drafts[$0] }
                ?? Draft(name: entry.name, place: place, origin: file.path)
            draft.place = place
            try apply(entry, to: &draft)
            if let index { drafts[index] = draft } else { drafts.append(draft) }
        }
        var upstreams: [Upstream] = []
        for var draft in drafts {
            let prefix =
                "SPENDFUSE_UPSTREAM_"
                + draft.name.uppercased().replacing("-", with: "_")
            if let url = environment["\(prefix)_URL"], !url.isEmpty {
                draft.url = url
                draft.place = "environment \(prefix)_URL"
            }
            if let key = environment["\(prefix)_KEY"], !key.isEmpty { draft.key = key }
            upstreams.append(try upstream(draft))
        }
        return upstreams
    }

    private static func isNamePart(_ character: Character) -> Bool {
        ("a"..."z").contains(character) || ("0"..."9").contains(character) || character == "-"
            || character == "_"
    }

    private func apply(
        _ entry: ConfigFile.UpstreamEntry, to draft: inout Draft
    ) throws(ConfigError) {
        if !entry.dialects.isEmpty {
            draft.dialects = []
            for value in entry.dialects {
                guard let dialect = Dialect(rawValue: value.text) else {
                    let known = Dialect.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ConfigError(
                        "\(file.path):\(value.line): dialect must be of \(known), not"
                            + " '\(value.text)'")
                }
                draft.dialects.append(dialect)
            }
        }
        draft.provider = entry.fields["provider"]?.text ?? draft.provider
        draft.url = entry.fields["url"]?.text ?? draft.url
        draft.key = entry.fields["key"]?.text ?? draft.key
        draft.onClientDisconnect =
            entry.fields["on_client_disconnect"]?.text ?? draft.onClientDisconnect
    }

    private func upstream(_ draft: Draft) throws(ConfigError) -> Upstream {
        guard !draft.dialects.isEmpty else {
            throw ConfigError("\(draft.place) lacks the key 'dialect'")
        }
        guard var url = draft.url else { throw ConfigError("\(draft.place) lacks the key 'url'") }
        while url.hasSuffix("/") { url.removeLast() }
        guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty,
            parts.scheme == "https" || parts.scheme == "http", parts.query == nil,
            parts.user == nil, parts.fragment == nil
        else {
            throw ConfigError(
                "\(draft.place): url must be https://HOST[:PORT][/PATH], not '\(url)'")
        }
        let policy: Upstream.DisconnectPolicy
        if let text = draft.onClientDisconnect {
            guard let stated = Upstream.DisconnectPolicy(rawValue: text) else {
                throw ConfigError(
                    "\(draft.place): on_client_disconnect must be abort or drain, not '\(text)'")
            }
            policy = stated
        } else {
            policy = Self.hostsThatStopBilling.contains(host) ? .abort : .drain
        }
        return Upstream(
            name: draft.name, dialects: draft.dialects, provider: draft.provider, url: url,
            key: try key(draft), onClientDisconnect: policy,
            allowsPlainHTTP: parts.scheme == "http")
    }

    /// A key as it stands, `${env:NAME}` or `${file:PATH}`; a variable that is not set is no key.
    private func key(_ draft: Draft) throws(ConfigError) -> Secret? {
        guard let text = draft.key else { return nil }
        if let name = text.reference("env") {
            let value = environment[name] ?? ""
            return value.isEmpty ? nil : try secret(value, draft)
        }
        if let path = text.reference("file") {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw ConfigError("\(draft.place): the key file \(path) cannot be read")
            }
            let value = String(decoding: data, as: UTF8.self)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            return try secret(value, draft)
        }
        return try secret(text, draft)
    }

    /// A key that would break a header line is refused without being shown.
    private func secret(_ text: String, _ draft: Draft) throws(ConfigError) -> Secret {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw ConfigError("\(draft.place): its key has white space or other odd characters")
        }
        return Secret(text)
    }
}

extension String {
    /// The NAME of `${kind:NAME}`.
    fileprivate func reference(_ kind: String) -> String? {
        let prefix = "${\(kind):"
        guard hasPrefix(prefix), hasSuffix("}") else { return nil }
        return String(dropFirst(prefix.count).dropLast())
    }
}
