internal import CPostgres

/// A connection to a PostgreSQL server. It never blocks without a deadline, keeps no state in the
/// session and uses unnamed statements only, so that it may go through a pooler that gives each
/// transaction another session.
///
/// Owner: one thread at a time. See https://www.postgresql.org/docs/15/libpq-async.html.
// Handed from thread to thread and never shared: a pool lends it to one at a time.
package final class PostgresConnection: @unchecked Sendable {  // See the line above.
    private let connection: OpaquePointer
    /// Seconds that a statement, or a pipeline of them, may take.
    private let patience: Duration
    package private(set) var isBroken = false

    /// Connects within `seconds`.
    package init(
        url: String, applicationName: String, seconds: Int, statementSeconds: Int
    ) throws(PostgresFailure) {
        patience = .seconds(statementSeconds)
        let parameters = try ConnectionParameters(url: url, applicationName: applicationName)
        guard let started = parameters.start() else {
            throw PostgresFailure(.unreachable, "out of memory while connecting")
        }
        connection = started
        do throws(PostgresFailure) {
            try establish(by: SocketPatience(deadline: .now + .seconds(seconds)))
        } catch {
            // A throwing initialiser does not run deinit until all is set, which it is here.
            isBroken = true
            throw error
        }
    }

    deinit { PQfinish(connection) }

    private func establish(by patience: SocketPatience) throws(PostgresFailure) {
        var step = PGRES_POLLING_WRITING
        while step != PGRES_POLLING_OK {
            guard step != PGRES_POLLING_FAILED, PQstatus(connection) != CONNECTION_BAD else {
                throw refusedOrUnreachable()
            }
            let wanted: SocketPatience.Readiness =
                step == PGRES_POLLING_READING ? .reading : .writing
            guard patience.wait(PQsocket(connection), for: [wanted]) else {
                throw PostgresFailure(.unreachable, "the server did not answer in time")
            }
            step = PQconnectPoll(connection)
        }
        sf_silence_notices(connection)
        guard PQsetnonblocking(connection, 1) == 0 else { throw failure(.unreachable) }
    }

    /// libpq tells no SQLSTATE of a connection that was not made: the server's words decide whether
    /// it was reached and said no, which does not pass by itself.
    private func refusedOrUnreachable() -> PostgresFailure {
        let failure = failure(.unreachable)
        let words = ["authentication failed", "does not exist", "pg_hba.conf", "no password"]
        guard words.contains(where: failure.message.contains),
            !failure.message.contains("No such file")
        else { return failure }
        return PostgresFailure(.refused, sqlState: "28000", failure.message)
    }

    /// Runs one statement, in a transaction of its own.
    package func run(
        _ sql: String, _ values: [String?] = []
    ) throws(PostgresFailure) -> PostgresResult {
        let results = try pipeline([PostgresStatement(sql, values)])
        return results[0]
    }

    /// Of one transaction, so that a pooler hands them to nobody else. They end what nobody waits
    /// for any more, before the deadline on this side. Milliseconds.
    package static let timeouts = PostgresStatement(
        "SELECT set_config('statement_timeout', '9000', true),"
            + " set_config('lock_timeout', '6000', true)")

    /// Runs statements in one transaction and one round trip; all or none.
    package func transaction(
        _ statements: [PostgresStatement]
    ) throws(PostgresFailure) -> [PostgresResult] {
        var results = try pipeline(
            [PostgresStatement("BEGIN"), Self.timeouts] + statements
                + [PostgresStatement("COMMIT")])
        results.removeFirst(2)
        results.removeLast()
        return results
    }

    /// Runs statements with a single sync, so that the first that fails ends them all. Without a
    /// BEGIN among them they are one implicit transaction.
    package func pipeline(
        _ statements: [PostgresStatement]
    ) throws(PostgresFailure) -> [PostgresResult] {
        precondition(!statements.isEmpty, "a pipeline has a statement")
        guard !isBroken else { throw PostgresFailure(.unreachable, "the connection is broken") }
        let patience = SocketPatience(deadline: .now + patience)
        guard PQenterPipelineMode(connection) == 1 else { throw broken() }
        for statement in statements { try send(statement) }
        guard PQpipelineSync(connection) == 1 else { throw broken() }
        try flush(patience)
        var results: [PostgresResult] = []
        var refusal: PostgresFailure?
        for _ in statements {
            switch try outcome(patience) {
            case .success(let result): results.append(result)
            case .failure(let failure): refusal = refusal ?? failure
            }
        }
        try finishPipeline(patience)
        if let refusal {
            leaveFailedTransaction()
            throw refusal
        }
        return results
    }

    private func send(_ statement: PostgresStatement) throws(PostgresFailure) {
        let isSent = withTexts(statement.values) { values in
            PQsendQueryParams(
                connection, statement.sql, Int32(values.count), nil, values, nil, nil, 0)
        }
        guard isSent == 1 else { throw broken() }
    }

    /// Reading while writing, as a server that waits for us to read would never read on.
    private func flush(_ patience: SocketPatience) throws(PostgresFailure) {
        while true {
            let left = PQflush(connection)
            if left == 0 { return }
            guard left == 1, patience.wait(PQsocket(connection), for: [.reading, .writing]),
                PQconsumeInput(connection) == 1
            else { throw broken() }
        }
    }

    /// The next result, NULL between two statements.
    private func next(_ patience: SocketPatience) throws(PostgresFailure) -> OpaquePointer? {
        while PQisBusy(connection) == 1 {
            guard patience.wait(PQsocket(connection), for: [.reading]) else {
                isBroken = true
                throw PostgresFailure(.inDoubt, "the server did not answer in time")
            }
            guard PQconsumeInput(connection) == 1 else { throw broken() }
        }
        return PQgetResult(connection)
    }

    private func outcome(
        _ patience: SocketPatience
    ) throws(PostgresFailure) -> Result<PostgresResult, PostgresFailure> {
        guard let result = try next(patience) else { throw broken() }
        let outcome = Self.outcome(taking: result)
        while let more = try next(patience) { PQclear(more) }
        if PQstatus(connection) == CONNECTION_BAD { throw broken() }
        return outcome
    }

    private static func outcome(
        taking result: OpaquePointer
    ) -> Result<PostgresResult, PostgresFailure> {
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
            return .success(PostgresResult(taking: result))
        default:
            defer { PQclear(result) }
            let state = sf_result_sqlstate(result).map { String(cString: $0) } ?? ""
            let message = PQresultErrorMessage(result).map { String(cString: $0) } ?? ""
            return .failure(
                PostgresFailure(.refused, sqlState: state, message.oneLine))
        }
    }

    private func finishPipeline(_ patience: SocketPatience) throws(PostgresFailure) {
        guard let sync = try next(patience) else { throw broken() }
        defer { PQclear(sync) }
        guard PQresultStatus(sync) == PGRES_PIPELINE_SYNC,
            PQexitPipelineMode(connection) == 1
        else { throw broken() }
    }

    /// A failed statement between BEGIN and COMMIT leaves its transaction open.
    private func leaveFailedTransaction() {
        guard !isBroken, PQtransactionStatus(connection) != PQTRANS_IDLE else { return }
        do throws(PostgresFailure) {
            _ = try pipeline([PostgresStatement("ROLLBACK")])
        } catch {
            isBroken = true
        }
    }

    private func broken() -> PostgresFailure {
        isBroken = true
        return failure(.inDoubt)
    }

    private func failure(_ kind: PostgresFailure.Kind) -> PostgresFailure {
        let message = PQerrorMessage(connection).map { String(cString: $0).oneLine } ?? ""
        return PostgresFailure(kind, message.isEmpty ? "the connection was lost" : message)
    }
}

/// Calls `body` with C strings that live as long as the call.
private func withTexts<Value>(
    _ texts: [String?], _ body: ([UnsafePointer<CChar>?]) -> Value
) -> Value {
    var bytes: [CChar] = []
    let offsets = texts.map { text -> Int? in
        guard let text else { return nil }
        let offset = bytes.count
        bytes.append(contentsOf: text.utf8CString)
        return offset
    }
    return bytes.withUnsafeBufferPointer { buffer in
        body(
            offsets.map { offset in
                offset.flatMap { offset in buffer.baseAddress.map { $0 + offset } }
            })
    }
}

extension String {
    /// libpq ends its messages with a line end, and some have several lines.
    var oneLine: String {
        split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " || $0 == "\t" } }
            .joined(separator: "; ")
    }
}
