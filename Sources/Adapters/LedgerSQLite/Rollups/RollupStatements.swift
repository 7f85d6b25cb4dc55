internal import GRDB

/// Counts rows in rollups, inside the writer's transaction.
struct RollupStatements {
    /// Rows of one kind that a transaction counts beside calls: some two milliseconds.
    static let stepRows: Int64 = 256
    /// While nobody calls; a call that comes then waits for some ten milliseconds at most.
    static let idleStepRows: Int64 = 2_048

    let db: Database

    /// Rows that the rollup that is furthest behind has not counted.
    func backlog() throws -> Int64 {
        try Int64.fetchOne(
            db,
            sql: """
                SELECT (SELECT ifnull(max(id), 0) FROM api_cost_tracking) - min(up_to)
                FROM rollup_marks
                """) ?? 0
    }

    /// Counts the next rows in the rollup that is furthest behind.
    func step(rows: Int64) throws {
        guard
            let mark = try Row.fetchOne(
                db, sql: "SELECT grain, facet, up_to FROM rollup_marks ORDER BY up_to LIMIT 1")
        else { return }
        let newest = try Int64.fetchOne(db, sql: "SELECT max(id) FROM api_cost_tracking") ?? 0
        let last: Int64 = mark["up_to"]
        let next = min(last + rows, newest)
        guard next > last else { return }
        let (grain, facet): (String, String) = (mark["grain"], mark["facet"])
        let statement = try db.cachedStatement(sql: facet == "tag" ? Self.tagSQL : Self.facetSQL)
        try statement.execute(
            arguments: ["grain": grain, "facet": facet, "last": last, "next": next])
        try db.execute(
            sql: "UPDATE rollup_marks SET up_to = ? WHERE grain = ? AND facet = ?",
            arguments: [next, grain, facet])
    }

    private static let facetSQL = head + facetKeys + sums + facetRows + tail
    private static let tagSQL = head + tagKeys + sums + tagRows + tail

    private static let head = """
        INSERT INTO cost_rollups (grain, facet, bucket, value, provider, upstream, model, endpoint,
            task_type, entries, calls, errors, blocked, input_tokens, output_tokens, total_tokens,
            cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_picodollars,
            inexact_cost_picodollars)
        SELECT :grain, :facet,
            substr(timestamp, 1, CASE :grain WHEN 'hour' THEN 13 WHEN 'day' THEN 10 ELSE 7 END),
        """

    private static let facetKeys = """

            ifnull(CASE :facet WHEN 'user' THEN user_id WHEN 'project' THEN project_id
                WHEN 'key' THEN key_id WHEN 'session' THEN session_id
                WHEN 'conversation' THEN conversation_id END, ''),
        """

    private static let tagKeys = " tag.key || '=' || tag.value,"

    /// Calls of a row: a sum that was imported stands for many.
    static let calls = """
        (status <> 'blocked' AND endpoint IS NOT 'adjustment')
            * CASE WHEN upstream = 'import-sum' AND json_type(CASE WHEN json_valid(metadata)
                    THEN metadata END, '$.requests') = 'integer'
                THEN json_extract(metadata, '$.requests') ELSE 1 END
        """

    private static let sums =
        """

            provider, CASE :facet WHEN '' THEN ifnull(upstream, '') ELSE '' END,
            ifnull(model, ''), CASE :facet WHEN '' THEN ifnull(endpoint, '') ELSE '' END,
            CASE :facet WHEN '' THEN ifnull(task_type, '') ELSE '' END, count(*),
            sum(
        """ + calls + """
                ), sum(status = 'error'),
                sum(status = 'blocked'), sum(input_tokens), sum(output_tokens), sum(total_tokens),
                sum(cache_read_tokens), sum(cache_write_tokens), sum(reasoning_tokens),
                sum(cost_picodollars), sum((usage_status <> 'exact') * cost_picodollars)
            """

    private static let facetRows = """

        FROM api_cost_tracking AS call WHERE call.id > :last AND call.id <= :next
        """

    private static let tagRows = """

        FROM api_cost_tracking AS call, json_each(
            CASE WHEN json_valid(call.tags) THEN call.tags ELSE '{}' END) AS tag
        WHERE call.id > :last AND call.id <= :next AND call.tags IS NOT NULL
        """

    private static let tail = "\nGROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9\n" + RollupSchema.adding
}
