/// Sums of calls by hour, day and month, of which reports over many rows are made. Those of users,
/// projects and the like tell models and providers apart, and no more.
///
/// A mark for each kind says up to which row it has counted. The writer moves it on while nobody
/// waits, and who reads adds the rows beyond it: figures are exact at every moment, and no call
/// pays for them. Rows that are deleted or corrected later are taken out by triggers.
enum RollupSchema {
    static let step = LedgerSchema.Step(
        name: "0011_rollups", sql: tables + changes + rowTriggers)

    /// The same anew, for a ledger that has the sums of an earlier version: they are counted again.
    static let stepAnew = LedgerSchema.Step(
        name: "0013_rollups_anew", sql: removal + tables + changes + rowTriggers)

    private static let removal = """
        DROP TRIGGER IF EXISTS roll_up_corrected;
        DROP TRIGGER IF EXISTS roll_up_deleted;
        DROP TRIGGER IF EXISTS roll_up;
        DROP TRIGGER IF EXISTS cost_rollups_emptied;
        DROP VIEW IF EXISTS rolled_rows;
        DROP INDEX IF EXISTS api_cost_tracking_dear;
        DROP INDEX IF EXISTS model_performance_metrics_rated;
        DROP TABLE IF EXISTS rollup_marks;
        DROP TABLE IF EXISTS cost_rollups;

        """

    private static let tables = """
        CREATE TABLE cost_rollups (
            grain TEXT NOT NULL CHECK (grain IN ('hour', 'day', 'month')),
            facet TEXT NOT NULL,
            bucket TEXT NOT NULL,
            value TEXT NOT NULL,
            provider TEXT NOT NULL,
            upstream TEXT NOT NULL,
            model TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            task_type TEXT NOT NULL,
            entries INTEGER NOT NULL,
            calls INTEGER NOT NULL,
            errors INTEGER NOT NULL,
            blocked INTEGER NOT NULL,
            input_tokens INTEGER NOT NULL,
            output_tokens INTEGER NOT NULL,
            total_tokens INTEGER NOT NULL,
            cache_read_tokens INTEGER NOT NULL,
            cache_write_tokens INTEGER NOT NULL,
            reasoning_tokens INTEGER NOT NULL,
            cost_picodollars INTEGER NOT NULL,
            inexact_cost_picodollars INTEGER NOT NULL,
            PRIMARY KEY (grain, facet, bucket, value, provider, upstream, model, endpoint,
                task_type)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX cost_rollups_value ON cost_rollups (grain, facet, value, bucket)
            WHERE facet IN ('user', 'project', 'key');

        -- The dearest few of each day are one step into it.
        CREATE INDEX api_cost_tracking_dear
            ON api_cost_tracking (substr(timestamp, 1, 10), cost_picodollars DESC);

        CREATE INDEX model_performance_metrics_rated
            ON model_performance_metrics (timestamp) WHERE user_rating IS NOT NULL;

        CREATE TABLE rollup_marks (
            grain TEXT NOT NULL,
            facet TEXT NOT NULL,
            up_to INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (grain, facet)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO rollup_marks (grain, facet) VALUES ('hour', ''), ('hour', 'model'), ('day', ''),
            ('day', 'user'), ('day', 'project'), ('day', 'key'), ('day', 'session'),
            ('day', 'conversation'), ('day', 'tag'), ('month', 'user'), ('month', 'project'),
            ('month', 'key');

        CREATE TRIGGER cost_rollups_emptied AFTER UPDATE ON cost_rollups WHEN NEW.entries = 0
        BEGIN
            DELETE FROM cost_rollups
            WHERE (grain, facet, bucket, value, provider, upstream, model, endpoint, task_type)
                = (NEW.grain, NEW.facet, NEW.bucket, NEW.value, NEW.provider, NEW.upstream,
                    NEW.model, NEW.endpoint, NEW.task_type);
        END;

        """

    /// What is inserted into `rolled_rows` is added to, or taken from, the rollups whose mark it is
    /// below. It has no rows of its own.
    private static let changes = """
        CREATE VIEW rolled_rows AS
        SELECT 1 AS sign, id, timestamp, user_id, project_id, key_id, session_id, conversation_id,
            tags, provider, upstream, model, endpoint, task_type, status, usage_status,
            input_tokens, output_tokens, total_tokens, cache_read_tokens, cache_write_tokens,
            reasoning_tokens, cost_picodollars, 1 AS requests
        FROM api_cost_tracking WHERE false;

        CREATE TRIGGER roll_up INSTEAD OF INSERT ON rolled_rows
        BEGIN
            INSERT INTO cost_rollups (grain, facet, bucket, value, provider, upstream, model,
                endpoint, task_type, entries, calls, errors, blocked, input_tokens, output_tokens,
                total_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens,
                cost_picodollars, inexact_cost_picodollars)
            SELECT mark.grain, mark.facet,
                substr(NEW.timestamp, 1,
                    CASE mark.grain WHEN 'hour' THEN 13 WHEN 'day' THEN 10 ELSE 7 END),
                facets.column2, NEW.provider,
                CASE mark.facet WHEN '' THEN ifnull(NEW.upstream, '') ELSE '' END,
                ifnull(NEW.model, ''),
                CASE mark.facet WHEN '' THEN ifnull(NEW.endpoint, '') ELSE '' END,
                CASE mark.facet WHEN '' THEN ifnull(NEW.task_type, '') ELSE '' END, NEW.sign,
                NEW.sign * NEW.requests
                    * (NEW.status <> 'blocked' AND NEW.endpoint IS NOT 'adjustment'),
                NEW.sign * (NEW.status = 'error'), NEW.sign * (NEW.status = 'blocked'),
                NEW.sign * NEW.input_tokens, NEW.sign * NEW.output_tokens,
                NEW.sign * NEW.total_tokens, NEW.sign * NEW.cache_read_tokens,
                NEW.sign * NEW.cache_write_tokens, NEW.sign * NEW.reasoning_tokens,
                NEW.sign * NEW.cost_picodollars,
                NEW.sign * (NEW.usage_status <> 'exact') * NEW.cost_picodollars
            FROM (VALUES ('', ''), ('model', ''), ('user', NEW.user_id),
                    ('project', ifnull(NEW.project_id, '')),
                    ('key', ifnull(NEW.key_id, '')), ('session', ifnull(NEW.session_id, '')),
                    ('conversation', ifnull(NEW.conversation_id, ''))
                UNION ALL
                SELECT 'tag', tag.key || '=' || tag.value FROM json_each(
                    CASE WHEN json_valid(NEW.tags) THEN NEW.tags ELSE '{}' END) AS tag) AS facets
                JOIN rollup_marks AS mark ON mark.facet = facets.column1 AND NEW.id <= mark.up_to
            WHERE true

        """ + adding + """
                ;
            END;

            """

    /// What is counted goes on top of what was.
    static let adding = """
        ON CONFLICT DO UPDATE SET entries = entries + excluded.entries,
            calls = calls + excluded.calls, errors = errors + excluded.errors,
            blocked = blocked + excluded.blocked,
            input_tokens = input_tokens + excluded.input_tokens,
            output_tokens = output_tokens + excluded.output_tokens,
            total_tokens = total_tokens + excluded.total_tokens,
            cache_read_tokens = cache_read_tokens + excluded.cache_read_tokens,
            cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens,
            reasoning_tokens = reasoning_tokens + excluded.reasoning_tokens,
            cost_picodollars = cost_picodollars + excluded.cost_picodollars,
            inexact_cost_picodollars = inexact_cost_picodollars + excluded.inexact_cost_picodollars
        """

    private static let rowTriggers = """
        CREATE TRIGGER roll_up_corrected AFTER UPDATE ON api_cost_tracking
        BEGIN
            INSERT INTO rolled_rows VALUES (1, NEW.id, NEW.timestamp, NEW.user_id, NEW.project_id,
                NEW.key_id, NEW.session_id, NEW.conversation_id, NEW.tags, NEW.provider,
                NEW.upstream, NEW.model, NEW.endpoint, NEW.task_type, NEW.status,
                NEW.usage_status, NEW.input_tokens, NEW.output_tokens, NEW.total_tokens,
                NEW.cache_read_tokens, NEW.cache_write_tokens, NEW.reasoning_tokens,
                NEW.cost_picodollars,
                CASE WHEN NEW.upstream = 'import-sum' AND json_type(CASE WHEN
                        json_valid(NEW.metadata) THEN NEW.metadata END, '$.requests') = 'integer'
                    THEN json_extract(NEW.metadata, '$.requests') ELSE 1 END);
            INSERT INTO rolled_rows VALUES (-1, OLD.id, OLD.timestamp, OLD.user_id, OLD.project_id,
                OLD.key_id, OLD.session_id, OLD.conversation_id, OLD.tags, OLD.provider,
                OLD.upstream, OLD.model, OLD.endpoint, OLD.task_type, OLD.status,
                OLD.usage_status, OLD.input_tokens, OLD.output_tokens, OLD.total_tokens,
                OLD.cache_read_tokens, OLD.cache_write_tokens, OLD.reasoning_tokens,
                OLD.cost_picodollars,
                CASE WHEN OLD.upstream = 'import-sum' AND json_type(CASE WHEN
                        json_valid(OLD.metadata) THEN OLD.metadata END, '$.requests') = 'integer'
                    THEN json_extract(OLD.metadata, '$.requests') ELSE 1 END);
        END;

        CREATE TRIGGER roll_up_deleted AFTER DELETE ON api_cost_tracking
        BEGIN
            INSERT INTO rolled_rows VALUES (-1, OLD.id, OLD.timestamp, OLD.user_id, OLD.project_id,
                OLD.key_id, OLD.session_id, OLD.conversation_id, OLD.tags, OLD.provider,
                OLD.upstream, OLD.model, OLD.endpoint, OLD.task_type, OLD.status,
                OLD.usage_status, OLD.input_tokens, OLD.output_tokens, OLD.total_tokens,
                OLD.cache_read_tokens, OLD.cache_write_tokens, OLD.reasoning_tokens,
                OLD.cost_picodollars,
                CASE WHEN OLD.upstream = 'import-sum' AND json_type(CASE WHEN
                        json_valid(OLD.metadata) THEN OLD.metadata END, '$.requests') = 'integer'
                    THEN json_extract(OLD.metadata, '$.requests') ELSE 1 END);
            -- SQLite gives the number of the newest row again once that row is gone.
            UPDATE rollup_marks SET up_to = (SELECT ifnull(max(id), 0) FROM api_cost_tracking)
            WHERE up_to > (SELECT ifnull(max(id), 0) FROM api_cost_tracking);
            UPDATE ledger_state
            SET last_foreign_row = (SELECT ifnull(max(id), 0) FROM api_cost_tracking)
            WHERE last_foreign_row > (SELECT ifnull(max(id), 0) FROM api_cost_tracking);
        END;
        """
}
