internal import CPostgres

/// What a connection is opened with: what the URL says, and what it leaves open in our words.
struct ConnectionParameters {
    /// Noticing a lost peer takes five seconds and three tries, not two hours; a server that only
    /// reads is refused, so that a primary that became a standby is left.
    private static let ours = [
        ("keepalives_idle", "5"), ("keepalives_interval", "2"), ("keepalives_count", "3"),
        ("tcp_user_timeout", "6000"), ("target_session_attrs", "read-write"),
        ("client_encoding", "UTF8"),
    ]

    let values: [(keyword: String, value: String)]

    init(url: String, applicationName: String) throws(PostgresFailure) {
        var message: UnsafeMutablePointer<CChar>?
        let parsed = PQconninfoParse(url, &message)
        defer {
            PQconninfoFree(parsed)
            PQfreemem(message)
        }
        guard let parsed else {
            // The message of libpq can quote the URL, in which the password stands.
            throw PostgresFailure(
                .unreachable,
                "the database URL is not valid; write postgresql://USER:PASSWORD@HOST:PORT/NAME"
                    + ", with special letters of the password percent-encoded")
        }
        var values = Self.ours + [("application_name", applicationName)]
        var option = parsed
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                let name = String(cString: keyword)
                values.removeAll { $0.0 == name }
                values.append((name, String(cString: value)))
            }
            option += 1
        }
        self.values = values.map { (keyword: $0.0, value: $0.1) }
    }

    /// Begins to connect; nil where memory is short. The caller owns the connection.
    func start() -> OpaquePointer? {
        withStrings(values.map(\.keyword)) { keywords in
            withStrings(values.map(\.value)) { values in
                PQconnectStartParams(keywords + [nil], values + [nil], 0)
            }
        }
    }

    private func withStrings<Value>(
        _ strings: [String], _ body: ([UnsafePointer<CChar>?]) -> Value
    ) -> Value {
        func next(_ index: Int, _ pointers: [UnsafePointer<CChar>?]) -> Value {
            guard index < strings.count else { return body(pointers) }
            return strings[index].withCString { next(index + 1, pointers + [$0]) }
        }
        return next(0, [])
    }
}

extension PostgresConnection {
    /// What a URL says, as lines of a service file. See "The Connection Service File" of the manual.
    package static func serviceLines(_ url: String) throws(PostgresFailure) -> String {
        try ConnectionParameters(url: url, applicationName: "spendfuse backup").serviceLines
    }
}

extension ConnectionParameters {
    /// A line each; a service file takes no other way to write a value.
    var serviceLines: String {
        values.map { "\($0.keyword)=\($0.value)\n" }.joined()
    }
}
