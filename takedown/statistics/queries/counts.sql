-- name: counts
-- question: What do the requests count as whose clock started on certain days?
-- grain: one row per day, platform and policy with at least one such request; in no order
-- parameters: agency_id; keys, starts, stops (arrays: a number for each day, and the instants between which it lies);
--   platform_id, policy_ids (null: all)
-- index: request_period (agency_id, clock_started_at)
--
-- Read for days that have changed since they were added up, and written down by the refresh. Pending stays pending here, whatever the
-- hour: passed.sql tells which have passed their deadline.
SELECT count(*)::int AS requests,
       (count(*) FILTER (WHERE r.counted_as = 'met'))::int AS met,
       (count(*) FILTER (WHERE r.counted_as = 'indeterminate'))::int AS indeterminate,
       (count(*) FILTER (WHERE r.counted_as = 'breached'))::int AS breached,
       (count(*) FILTER (WHERE r.counted_as = 'pending'))::int AS pending,
       (count(*) FILTER (WHERE r.counted_as = 'unproven'))::int AS unproven,
       (count(*) FILTER (WHERE r.counted_as = 'suspended'))::int AS suspended,
       (count(*) FILTER (WHERE r.counted_as = 'not_counted'))::int AS not_counted,
       (count(*) FILTER (WHERE r.counted_as = 'provisional'))::int AS provisional,
       (count(*) FILTER (WHERE r.returned))::int AS returned,
       (count(*) FILTER (WHERE r.standing))::int AS standing,
       (count(r.period) FILTER (WHERE r.standing))::int AS timed,
       min(r.period) AS shortest_period, max(r.period) AS longest_period,
       d.key, r.platform_id, r.policy_id
FROM unnest(%(keys)s::bigint[], %(starts)s::timestamptz[], %(stops)s::timestamptz[]) AS d (key, start, stop)
CROSS JOIN LATERAL (
    SELECT * FROM takedown_tally r
    WHERE r.agency_id = %(agency_id)s AND r.clock_started_at >= d.start AND r.clock_started_at < d.stop
      AND (%(platform_id)s::bigint IS NULL OR r.platform_id = %(platform_id)s)
      AND (%(policy_ids)s::bigint[] IS NULL OR r.policy_id = ANY(%(policy_ids)s))
    OFFSET 0  -- keeps the planner to one index scan a day
) AS r
GROUP BY d.key, r.platform_id, r.policy_id
