package import Dialects

/// Where a request goes and how it is metered.
package struct Route: Sendable {
    package let upstream: Upstream
    package let dialect: Dialect
    package let endpoint: Endpoint
    /// Path at the upstream, without the query.
    package let path: String
    /// The gateway key that the path carried, if any.
    package var pathKey: String?

    package var provider: String { upstream.provider ?? dialect.provider }
}

/// Finds the route of a path. One parsed path serves authentication, routing and metering.
/// Routes of the known operations are made once, by method and path as SDKs write them.
package struct RouteTable: Sendable {
    private let upstreams: [String: Upstream]
    private let names: String
    private var usual: [String: Route] = [:]

    package init(upstreams: [Upstream]) {
        self.upstreams = Dictionary(upstreams.map { ($0.name, $0) }) { _, last in last }
        names = self.upstreams.keys.sorted().map { "/\($0)" }.joined(separator: ", ")
        for prefix in [""] + self.upstreams.keys.map({ "/\($0)" }) {
            for path in EndpointPath.usualPaths {
                usual[prefix + path] = try? parse(method: "POST", path: prefix + path)
            }
        }
    }

    /// The route of `path`, which has no query. Paths are taken as they are written: encoded
    /// slashes and dots are not decoded, so nothing but the table's routes can be reached.
    package func route(method: String, path: String) throws(GatewayError) -> Route {
        if method == "POST", let route = usual[path] { return route }
        return try parse(method: method, path: path)
    }

    private func parse(method: String, path: String) throws(GatewayError) -> Route {
        var segments = path.split(separator: "/", omittingEmptySubsequences: true)[...]
        var pathKey: String?
        if segments.first == "k", segments.count > 2 {
            pathKey = String(segments[segments.startIndex + 1])
            segments = segments.dropFirst(2)
        }
        guard segments.allSatisfy(EndpointPath.isPlain) else { throw notFound(method) }
        var named: Upstream?
        if let first = segments.first, let upstream = upstreams[String(first)] {
            named = upstream
            segments = segments.dropFirst()
        }
        let found = EndpointPath(method: method, segments: Array(segments))
        var route = try route(to: found, named: named, segments: segments, method: method)
        route.pathKey = pathKey
        return route
    }

    private func route(
        to found: EndpointPath?, named: Upstream?, segments: ArraySlice<Substring>, method: String
    ) throws(GatewayError) -> Route {
        if let found {
            let dialect = found.endpoint == .read ? named?.dialects.first ?? .openai : found.dialect
            guard let upstream = named ?? upstreams[dialect.rawValue] else {
                throw notFound(method)
            }
            guard upstream.dialects.contains(dialect) else { throw notFound(method) }
            return Route(
                upstream: upstream, dialect: dialect, endpoint: found.endpoint, path: found.path)
        }
        guard let upstream = named, let dialect = upstream.dialects.first, !segments.isEmpty else {
            throw notFound(method)
        }
        return Route(
            upstream: upstream, dialect: dialect, endpoint: .unlisted,
            path: "/" + segments.joined(separator: "/"))
    }

    /// A caller's dialect for an error on a path that has no route.
    package func likelyDialect(path: String) -> Dialect {
        path.contains("messages") || path.hasPrefix("/anthropic") ? .anthropic : .openai
    }

    private func notFound(_ method: String) -> GatewayError {
        GatewayError(
            .unknownRoute, status: 404,
            "no route for this \(method) request; set the base URL to this gateway followed by"
                + " /openai/v1 for OpenAI SDKs or /anthropic for Anthropic SDKs"
                + " (configured upstreams: \(names))")
    }
}
