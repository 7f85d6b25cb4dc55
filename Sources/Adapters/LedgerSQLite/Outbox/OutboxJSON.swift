/// Rows as JSON objects, with money in whole picodollars and the column names of the shared store.
enum OutboxJSON {
    static let row = """
        SELECT r.call_id, r.attempt, r.timestamp, r.cost_picodollars, r.user_id, r.project_id,
            r.key_id, r.session_id, r.provider, r.endpoint, r.model_requested, r.model_priced,
            r.tags, r.uncounted, json_extract(r.metadata, '$.shadow_refusals') AS shadows,
            json_object('call_id', r.call_id, 'attempt', r.attempt, 'at', r.timestamp,
                'user_id', r.user_id, 'project_id', r.project_id, 'key_id', r.key_id,
                'session_id', r.session_id, 'conversation_id', r.conversation_id,
                'tags', r.tags, 'provider', r.provider, 'upstream', r.upstream,
                'endpoint', r.endpoint, 'model', r.model, 'model_requested', r.model_requested,
                'model_priced', r.model_priced, 'uncounted', r.uncounted,
                'input_tokens', r.input_tokens, 'output_tokens', r.output_tokens,
                'total_tokens', r.total_tokens, 'cache_read_tokens', r.cache_read_tokens,
                'cache_write_tokens', r.cache_write_tokens,
                'reasoning_tokens', r.reasoning_tokens, 'usage', r.usage,
                'usage_status', r.usage_status, 'service_tier', r.service_tier,
                'inference_geo', r.inference_geo) AS first_json,
            json_object('cost', r.cost_picodollars,
                'cost_reported', r.cost_reported_picodollars, 'price_version', r.price_version,
                'held', r.held_picodollars, 'status', r.status, 'status_code', r.status_code,
                'error_message', r.error_message, 'request_duration_ms', r.request_duration_ms,
                'time_to_first_token_ms', r.time_to_first_token_ms, 'streamed', r.streamed,
                'task_type', r.task_type, 'metadata', r.metadata,
                'has_metrics', m.call_id IS NOT NULL, 'success', m.success,
                'error_type', m.error_type) AS second_json
        FROM api_cost_tracking r
        LEFT JOIN model_performance_metrics m ON m.call_id = r.call_id AND m.attempt = r.attempt
        WHERE r.id = ?
        """

    static let alert = """
        SELECT json_object('kind', kind, 'scope', scope, 'budget_name', budget_name,
            'budget_number', budget_id, 'user_id', user_id, 'alert_type', alert_type,
            'window_start', window_start, 'threshold_pct', threshold_pct, 'severity', severity,
            'percent_used', percent_used, 'message', message, 'status', status,
            'spent', amount_spent_picodollars, 'limit', limit_picodollars, 'at', timestamp)
        FROM budget_alerts WHERE id = ?
        """

    static let trip = """
        SELECT json_object('budget_number', budget_id, 'budget_name', budget_name,
            'scope', scope, 'action', action, 'tripped_at', tripped_at,
            'stops_until', stops_until, 'burn', burn_picodollars, 'allowed', allowed_picodollars,
            'usual', usual_picodollars, 'reason', reason)
        FROM breaker_trips WHERE id = ?
        """
}
