/// One statement for every choice of dimensions and filters: the choice is bound like any other
/// value.
extension ReportStatements {
    private static let rowKeys =
        """
        SELECT
            CASE :first
                WHEN 'model' THEN model WHEN 'user' THEN user_id WHEN 'provider' THEN provider
                WHEN 'day' THEN substr(timestamp, 1, 10) WHEN 'hour' THEN substr(timestamp, 1, 13)
                WHEN 'quarter' THEN substr(timestamp, 1, 14)
                    || substr('00153045', substr(timestamp, 15, 2) / 15 * 2 + 1, 2)
                WHEN 'endpoint' THEN endpoint WHEN 'key' THEN key_id WHEN 'project' THEN project_id
                WHEN 'session' THEN session_id WHEN 'conversation' THEN conversation_id
                WHEN 'upstream' THEN upstream WHEN 'task_type' THEN task_type
                WHEN 'tag' THEN (SELECT value FROM json_each(
                        CASE WHEN json_valid(tags) THEN tags ELSE '{}' END)
                    WHERE key = :tag_name) END AS first_key,
            CASE :second
                WHEN 'model' THEN model WHEN 'user' THEN user_id WHEN 'provider' THEN provider
                WHEN 'day' THEN substr(timestamp, 1, 10) WHEN 'hour' THEN substr(timestamp, 1, 13)
                WHEN 'quarter' THEN substr(timestamp, 1, 14)
                    || substr('00153045', substr(timestamp, 15, 2) / 15 * 2 + 1, 2)
                WHEN 'endpoint' THEN endpoint WHEN 'key' THEN key_id WHEN 'project' THEN project_id
                WHEN 'session' THEN session_id WHEN 'conversation' THEN conversation_id
                WHEN 'upstream' THEN upstream WHEN 'task_type' THEN task_type
                WHEN 'tag' THEN (SELECT value FROM json_each(
                        CASE WHEN json_valid(tags) THEN tags ELSE '{}' END)
                    WHERE key = :tag_name) END AS second_key,
            sum(
        """ + RollupStatements.calls + """
                ),
                sum(status = 'error'), sum(status = 'blocked'),
                sum(input_tokens), sum(output_tokens), sum(cache_read_tokens),
                sum(cache_write_tokens), sum(reasoning_tokens), sum(cost_picodollars),
                sum((usage_status <> 'exact') * cost_picodollars)
            FROM api_cost_tracking

            """

    /// Whatever a list or a report of rows is kept to, but for users: they choose an index.
    static let sameValues = """
             AND (:model IS NULL OR ifnull(model, '') = :model)
                AND (:provider IS NULL OR provider = :provider)
                AND (:endpoint IS NULL OR ifnull(endpoint, '') = :endpoint)
                AND (:upstream IS NULL OR ifnull(upstream, '') = :upstream)
                AND (:task_type IS NULL OR ifnull(task_type, '') = :task_type)
                AND (:project IS NULL OR ifnull(project_id, '') = :project)
                AND (:key IS NULL OR ifnull(key_id, '') = :key)
                AND (:session IS NULL OR ifnull(session_id, '') = :session)
                AND (:conversation IS NULL OR ifnull(conversation_id, '') = :conversation)
                AND (:tag IS NULL OR ifnull((SELECT value FROM json_each(
                        CASE WHEN json_valid(tags) THEN tags ELSE '{}' END)
                    WHERE key = :kept_tag), '') = :tag)

        """

    private static let rowFilters =
        " AND (:user IS NULL OR +user_id = :user)" + sameValues + "GROUP BY first_key, second_key"

    static let rowsSQL =
        rowKeys + "WHERE timestamp >= :since AND timestamp < :until" + rowFilters

    /// Rows that are not rolled up yet. There are few, so that an index by time is worse.
    static let newestSQL =
        rowKeys + "WHERE id > :mark AND +timestamp >= :since AND +timestamp < :until" + rowFilters

    private static let rollupKeys = """
        SELECT
            CASE :first
                WHEN 'model' THEN model WHEN 'provider' THEN provider
                WHEN 'day' THEN substr(bucket, 1, 10) WHEN 'hour' THEN bucket
                WHEN 'endpoint' THEN endpoint WHEN 'upstream' THEN upstream
                WHEN 'task_type' THEN task_type
                WHEN facet THEN substr(value, ifnull(length(:prefix), 0) + 1) END AS first_key,
            CASE :second
                WHEN 'model' THEN model WHEN 'provider' THEN provider
                WHEN 'day' THEN substr(bucket, 1, 10) WHEN 'hour' THEN bucket
                WHEN 'endpoint' THEN endpoint WHEN 'upstream' THEN upstream
                WHEN 'task_type' THEN task_type
                WHEN facet THEN substr(value, ifnull(length(:prefix), 0) + 1) END AS second_key,
            sum(calls), sum(errors), sum(blocked), sum(input_tokens), sum(output_tokens),
            sum(cache_read_tokens), sum(cache_write_tokens), sum(reasoning_tokens),
            sum(cost_picodollars), sum(inexact_cost_picodollars)

        """

    private static let rollupFilters = """
             AND bucket >= substr(:since, 1, :length) AND bucket < substr(:until, 1, :length)
                AND (:prefix IS NULL OR substr(value, 1, length(:prefix)) = :prefix)
                AND (:value IS NULL OR value = :value) AND (:model IS NULL OR model = :model)
                AND (:provider IS NULL OR provider = :provider)
                AND (:endpoint IS NULL OR endpoint = :endpoint)
                AND (:upstream IS NULL OR upstream = :upstream)
                AND (:task_type IS NULL OR task_type = :task_type)
            GROUP BY first_key, second_key
        """

    static let rollupSQL =
        rollupKeys + "FROM cost_rollups WHERE grain = :grain AND facet = :facet" + rollupFilters

    static let valueSQL =
        rollupKeys + """
            FROM cost_rollups INDEXED BY cost_rollups_value
            WHERE grain = :grain AND facet = :facet AND facet IN ('user', 'project', 'key')
                AND value = :value
            """ + rollupFilters
}
