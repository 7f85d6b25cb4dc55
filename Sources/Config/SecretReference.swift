internal import Foundation
internal import Gateway

/// Reads secrets that a config file names rather than holds.
struct SecretReference {
    let environment: [String: String]

    /// A secret as it stands, `${env:NAME}` or `${file:PATH}`; a variable that is not set is none.
    func secret(_ text: String, place: String) throws(ConfigError) -> Secret? {
        if let name = text.reference("env") {
            let value = environment[name] ?? ""
            return value.isEmpty ? nil : try checked(value, place)
        }
        if let path = text.reference("file") {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw ConfigError("\(place): the key file \(path) cannot be read")
            }
            let value = String(decoding: data, as: UTF8.self)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            return try checked(value, place)
        }
        return try checked(text, place)
    }

    /// A key that would break a header line is refused without being shown.
    private func checked(_ text: String, _ place: String) throws(ConfigError) -> Secret {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw ConfigError("\(place): its key has white space or other odd characters")
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
