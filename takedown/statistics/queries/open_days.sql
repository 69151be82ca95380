-- name: open_days
-- question: How many requests are open that were opened on certain days, and how many of them are breached or unproven?
-- grain: one row per day, platform and policy with at least one such request; in no order
-- parameters: agency_id; keys, starts, stops (arrays: a number for each day, and the instants between which it lies)
-- index: request_opened (agency_id, opened_at) where the status is open
--
-- What is pending and has passed its deadline is late too: open_by_age.sql adds it.
SELECT d.key, r.platform_id, r.policy_id, count(*)::int AS requests,
       (count(*) FILTER (WHERE r.due_at IS NOT NULL AND r.verdict IN ('breached', 'unproven') AND r.adjudicated_verdict = ''))::int AS late
FROM unnest(%(keys)s::bigint[], %(starts)s::timestamptz[], %(stops)s::timestamptz[]) AS d (key, start, stop)
CROSS JOIN LATERAL (
    SELECT * FROM takedown_takedownrequest r
    WHERE r.agency_id = %(agency_id)s AND r.opened_at >= d.start AND r.opened_at < d.stop
      AND r.status IN ('needs_operator', 'refused', 'sent', 'to_approve', 'to_send')
    OFFSET 0  -- keeps the planner to one index scan a day
) AS r
GROUP BY 1, 2, 3
