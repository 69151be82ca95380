-- name: brackets
-- question: Between which two looks did each item go, in whole seconds after the clock of its request started?
-- grain: one row per platform, way it went and bracket; n requests share it; in no order
-- parameters: agency_id, since, until (instants); platform_id, policy_ids (null: all)
-- index: request_period (agency_id, clock_started_at); takedown_watch's key for requests that are still open
--
-- For few requests, of which every second counts; takedown_tally says what is left out.
SELECT r.platform_id, r.way, r.up AS last_up, r.gone AS first_gone, count(*)::int AS n
FROM takedown_tally r
WHERE r.agency_id = %(agency_id)s AND r.way IS NOT NULL
  AND r.clock_started_at >= coalesce(%(since)s::timestamptz, '-infinity') AND r.clock_started_at < %(until)s
  AND (%(platform_id)s::bigint IS NULL OR r.platform_id = %(platform_id)s)
  AND (%(policy_ids)s::bigint[] IS NULL OR r.policy_id = ANY(%(policy_ids)s))
GROUP BY 1, 2, 3, 4
