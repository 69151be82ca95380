-- name: passed
-- question: Which requests are stored as pending although their deadline has passed?
-- grain: one row per quarter of an hour in which their clock started (its beginning) and platform; in no order
-- parameters: agency_id, since, until, now (instants); platform_id, policy_ids (null: all)
-- index: request_pending_due (due_at) where the verdict is pending
--
-- They are unproven: the sweep has not come by yet. Usually there are none.
SELECT date_bin('15 minutes', r.clock_started_at, 'epoch') AS quarter, r.platform_id, count(*)::int AS n
FROM takedown_takedownrequest r
WHERE r.agency_id = %(agency_id)s
  AND r.verdict = 'pending' AND r.due_at <= %(now)s AND r.adjudicated_verdict = '' AND NOT r.provisional
  AND r.clock_started_at >= coalesce(%(since)s::timestamptz, '-infinity') AND r.clock_started_at < %(until)s
  AND (%(platform_id)s::bigint IS NULL OR r.platform_id = %(platform_id)s)
  AND (%(policy_ids)s::bigint[] IS NULL OR r.policy_id = ANY(%(policy_ids)s))
GROUP BY 1, 2
