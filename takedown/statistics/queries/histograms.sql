-- name: histograms
-- question: Between which two looks did each item go whose request's clock started on certain days, on the grid?
-- grain: one row per day, platform and policy with at least one such item; in no order
-- parameters: agency_id; keys, starts, stops (arrays: a number for each day, and the instants between which it lies);
--   grid (ascending seconds from 0), ways (what `way` of takedown_tally may be); platform_id, policy_ids (null: all)
-- index: request_period (agency_id, clock_started_at); takedown_watch's key for requests that are still open
--
-- Each pair in `cells` is a place in `ways` and on `grid`, packed as in takedown.statistics.histogram, and how many items are there. Left
-- ends are rounded down to the grid and right ends up, so that a bracket only widens.
SELECT key, platform_id, policy_id, string_agg(int4send(cell) || int4send(n), ''::bytea ORDER BY cell) AS cells
FROM (
    SELECT d.key, r.platform_id, r.policy_id, count(*)::int AS n,
           (coalesce(array_position(%(ways)s::text[], r.way), 1) - 1) * 1048576
           + (width_bucket(r.up::float8, %(grid)s::float8[]) - 1) * 1024
           + coalesce(width_bucket(r.gone - 0.5::float8, %(grid)s::float8[]), 1023) AS cell
    FROM unnest(%(keys)s::bigint[], %(starts)s::timestamptz[], %(stops)s::timestamptz[]) AS d (key, start, stop)
    CROSS JOIN LATERAL (
        SELECT * FROM takedown_tally r
        WHERE r.agency_id = %(agency_id)s AND r.clock_started_at >= d.start AND r.clock_started_at < d.stop AND r.way IS NOT NULL
          AND (%(platform_id)s::bigint IS NULL OR r.platform_id = %(platform_id)s)
          AND (%(policy_ids)s::bigint[] IS NULL OR r.policy_id = ANY(%(policy_ids)s))
        OFFSET 0  -- keeps the planner to one index scan a day
    ) AS r
    GROUP BY d.key, r.platform_id, r.policy_id, cell
) AS grouped
GROUP BY 1, 2, 3
