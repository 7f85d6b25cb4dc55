package import Chronology
internal import Foundation
internal import Postgres
internal import Stores

/// The shared store: a PostgreSQL database that any number of gateways write to.
///
/// Money goes over the wire as whole picodollars and is `numeric` in USD in the tables. Blocks the
/// thread that calls it, within the bounds of its pool.
package final class PostgresStore: Sendable {
    package let place: String
    let pool: PostgresPool
    let zones: any ZoneSource

    /// Nothing is opened before it is needed.
    package init(
        url: String, zones: any ZoneSource, applicationName: String, connections: Int = 4
    ) {
        var bounds = PostgresPool.Bounds()
        bounds.connections = connections
        pool = PostgresPool(url: url, applicationName: applicationName, bounds: bounds)
        self.zones = zones
        place = Self.masked(url)
    }

    /// The URL without user and password, and without the parameters behind it.
    package static func masked(_ url: String) -> String {
        guard let scheme = url.range(of: "://") else { return "the database" }
        let rest = url[scheme.upperBound...]
        let host = rest.lastIndex(of: "@").map { rest[rest.index(after: $0)...] } ?? rest
        return "\(url[..<scheme.upperBound])\(host.prefix { $0 != "?" })"
    }

    /// Runs one statement in a transaction of its own.
    func run(
        _ what: String, _ sql: String, _ values: [String?] = []
    ) throws(StoreError) -> PostgresResult {
        try lend(what) { connection throws(PostgresFailure) in try connection.run(sql, values) }
    }

    func lend<Value>(
        _ what: String, _ body: (PostgresConnection) throws(PostgresFailure) -> Value
    ) throws(StoreError) -> Value {
        do throws(PostgresFailure) {
            return try pool.lend(body)
        } catch {
            throw StoreError(error, doing: what)
        }
    }

    /// Runs `body` between BEGIN and COMMIT on a connection of its own; all or nothing.
    func transaction<Value>(
        _ what: String, _ body: (PostgresConnection) throws -> Value
    ) throws(StoreError) -> Value {
        let outcome: Result<Value, any Error> = try lend(what) {
            connection throws(PostgresFailure) in
            _ = try connection.run("BEGIN")
            do {
                let value = try body(connection)
                _ = try connection.run("COMMIT")
                return .success(value)
            } catch {
                if !connection.isBroken { _ = try? connection.run("ROLLBACK") }
                return .failure(error)
            }
        }
        do {
            return try outcome.get()
        } catch let error as StoreError {
            throw error
        } catch let error as PostgresFailure {
            throw StoreError(error, doing: what)
        } catch {
            throw StoreError("\(what): \(error)")
        }
    }
}

extension PostgresResult {
    /// Rows by their numbers.
    var rows: Range<Int> { 0..<rowCount }
}

extension Bool {
    /// As the server reads it.
    var sqlText: String { self ? "t" : "f" }
}
