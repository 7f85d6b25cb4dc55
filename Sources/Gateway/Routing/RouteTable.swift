package import Dialects

/// Where a request goes and how it is metered.
package struct Route: Sendable {
    package let upstream: Upstream
    package let dialect: Dialect
    package let endpoint: Endpoint
    /// At the upstream, without the query.
    package let url: String
    /// What the client asked for behind the upstream's name.
    package let path: String
    /// The model that the path names, by the name that it is priced under.
    package var model: String?
    /// The place of the provider.
    package var region: String?
    /// The stored object that is looked at.
    package var objectID: String?
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

    /// Dialects that are told apart by their paths alone, and whose upstream is meant by a path
    /// without a name.
    private static let unnamed: [(Dialect, upstream: String)] = [
        (.openai, "openai"), (.anthropic, "anthropic"), (.gemini, "google"),
    ]

    package init(upstreams: [Upstream]) {
        self.upstreams = Dictionary(upstreams.map { ($0.name, $0) }) { _, last in last }
        names = self.upstreams.keys.sorted().map { "/\($0)" }.joined(separator: ", ")
        for prefix in [""] + self.upstreams.keys.map({ "/\($0)" }) {
            for path in EndpointPath.usualPaths {
                for version in ["", "/v1"] {
                    let whole = prefix + version + path
                    usual[whole] = try? parse(method: "POST", path: whole)
                }
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
        var route = try route(named: named, Array(segments), method: method)
        route.pathKey = pathKey
        return route
    }

    private func route(
        named: Upstream?, _ segments: [Substring], method: String
    ) throws(GatewayError) -> Route {
        if let upstream = named {
            let found = EndpointPath(
                method: method, segments: segments, dialects: upstream.dialects)
            if let found { return route(to: found, at: upstream, segments) }
            guard let dialect = upstream.dialects.first, !segments.isEmpty else {
                throw notFound(method)
            }
            let path = "/" + segments.joined(separator: "/")
            return Route(
                upstream: upstream, dialect: dialect,
                endpoint: dialect == .http ? .request : .unlisted,
                url: upstream.url("", path, dialect: dialect, location: nil), path: path,
                region: upstream.region)
        }
        for (dialect, name) in Self.unnamed {
            guard let upstream = upstreams[name], upstream.dialects.contains(dialect),
                let found = EndpointPath(method: method, segments: segments, dialects: [dialect])
            else { continue }
            return route(to: found, at: upstream, segments)
        }
        throw notFound(method)
    }

    private func route(
        to found: EndpointPath, at upstream: Upstream, _ segments: [Substring]
    ) -> Route {
        Route(
            upstream: upstream, dialect: found.dialect, endpoint: found.endpoint,
            url: upstream.url(
                found.prefix, found.tail, dialect: found.dialect, location: found.location),
            path: "/" + segments.joined(separator: "/"),
            model: found.model.map { upstream.models[$0] ?? $0 },
            region: found.location ?? upstream.region, objectID: found.objectID)
    }

    /// A caller's dialect for an error on a path that has no route.
    package func likelyDialect(path: String) -> Dialect {
        if let first = path.split(separator: "/").first,
            let dialect = upstreams[String(first)]?.dialects.first
        {
            return dialect
        }
        if path.contains(":generateContent") || path.contains("/v1beta") { return .gemini }
        return path.contains("messages") ? .anthropic : .openai
    }

    private func notFound(_ method: String) -> GatewayError {
        GatewayError(
            .unknownRoute, status: 404,
            "no route for this \(method) request; set the base URL to this gateway followed by"
                + " /openai/v1 for OpenAI SDKs, /anthropic for Anthropic SDKs or /google for"
                + " Google's (configured upstreams: \(names))")
    }
}
