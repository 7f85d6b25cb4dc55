/// One statement for every choice of dimensions and filters: the choice is bound like any other
/// value. Each begins with the names of two dimensions and a span; where one of them is a time,
/// `moment` is what is told apart, and a bucket's beginning is returned in microseconds.
enum ReportSQL {
    /// Calls, errors, refusals, tokens and picodollars of a table of sums.
    private static let sums = """
            (extract(epoch FROM moment) * 1000000)::bigint,
            sum(calls), sum(errors), sum(blocked), sum(input_tokens), sum(output_tokens),
            sum(cache_read_tokens), sum(cache_write_tokens), sum(reasoning_tokens),
            (sum(cost_usd) * 1000000000000)::numeric(38,0),
            (sum(inexact_cost_usd) * 1000000000000)::numeric(38,0)

        """

    private static let groups = " GROUP BY first_key, second_key, moment"

    static let rows = """
        SELECT
            CASE $1
                WHEN 'model' THEN model WHEN 'user' THEN user_id WHEN 'provider' THEN provider
                WHEN 'endpoint' THEN endpoint WHEN 'key' THEN key_id WHEN 'project' THEN project_id
                WHEN 'session' THEN session_id WHEN 'conversation' THEN conversation_id
                WHEN 'upstream' THEN upstream WHEN 'task_type' THEN task_type
                WHEN 'tag' THEN tags ->> $15::text END AS first_key,
            CASE $2
                WHEN 'model' THEN model WHEN 'user' THEN user_id WHEN 'provider' THEN provider
                WHEN 'endpoint' THEN endpoint WHEN 'key' THEN key_id WHEN 'project' THEN project_id
                WHEN 'session' THEN session_id WHEN 'conversation' THEN conversation_id
                WHEN 'upstream' THEN upstream WHEN 'task_type' THEN task_type
                WHEN 'tag' THEN tags ->> $15::text END AS second_key,
            (extract(epoch FROM moment) * 1000000)::bigint,
            sum(CASE WHEN upstream = 'import-sum' AND metadata ->> 'requests' ~ '^[0-9]{1,12}$'
                THEN (metadata ->> 'requests')::bigint ELSE 1 END) FILTER (WHERE
                status IS DISTINCT FROM 'blocked' AND endpoint IS DISTINCT FROM 'adjustment'),
            count(*) FILTER (WHERE status = 'error'), count(*) FILTER (WHERE status = 'blocked'),
            sum(input_tokens), sum(output_tokens), sum(cache_read_tokens),
            sum(cache_write_tokens), sum(reasoning_tokens),
            (sum(cost_usd) * 1000000000000)::numeric(38,0),
            (sum(CASE WHEN usage_status <> 'exact' THEN cost_usd ELSE 0 END)
                * 1000000000000)::numeric(38,0)
        FROM spend_rows CROSS JOIN LATERAL (SELECT CASE
                WHEN 'day' IN ($1, $2) THEN date_trunc('day', "timestamp", 'UTC')
                WHEN 'hour' IN ($1, $2) THEN date_trunc('hour', "timestamp", 'UTC')
                WHEN 'quarter' IN ($1, $2) THEN date_bin('15 minutes', "timestamp",
                    '2000-01-01T00:00:00Z') END) AS times (moment)
        WHERE "timestamp" >= $3::timestamptz AND "timestamp" < $4::timestamptz
            AND ($5::text IS NULL OR coalesce(model, '') = $5)
            AND ($6::text IS NULL OR coalesce(provider, '') = $6)
            AND ($7::text IS NULL OR coalesce(endpoint, '') = $7)
            AND ($8::text IS NULL OR coalesce(upstream, '') = $8)
            AND ($9::text IS NULL OR coalesce(task_type, '') = $9)
            AND ($10::text IS NULL OR coalesce(user_id, '') = $10)
            AND ($11::text IS NULL OR coalesce(project_id, '') = $11)
            AND ($12::text IS NULL OR coalesce(key_id, '') = $12)
            AND ($13::text IS NULL OR coalesce(session_id, '') = $13)
            AND ($14::text IS NULL OR coalesce(conversation_id, '') = $14)
            AND ($17::text IS NULL OR coalesce(tags ->> $16::text, '') = $17)
        """ + groups

    /// Of days and months: of everything, or of what a facet tells apart.
    static let days =
        """
        SELECT
            CASE $1
                WHEN 'model' THEN model WHEN 'provider' THEN provider
                WHEN 'endpoint' THEN endpoint WHEN 'upstream' THEN upstream
                WHEN 'task_type' THEN task_type
                WHEN facet THEN substr(value, coalesce(length($13), 0) + 1) END AS first_key,
            CASE $2
                WHEN 'model' THEN model WHEN 'provider' THEN provider
                WHEN 'endpoint' THEN endpoint WHEN 'upstream' THEN upstream
                WHEN 'task_type' THEN task_type
                WHEN facet THEN substr(value, coalesce(length($13), 0) + 1) END AS second_key,

        """ + sums + """
            FROM cost_rollups CROSS JOIN LATERAL (
                SELECT CASE WHEN 'day' IN ($1, $2) THEN bucket END) AS times (moment)
            WHERE grain = $10 AND facet = $11 AND bucket >= $3::timestamptz
                AND bucket < $4::timestamptz AND ($12::text IS NULL OR value = $12)
                AND ($13::text IS NULL OR starts_with(value, $13))
                AND ($5::text IS NULL OR model = $5) AND ($6::text IS NULL OR provider = $6)
                AND ($7::text IS NULL OR endpoint = $7) AND ($8::text IS NULL OR upstream = $8)
                AND ($9::text IS NULL OR task_type = $9)
            """ + groups

    /// Of hours. A report of days can be made of them where its days are not those of UTC.
    static let hours =
        """
        SELECT
            CASE $1
                WHEN 'model' THEN model WHEN 'provider' THEN provider
                WHEN 'endpoint' THEN endpoint WHEN 'upstream' THEN upstream
                WHEN 'task_type' THEN task_type END AS first_key,
            CASE $2
                WHEN 'model' THEN model WHEN 'provider' THEN provider
                WHEN 'endpoint' THEN endpoint WHEN 'upstream' THEN upstream
                WHEN 'task_type' THEN task_type END AS second_key,

        """ + sums + """
            FROM hour_rollups CROSS JOIN LATERAL (SELECT CASE
                    WHEN 'day' IN ($1, $2) THEN date_trunc('day', bucket, 'UTC')
                    WHEN 'hour' IN ($1, $2) THEN bucket END) AS times (moment)
            WHERE facet = $10 AND bucket >= $3::timestamptz AND bucket < $4::timestamptz
                AND ($5::text IS NULL OR model = $5) AND ($6::text IS NULL OR provider = $6)
                AND ($7::text IS NULL OR endpoint = $7) AND ($8::text IS NULL OR upstream = $8)
                AND ($9::text IS NULL OR task_type = $9)
            """ + groups

    /// Of users by model and provider, by day or month.
    static let users =
        """
        SELECT
            CASE $1 WHEN 'user' THEN user_id WHEN 'model' THEN model
                WHEN 'provider' THEN provider END AS first_key,
            CASE $2 WHEN 'user' THEN user_id WHEN 'model' THEN model
                WHEN 'provider' THEN provider END AS second_key,

        """ + sums + """
            FROM user_rollups CROSS JOIN LATERAL (
                SELECT CASE WHEN 'day' IN ($1, $2) THEN bucket END) AS times (moment)
            WHERE grain = $7 AND bucket >= $3::timestamptz AND bucket < $4::timestamptz
                AND ($5::text IS NULL OR model = $5) AND ($6::text IS NULL OR provider = $6)
                AND ($8::text IS NULL OR user_id = $8)
            """ + groups

    /// Of users alone, by day: without models there are fewer.
    static let payers =
        """
        SELECT
            CASE $1 WHEN 'user' THEN user_id END AS first_key,
            CASE $2 WHEN 'user' THEN user_id END AS second_key,

        """ + sums + """
            FROM payer_rollups CROSS JOIN LATERAL (
                SELECT CASE WHEN 'day' IN ($1, $2) THEN bucket END) AS times (moment)
            WHERE bucket >= $3::timestamptz AND bucket < $4::timestamptz
                AND ($5::text IS NULL OR user_id = $5)
            """ + groups

    /// Of sessions and conversations by model and provider, by day.
    static let sessions =
        """
        SELECT
            CASE $1 WHEN 'model' THEN model WHEN 'provider' THEN provider
                WHEN facet THEN value END AS first_key,
            CASE $2 WHEN 'model' THEN model WHEN 'provider' THEN provider
                WHEN facet THEN value END AS second_key,

        """ + sums + """
            FROM session_rollups CROSS JOIN LATERAL (
                SELECT CASE WHEN 'day' IN ($1, $2) THEN bucket END) AS times (moment)
            WHERE facet = $7 AND bucket >= $3::timestamptz AND bucket < $4::timestamptz
                AND ($5::text IS NULL OR model = $5) AND ($6::text IS NULL OR provider = $6)
                AND ($8::text IS NULL OR value = $8)
            """ + groups
}
