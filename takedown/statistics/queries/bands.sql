-- name: bands
-- question: By which time after the clock's start was each item gone, as far as two looks tell?
-- grain: one row per platform, state and range of bands; n requests share it; in no order
-- parameters: agency_id, since, until, now (instants); edges (ascending seconds: the ends of the bands),
--   mirrored (their negatives, ascending); platform_id, policy_ids (null: all)
-- index: request_period (agency_id, clock_started_at); takedown_watch's key for requests that are still open
--
-- state: 'gone' (confirmed), 'up' (not seen gone, still watched, and the look that tells last found it up), else 'unknown'. It went, if it
-- did, in one of the bands `first` to `last`, counted from 0: band i ends with edge i, itself inside. For 'unknown' these are the bands
-- since it was last found up, until now; `first` beyond `last` means none. Left out is what brackets.sql leaves out.
WITH counted AS (
    SELECT r.platform_id,
           CASE WHEN r.gone_confirmed THEN 'gone'
                WHEN r.first_gone IS NULL AND r.status IN ('needs_operator', 'refused', 'sent', 'to_approve', 'to_send')
                     AND (SELECT w.outcome FROM takedown_watch w WHERE w.item_id = r.item_id)
                         IN ('available', 'available_gated', 'geo_blocked') THEN 'up'
                ELSE 'unknown' END AS state,
           date_part('epoch', greatest(
               r.last_up,
               CASE WHEN r.first_gone IS NULL AND r.status IN ('needs_operator', 'refused', 'sent', 'to_approve', 'to_send')
                    THEN (SELECT w.last_up FROM takedown_watch w WHERE w.item_id = r.item_id) END
           ) - r.clock_started_at) AS up,
           date_part('epoch', CASE WHEN r.gone_confirmed THEN r.first_gone ELSE %(now)s END - r.clock_started_at) AS until
    FROM takedown_takedownrequest r
    WHERE r.agency_id = %(agency_id)s
      AND r.clock_started_at >= coalesce(%(since)s::timestamptz, '-infinity') AND r.clock_started_at < %(until)s
      AND (%(platform_id)s::bigint IS NULL OR r.platform_id = %(platform_id)s)
      AND (%(policy_ids)s::bigint[] IS NULL OR r.policy_id = ANY(%(policy_ids)s))
      AND r.clock_state NOT IN ('voided', 'withdrawn')
      AND r.adjudicated_verdict <> 'not_counted'
      AND NOT (r.verdict = 'not_counted' AND r.first_gone <= coalesce(r.clock_first_started_at, r.clock_started_at))
),
placed AS (
    SELECT platform_id, state, width_bucket(greatest(coalesce(up, 0), 0), %(edges)s::float8[]) AS first,
           cardinality(%(edges)s::float8[]) - width_bucket(-until, %(mirrored)s::float8[]) AS last
    FROM counted
)
SELECT p.slug, p.name, state, first, last, n
FROM (SELECT platform_id, state, first, last, count(*)::int AS n FROM placed GROUP BY 1, 2, 3, 4) AS grouped
JOIN platforms_platform p ON p.id = grouped.platform_id
