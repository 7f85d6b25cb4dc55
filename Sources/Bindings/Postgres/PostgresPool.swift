internal import Glibc
internal import Synchronization

/// Lends a bounded number of connections, and opens them when they are needed.
package final class PostgresPool: Sendable {
    package struct Bounds: Sendable {
        /// Connections at most; free plans of hosts allow few.
        package var connections = 4
        /// Seconds to wait for a connection to be made, or to be given back by another.
        package var connectSeconds = 5
        /// Seconds that a statement, or a pipeline of them, may take.
        package var statementSeconds = 10

        package init() {}
    }

    private struct State {
        var idle: [PostgresConnection] = []
        var openCount = 0
    }

    /// Microseconds between two looks for a connection that was given back.
    private static let lookMicroseconds: UInt32 = 500

    private let state = Mutex(State())
    private let url: String
    private let applicationName: String
    private let bounds: Bounds

    package init(url: String, applicationName: String, bounds: Bounds = Bounds()) {
        self.url = url
        self.applicationName = applicationName
        self.bounds = bounds
    }

    /// Runs `body` with a connection of its own. Blocks the thread.
    package func lend<Value>(
        _ body: (PostgresConnection) throws(PostgresFailure) -> Value
    ) throws(PostgresFailure) -> Value {
        let connection = try take()
        defer { giveBack(connection) }
        return try body(connection)
    }

    private func take() throws(PostgresFailure) -> PostgresConnection {
        let deadline = ContinuousClock.now + .seconds(bounds.connectSeconds)
        while true {
            switch next() {
            case .idle(let connection): return connection
            case .new: return try open()
            case .none: break
            }
            guard ContinuousClock.now < deadline else {
                throw PostgresFailure(
                    .unreachable, "all \(bounds.connections) connections are in use")
            }
            usleep(Self.lookMicroseconds)
        }
    }

    private enum Choice {
        case idle(PostgresConnection)
        case new, none
    }

    private func next() -> Choice {
        state.withLock { state in
            if let idle = state.idle.popLast() { return .idle(idle) }
            guard state.openCount < bounds.connections else { return .none }
            state.openCount += 1
            return .new
        }
    }

    private func open() throws(PostgresFailure) -> PostgresConnection {
        do throws(PostgresFailure) {
            return try PostgresConnection(
                url: url, applicationName: applicationName, seconds: bounds.connectSeconds,
                statementSeconds: bounds.statementSeconds)
        } catch {
            state.withLock { $0.openCount -= 1 }
            throw error
        }
    }

    private func giveBack(_ connection: PostgresConnection) {
        state.withLock { state in
            if connection.isBroken {
                // The others lead to the same server, which may be gone.
                state.openCount -= 1 + state.idle.count
                state.idle.removeAll()
            } else {
                state.idle.append(connection)
            }
        }
    }
}
