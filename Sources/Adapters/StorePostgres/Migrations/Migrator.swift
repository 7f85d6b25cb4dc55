package import Chronology
internal import Postgres
package import Stores

/// Brings a database to the schema of this program, and back.
package struct Migrator {
    package struct Standing: Sendable {
        package let name: String
        package let appliedAt: String?
        /// Whether the step is what it was when it was applied.
        package let isUnchanged: Bool
    }

    package struct Check: Sendable {
        package let name: String
        package let isOK: Bool
        package let detail: String?
    }

    /// Any number that no other program uses: the bytes of "SFLG", as in the embedded store.
    private static let lock = "1397115975"
    /// Seconds that one statement may take: a large table is rewritten where a column is widened.
    private static let statementSeconds = 3_600
    private static let connectSeconds = 10

    private let connection: PostgresConnection
    private let clock: any WallClock

    package init(url: String, clock: any WallClock) throws(StoreError) {
        self.clock = clock
        do throws(PostgresFailure) {
            connection = try PostgresConnection(
                url: url, applicationName: "spendfuse migrate", seconds: Self.connectSeconds,
                statementSeconds: Self.statementSeconds)
        } catch {
            throw StoreError(error, doing: "connecting")
        }
    }

    // MARK: Looking

    package func status() throws(StoreError) -> [Standing] {
        let applied = try applied()
        let known = Migration.all.map { migration in
            Standing(
                name: migration.name, appliedAt: applied[migration.name]?.at,
                isUnchanged: applied[migration.name].map { $0.checksum == migration.checksum }
                    ?? true)
        }
        let newer = applied.keys.filter { name in
            name.hasPrefix("spendfuse_") && !Migration.all.contains { $0.name == name }
        }.sorted()
        guard newer.isEmpty else {
            throw StoreError(
                "the database was migrated by a newer version of this program (it has"
                    + " \(newer.joined(separator: ", "))); update the program")
        }
        return known
    }

    /// What `up` would run on this database; nothing is run.
    package func plan() throws(StoreError) -> [(migration: String, [PlannedStatement])] {
        var plan: [(migration: String, [PlannedStatement])] = []
        for standing in try status() where standing.appliedAt == nil {
            guard let migration = Migration.all.first(where: { $0.name == standing.name }) else {
                continue
            }
            plan.append((migration.name, try statements(of: migration)))
        }
        return plan
    }

    /// Whether the app's own tables are here and were never taken over: they are changed only when
    /// somebody asks for it.
    package func holdsTablesOfOthers() throws(StoreError) -> Bool {
        let standings = try status()
        guard standings.allSatisfy({ $0.appliedAt == nil }) else { return false }
        return try run(
            """
            SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = current_schema()
                AND tablename IN ('api_cost_tracking', 'budget_config', 'budget_alerts',
                    'model_performance_metrics', 'cost_models')
            """
        ).number(0, 0) != 0
    }

    package func verify() throws(StoreError) -> [Check] {
        let result = try run(Migration.verification)
        return (0..<result.rowCount).map { row in
            Check(
                name: result.text(row, 0) ?? "", isOK: result.flag(row, 1),
                detail: result.text(row, 2))
        }
    }

    // MARK: Changing

    /// Applies what is missing, each step in a transaction of its own; returns their names.
    package func up() throws(StoreError) -> [String] {
        // A role that may not make tables has nothing to do where all is done.
        guard try status().contains(where: { $0.appliedAt == nil }) else { return [] }
        var names: [String] = []
        for migration in Migration.all where try apply(migration) { names.append(migration.name) }
        return names
    }

    /// Undoes steps, the newest first, down to but not including `name`; all where it is nil.
    package func down(to name: String?) throws(StoreError) -> [String] {
        if let name, !Migration.all.contains(where: { $0.name == name }) {
            let known = Migration.all.map { $0.name }.joined(separator: ", ")
            throw StoreError("no migration is called '\(name)'; there are \(known)")
        }
        var names: [String] = []
        for migration in Migration.all.reversed() {
            if migration.name == name { break }
            if try undo(migration) { names.append(migration.name) }
        }
        return names
    }

    /// False where it was applied before, by another process perhaps.
    private func apply(_ migration: Migration) throws(StoreError) -> Bool {
        let began = clock.now()
        return try transaction("applying \(migration.name)") { () throws(StoreError) in
            try bootstrap()
            if let known = try applied()[migration.name] {
                guard known.checksum == migration.checksum else {
                    throw StoreError(
                        "\(migration.name) is not what was applied to this database on"
                            + " \(known.at); use the version of the program that applied it")
                }
                return false
            }
            let statements = try statements(of: migration)
            for (position, step) in statements.enumerated() {
                _ = try run(step.statement)
                _ = try run(
                    """
                    INSERT INTO migration_steps (migration_name, position, statement, undo)
                    VALUES ($1, $2::int, $3, $4)
                    """, [migration.name, String(position), step.statement, step.undo])
            }
            _ = try run(
                """
                INSERT INTO migration_history (migration_name, applied_at, success,
                    execution_time_ms, checksum)
                VALUES ($1, now(), true, $2::int, $3)
                ON CONFLICT (migration_name) DO UPDATE SET applied_at = excluded.applied_at,
                    success = true, error_message = NULL,
                    execution_time_ms = excluded.execution_time_ms, checksum = excluded.checksum
                """,
                [
                    migration.name, String(clock.now().milliseconds(since: began)),
                    migration.checksum,
                ])
            return true
        }
    }

    private func undo(_ migration: Migration) throws(StoreError) -> Bool {
        try transaction("undoing \(migration.name)") { () throws(StoreError) in
            try bootstrap()
            guard try applied()[migration.name] != nil else { return false }
            let undos = try run(
                """
                SELECT undo FROM migration_steps WHERE migration_name = $1 AND undo IS NOT NULL
                ORDER BY position DESC
                """, [migration.name])
            for row in 0..<undos.rowCount {
                if let statement = undos.text(row, 0) { _ = try run(statement) }
            }
            _ = try run("DELETE FROM migration_steps WHERE migration_name = $1", [migration.name])
            _ = try run(
                "DELETE FROM migration_history WHERE migration_name = $1", [migration.name])
            return true
        }
    }

    /// The tables that migrations themselves need. `migration_history` is the app's too.
    private func bootstrap() throws(StoreError) {
        for statement in Self.bootstrapStatements { _ = try run(statement) }
    }

    package static let bootstrapStatements = [
        """
        CREATE TABLE IF NOT EXISTS migration_history (
            id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
            migration_name text NOT NULL UNIQUE,
            applied_at timestamptz NOT NULL DEFAULT now(),
            success boolean NOT NULL DEFAULT true,
            error_message text,
            execution_time_ms integer
        )
        """,
        "ALTER TABLE migration_history ADD COLUMN IF NOT EXISTS checksum text",
        """
        CREATE TABLE IF NOT EXISTS migration_steps (
            migration_name text NOT NULL,
            position integer NOT NULL,
            statement text NOT NULL,
            undo text,
            PRIMARY KEY (migration_name, position)
        )
        """,
        "ALTER TABLE migration_steps ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE migration_history ENABLE ROW LEVEL SECURITY",
    ]

    // MARK: Statements

    private struct Applied {
        let at: String
        let checksum: String?
    }

    private func applied() throws(StoreError) -> [String: Applied] {
        let exists = try run(
            """
            SELECT count(*) FROM pg_catalog.pg_attribute
            WHERE attrelid = to_regclass('migration_history') AND attname = 'checksum'
            """)
        guard exists.number(0, 0) == 1 else { return [:] }
        let result = try run(
            """
            SELECT migration_name, to_char(applied_at AT TIME ZONE 'UTC',
                'YYYY-MM-DD"T"HH24:MI:SS"Z"'), checksum
            FROM migration_history WHERE success
            """)
        var applied: [String: Applied] = [:]
        for row in 0..<result.rowCount {
            applied[result.text(row, 0) ?? ""] = Applied(
                at: result.text(row, 1) ?? "", checksum: result.text(row, 2))
        }
        return applied
    }

    private func statements(of migration: Migration) throws(StoreError) -> [PlannedStatement] {
        let result = try run(migration.planSQL)
        return (0..<result.rowCount).compactMap { row in
            result.text(row, 1).map {
                PlannedStatement(
                    statement: $0, undo: result.text(row, 2), note: result.text(row, 3))
            }
        }
    }

    private func run(
        _ sql: String, _ values: [String?] = []
    ) throws(StoreError) -> PostgresResult {
        do throws(PostgresFailure) {
            return try connection.run(sql, values)
        } catch {
            let line = sql.split(separator: "\n").first.map(String.init) ?? ""
            throw StoreError(error, doing: "running '\(line)'")
        }
    }

    /// One migration at a time, in whichever process: others wait for the lock, and then find it
    /// applied.
    private func transaction(
        _ what: String, _ body: () throws(StoreError) -> Bool
    ) throws(StoreError) -> Bool {
        _ = try run("BEGIN")
        do throws(StoreError) {
            _ = try run("SELECT pg_advisory_xact_lock($1::bigint)", [Self.lock])
            let hasChanged = try body()
            _ = try run("COMMIT")
            return hasChanged
        } catch {
            _ = try? run("ROLLBACK")
            throw StoreError("\(what): \(error.description); nothing of it was kept")
        }
    }
}

extension Migrator {
    /// The plan as one script that another tool can run and record, in one transaction.
    package func script() throws(StoreError) -> String {
        var text = "BEGIN;\n"
        for statement in Self.bootstrapStatements { text += "\(statement);\n" }
        for (name, statements) in try plan() {
            guard let migration = Migration.all.first(where: { $0.name == name }) else { continue }
            text += "\n-- \(name)\n"
            for (position, step) in statements.enumerated() {
                text += "\(step.statement);\n"
                let undo = step.undo.map { $0.quotedLiteral } ?? "NULL"
                let values = [
                    name.quotedLiteral, String(position), step.statement.quotedLiteral, undo,
                ]
                text += "INSERT INTO migration_steps VALUES (" + values.joined(separator: ", ")
                text += ");\n"
            }
            let values = [name.quotedLiteral, "now()", "true", migration.checksum.quotedLiteral]
            text += "INSERT INTO migration_history (migration_name, applied_at, success, checksum)"
            text += " VALUES (" + values.joined(separator: ", ") + ");\n"
        }
        return text + "COMMIT;\n"
    }
}

extension String {
    /// A literal for a script that people and other tools read; nothing of it is run here.
    fileprivate var quotedLiteral: String {
        "E'\(replacing("\\", with: "\\\\").replacing("'", with: "''"))'"
    }
}
