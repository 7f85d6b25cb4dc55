internal import AlertDelivery
internal import Gateway

/// Reads the channels of `alerts`.
struct AlertChannelReader {
    let environment: [String: String]
    let file: ConfigFile

    /// A channel whose address is in a variable that is not set is left out.
    func read() throws(ConfigError) -> [AlertChannel] {
        var channels: [AlertChannel] = []
        for entry in file.channels {
            if let channel = try channel(entry) { channels.append(channel) }
        }
        return channels
    }

    private func channel(_ entry: ConfigFile.ChannelEntry) throws(ConfigError) -> AlertChannel? {
        let place = "\(file.path):\(entry.line): alerts.\(entry.name)"
        let secrets = SecretReference(environment: environment)
        let kindName = entry.fields["kind"]?.text ?? entry.name
        guard let kind = AlertChannel.Kind(rawValue: kindName) else {
            let known = AlertChannel.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw ConfigError("\(place): kind must be one of \(known), not '\(kindName)'")
        }
        guard let text = entry.fields["url"]?.text else {
            throw ConfigError("\(place): it needs a url")
        }
        guard let url = try secrets.secret(text, place: place) else { return nil }
        let schemes = kind == .email ? ["smtp://", "smtps://"] : ["https://", "http://"]
        guard schemes.contains(where: { url.revealed.hasPrefix($0) }) else {
            throw ConfigError(
                "\(place): url must begin with \(schemes.joined(separator: " or "))")
        }
        var channel = AlertChannel(name: entry.name, kind: kind, url: url)
        channel.secret = try named("secret", of: entry, secrets, place)
        channel.password = try named("password", of: entry, secrets, place)
        channel.user = entry.fields["user"]?.text
        channel.from = entry.fields["from"]?.text
        channel.to = (entry.fields["to"]?.text ?? "").split(separator: ",")
            .map { String($0.filter { $0 != " " }) }
        if let severity = entry.fields["minimum_severity"]?.text {
            guard let known = AlertChannel.Severity(rawValue: severity) else {
                throw ConfigError(
                    "\(place): minimum_severity must be warning, critical or emergency")
            }
            channel.minimumSeverity = known
        }
        try check(channel, place)
        return channel
    }

    /// A secret that is named must be there: without it alerts would go out unsigned.
    private func named(
        _ key: String, of entry: ConfigFile.ChannelEntry, _ secrets: SecretReference,
        _ place: String
    ) throws(ConfigError) -> Secret? {
        guard let text = entry.fields[key]?.text else { return nil }
        guard let secret = try secrets.secret(text, place: place) else {
            throw ConfigError("\(place): \(key) names a variable that is not set: \(text)")
        }
        let prefix = AlertChannel.webhookSecretPrefix
        guard !secret.revealed.hasPrefix(prefix) || AlertChannel.decoded(secret) != nil else {
            throw ConfigError("\(place): \(key) begins with \(prefix) and is not base64 behind it")
        }
        return secret
    }

    private func check(_ channel: AlertChannel, _ place: String) throws(ConfigError) {
        guard channel.kind == .email else { return }
        guard !channel.to.isEmpty, channel.from != nil else {
            throw ConfigError("\(place): a mail channel needs 'from' and 'to'")
        }
        for address in channel.to + [channel.from ?? ""] {
            let isPlain = address.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
            guard isPlain, address.split(separator: "@").count == 2,
                !address.contains(where: { "<>\",;".contains($0) })
            else { throw ConfigError("\(place): '\(address)' is not an address") }
        }
    }
}
