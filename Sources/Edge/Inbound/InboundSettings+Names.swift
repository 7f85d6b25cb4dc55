extension InboundSettings {
    /// The names of the bounds in the config file.
    private static let named: [(String, any WritableKeyPath<InboundSettings, Int> & Sendable)] = [
        ("maximum_head_bytes", \.maximumHeadBytes), ("maximum_fields", \.maximumFields),
        ("maximum_field_bytes", \.maximumFieldBytes),
        ("maximum_request_line_bytes", \.maximumRequestLineBytes),
        ("maximum_body_bytes", \.maximumBodyBytes),
        ("maximum_connections", \.maximumConnections), ("head_seconds", \.headSeconds),
        ("body_grace_seconds", \.bodyGraceSeconds),
        ("minimum_body_bytes_per_second", \.minimumBodyBytesPerSecond),
        ("idle_seconds", \.idleSeconds), ("stalled_client_seconds", \.stalledClientSeconds),
        ("exchange_seconds", \.exchangeSeconds), ("drain_seconds", \.drainSeconds),
        ("stop_seconds", \.stopSeconds),
    ]

    package static var limitNames: [String] { named.map(\.0) }

    package subscript(limit name: String) -> Int? {
        get { Self.named.first { $0.0 == name }.map { self[keyPath: $0.1] } }
        set {
            guard let newValue, let path = Self.named.first(where: { $0.0 == name })?.1 else {
                return
            }
            self[keyPath: path] = newValue
        }
    }
}
