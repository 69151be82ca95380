-- name: brackets
-- question: Between which two looks did each item go, in seconds after the clock of its request started?
-- grain: one row per distinct bracket, way it went and whether its end awaits confirmation; n requests share it; in no order
-- parameters: agency_id, since, until (instants); grid (ascending seconds from 0, or null: to the second); platform_id, policy_ids (null: all)
-- index: request_period (agency_id, clock_started_at); takedown_watch's key for requests that are still open
--
-- (last_up, first_gone]: from the instant the item was last found up to the instant it was first found gone; first_gone is null while
-- it is up, and while nobody has confirmed that it is gone. Rounded outwards, to the second or to the grid.
--
-- Left out: void and withdrawn requests, those a person does not count, and content that was gone before the clock started. Under a
-- policy without a fixed period content that went is judged "not counted" too, yet its removal was seen, and it stays in.
WITH counted AS (
    SELECT greatest(floor(date_part('epoch', greatest(
               r.last_up,
               CASE WHEN r.first_gone IS NULL AND r.status IN ('needs_operator', 'refused', 'sent', 'to_approve', 'to_send')
                    THEN (SELECT w.last_up FROM takedown_watch w WHERE w.item_id = r.item_id) END
           ) - r.clock_started_at)), 0) AS up,
           CASE WHEN r.gone_confirmed THEN greatest(ceil(date_part('epoch', r.first_gone - r.clock_started_at)), 1) END AS gone,
           r.first_gone IS NOT NULL AND NOT r.gone_confirmed AS provisional,
           CASE WHEN r.gone_confirmed THEN r.gone_outcome ELSE '' END AS outcome
    FROM takedown_takedownrequest r
    WHERE r.agency_id = %(agency_id)s
      AND r.clock_started_at >= coalesce(%(since)s::timestamptz, '-infinity') AND r.clock_started_at < %(until)s
      AND (%(platform_id)s::bigint IS NULL OR r.platform_id = %(platform_id)s)
      AND (%(policy_ids)s::bigint[] IS NULL OR r.policy_id = ANY(%(policy_ids)s))
      AND r.clock_state NOT IN ('voided', 'withdrawn')
      AND r.adjudicated_verdict <> 'not_counted'
      AND NOT (r.verdict = 'not_counted' AND r.first_gone <= coalesce(r.clock_first_started_at, r.clock_started_at))
)
SELECT CASE WHEN %(grid)s::float8[] IS NULL THEN up
            ELSE (%(grid)s::float8[])[width_bucket(up, %(grid)s::float8[])] END::int AS last_up,
       CASE WHEN %(grid)s::float8[] IS NULL THEN gone
            ELSE (%(grid)s::float8[])[width_bucket(gone - 0.5, %(grid)s::float8[]) + 1] END::int AS first_gone,
       provisional, outcome, count(*)::int AS n
FROM counted
GROUP BY 1, 2, 3, 4
