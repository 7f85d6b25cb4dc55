internal import Dialects
internal import Foundation
internal import Gateway

/// Reads upstreams: known entries, overridden by the file, overridden by the environment.
struct UpstreamReader {
    private struct Draft {
        var name: String
        var place: String
        var dialects: [Dialect] = []
        var models: [String: String] = [:]
        /// The other keys of an entry.
        var fields: [String: String] = [:]
    }

    /// Hosts that stop to bill when their client hangs up; elsewhere the answer is billed whole,
    /// or nobody knows. Source: OpenRouter's documentation of stream cancellation.
    private static let hostsThatStopBilling: Set<String> = ["api.openai.com", "api.anthropic.com"]

    let environment: [String: String]
    /// `config/upstreams.yaml`; nil where it is not there.
    let known: ConfigFile?
    let file: ConfigFile

    func origin(of name: String) -> String {
        [file, known].compactMap { $0 }
            .first { $0.upstreams.contains { $0.name == name } }?.path ?? "default"
    }

    func read() throws(ConfigError) -> [Upstream] {
        var drafts: [Draft] = []
        for file in [known, file].compactMap({ $0 }) { try add(file, to: &drafts) }
        var upstreams: [Upstream] = []
        for var draft in drafts {
            let prefix =
                "SPENDFUSE_UPSTREAM_"
                + draft.name.uppercased().replacing("-", with: "_")
            if let url = environment["\(prefix)_URL"], !url.isEmpty {
                draft.fields["url"] = url
                draft.place = "environment \(prefix)_URL"
            }
            if let key = environment["\(prefix)_KEY"], !key.isEmpty {
                draft.fields["key"] = key
            }
            upstreams.append(try upstream(draft))
        }
        return upstreams
    }

    private func add(_ file: ConfigFile, to drafts: inout [Draft]) throws(ConfigError) {
        for entry in file.upstreams {
            let place = "\(file.path):\(entry.line): upstreams.\(entry.name)"
            guard entry.name != "k", !entry.name.isEmpty, entry.name.allSatisfy(Self.isNamePart)
            else {
                throw ConfigError(
                    "\(place): a name is made of a-z, 0-9, - and _, and is not 'k'")
            }
            let index = drafts.firstIndex { $0.name == entry.name }
            var draft = index.map { drafts[$0] } ?? Draft(name: entry.name, place: place)
            draft.place = place
            try apply(entry, of: file, to: &draft)
            if let index { drafts[index] = draft } else { drafts.append(draft) }
        }
    }

    private static func isNamePart(_ character: Character) -> Bool {
        ("a"..."z").contains(character) || ("0"..."9").contains(character) || character == "-"
            || character == "_"
    }

    private func apply(
        _ entry: ConfigFile.UpstreamEntry, of file: ConfigFile, to draft: inout Draft
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
        for (name, value) in entry.fields { draft.fields[name] = value.text }
        for (deployment, model) in entry.models { draft.models[deployment] = model.text }
    }

    private func upstream(_ draft: Draft) throws(ConfigError) -> Upstream {
        guard !draft.dialects.isEmpty else {
            throw ConfigError("\(draft.place) lacks the key 'dialect'")
        }
        guard var url = draft.fields["url"] else {
            throw ConfigError("\(draft.place) lacks the key 'url'")
        }
        while url.hasSuffix("/") { url.removeLast() }
        let shown = url.replacing("{location}", with: "global")
        guard let parts = URLComponents(string: shown), let host = parts.host, !host.isEmpty,
            parts.scheme == "https" || parts.scheme == "http", parts.query == nil,
            parts.user == nil, parts.fragment == nil
        else {
            throw ConfigError(
                "\(draft.place): url must be https://HOST[:PORT][/PATH], not '\(url)'")
        }
        let disconnect: Upstream.DisconnectPolicy? = try choice("on_client_disconnect", draft)
        var upstream = Upstream(
            name: draft.name, dialects: draft.dialects,
            provider: draft.fields["provider"] ?? implicitProvider(draft), url: url,
            key: try key(draft),
            onClientDisconnect: disconnect
                ?? (Self.hostsThatStopBilling.contains(host) ? .abort : .drain),
            allowsPlainHTTP: parts.scheme == "http")
        upstream.authentication = try choice("auth", draft)
        upstream.region = draft.fields["region"]
        upstream.models = draft.models
        let streamUsage: StreamUsage? = try choice("stream_usage", draft)
        upstream.asksForUsage = streamUsage != .given
        if let prefix = draft.fields["prefix"] {
            guard prefix.hasPrefix("/"), prefix == "/" || !prefix.hasSuffix("/") else {
                throw ConfigError(
                    "\(draft.place): prefix must begin with a slash and not end in one, such as"
                        + " /v1; or be / alone for none")
            }
            upstream.prefix = prefix
        }
        return upstream
    }

    /// Whether streams of the OpenAI dialect have to be asked for their usage.
    private enum StreamUsage: String, CaseIterable { case ask, given }

    /// An entry of the list that comes with the program has the sheet of its own name; one that
    /// the user adds has that of its dialect, unless it says otherwise.
    private func implicitProvider(_ draft: Draft) -> String? {
        known?.upstreams.contains { $0.name == draft.name } == true ? draft.name : nil
    }

    private func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, _ draft: Draft
    ) throws(ConfigError) -> Choice? where Choice.RawValue == String {
        guard let text = draft.fields[key] else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: " or ")
            throw ConfigError("\(draft.place): \(key) must be \(known), not '\(text)'")
        }
        return choice
    }

    private func key(_ draft: Draft) throws(ConfigError) -> Secret? {
        guard let text = draft.fields["key"] else { return nil }
        return try SecretReference(environment: environment).secret(text, place: draft.place)
    }
}
