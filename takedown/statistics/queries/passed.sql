-- name: passed
-- question: Which requests are stored as pending although their deadline has passed?
-- grain: one row per week of the start of their clock (the ordinal of its Monday in the agency's zone) and platform; in no order
-- parameters: agency_id, since, until, now (instants); timezone (IANA name); platform_id, policy_ids (null: all)
-- index: request_pending_due (due_at) where the verdict is pending
--
-- They are unproven: the sweep has not come by yet. Usually there are none.
SELECT date_trunc('week', r.clock_started_at AT TIME ZONE %(timezone)s)::date - '0001-01-01'::date + 1 AS key, r.platform_id, count(*)::int AS n
FROM takedown_takedownrequest r
WHERE r.agency_id = %(agency_id)s
  AND r.verdict = 'pending' AND r.due_at <= %(now)s AND r.adjudicated_verdict = '' AND NOT r.provisional
  AND r.clock_started_at >= coalesce(%(since)s::timestamptz, '-infinity') AND r.clock_started_at < %(until)s
  AND (%(platform_id)s::bigint IS NULL OR r.platform_id = %(platform_id)s)
  AND (%(policy_ids)s::bigint[] IS NULL OR r.policy_id = ANY(%(policy_ids)s))
GROUP BY 1, 2
