/// Who a call is from and who pays for it.
package struct Caller: Sendable, Equatable {
    package enum Credential: Sendable, Equatable {
        /// The client's own provider key goes on to the upstream, in the header it came in.
        case passThrough(HeaderField?)
        /// The upstream's configured key is put in.
        case configured
    }

    package var userID: String
    package var projectID: String?
    /// The gateway key's id, or a fingerprint of the provider key.
    package var keyID: String?
    /// The gateway key's name, by which limits name it.
    package var keyName: String?
    package var credential: Credential
    package var policy: KeyPolicy
}

/// A key that the gateway issued. The secret itself is kept nowhere.
package struct GatewayKey: Sendable, Equatable {
    package var id: String
    package var name: String
    package var userID: String
    package var projectID: String?
    package var policy: KeyPolicy

    package init(
        id: String, name: String, userID: String, projectID: String?,
        policy: KeyPolicy = KeyPolicy()
    ) {
        self.id = id
        self.name = name
        self.userID = userID
        self.projectID = projectID
        self.policy = policy
    }
}

/// The credentials that a request carries.
package struct OfferedCredentials: Sendable {
    package var authorization: String?
    package var apiKey: String?
    /// The name that `apiKey` came under: `x-api-key`, or Azure's `api-key`.
    package var apiKeyName = "x-api-key"
    package var googleKey: String?
    package var queryKey: String?
    package var pathKey: String?

    package init() {}

    /// The credential of `authorization`, whatever its scheme.
    var bearer: String? {
        authorization?.split { $0 == " " || $0 == "\t" }.last.map(String.init)
    }

    /// A credential came twice, so that two readers could take different ones.
    var isAmbiguous = false

    /// Whether what would be passed on has a key of ours in it.
    var wouldLeakOurs: Bool {
        passed?.value.contains(KeyRing.secretPrefix) == true
    }

    /// In the order in which they are looked at.
    var texts: [String] { [pathKey, bearer, apiKey, googleKey, queryKey].compactMap { $0 } }

    /// The credential to pass through: exactly one goes upstream.
    var passed: HeaderField? {
        if let authorization { return HeaderField("authorization", authorization) }
        if let apiKey { return HeaderField(apiKeyName, apiKey) }
        // A key in the query goes on in a header, where no log of an upstream's proxy shows it.
        return (googleKey ?? queryKey).map { HeaderField("x-goog-api-key", $0) }
    }
}

extension HeaderField {
    /// What stays the same over the calls of one credential: of a signed request the id of the
    /// key that signs, as each has a signature of its own.
    var identity: String {
        guard value.hasPrefix("AWS4-"), let start = value.end(of: "Credential=")
        else {
            return value.split { $0 == " " || $0 == "\t" }.last.map(String.init) ?? value
        }
        return String(value[start...].prefix { $0 != "/" && $0 != "," })
    }
}

extension String {
    /// The place behind `word`.
    fileprivate func end(of word: String) -> String.Index? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(word) { return index(start, offsetBy: word.count) }
            start = index(after: start)
        }
        return nil
    }
}
