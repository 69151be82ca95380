-- name: report_requests
-- question: What became of each request of a period, as far as anybody knows?
-- grain: one row per platform, category and combination of the facts below; n requests share it; in no order
-- parameters: agency_id, since, until, now (instants); edges (ascending seconds: the ends of the bands), mirrored (their negatives,
--   ascending); order_key (policies of removal orders); platform_id, policy_ids (null: all)
-- index: request_period (agency_id, clock_started_at), for its nulls too; takedown_watch's key for requests that are still open
--
-- Of the period are requests whose clock started in it (`started`), and those that were sent in it and whose clock has not started.
--
-- left_out: 'ended' (void or withdrawn), 'unstarted' (sent, the clock has not started), 'dismissed' (a person does not count it), 'before'
-- (gone before the clock started), else empty: followed. Only of these is there more to say: state is 'gone' (confirmed), 'up', 'gated' or
-- 'withheld' (not seen gone, still watched, and the look that tells last found it up so), else 'unknown'; it went, if it did, in one of the
-- bands `first` to `last`, counted from 0: band i ends with edge i, itself inside. `first` beyond `last` means none.
--
-- counted_as: that of takedown_tally, "unproven" for what is pending past its deadline, empty where the clock has not started.
WITH facts AS (
    SELECT r.id, r.platform_id, r.policy_id, r.category, true AS started, r.left_out,
           CASE WHEN r.gone IS NOT NULL THEN 'gone'
                WHEN r.seen = 'available' THEN 'up'
                WHEN r.seen = 'available_gated' THEN 'gated'
                WHEN r.seen = 'geo_blocked' THEN 'withheld'
                ELSE 'unknown' END AS state,
           CASE WHEN r.gone IS NOT NULL THEN r.way END AS outcome,
           r.up::float8 AS up, coalesce(r.gone, date_part('epoch', %(now)s - r.clock_started_at)) AS until,
           CASE WHEN r.counted_as = 'pending' AND r.due_at <= %(now)s THEN 'unproven' ELSE r.counted_as END AS counted_as,
           r.returned AS back
    FROM takedown_tally r
    WHERE r.agency_id = %(agency_id)s AND r.clock_started_at >= %(since)s AND r.clock_started_at < %(until)s
  UNION ALL
    SELECT r.id, r.platform_id, r.policy_id, r.category, false,
           CASE WHEN r.clock_state IN ('voided', 'withdrawn') THEN 'ended' ELSE 'unstarted' END,
           '', '', NULL, NULL, '', r.back_at IS NOT NULL
    FROM takedown_takedownrequest r
    CROSS JOIN LATERAL (SELECT min(c.at) AS at FROM takedown_clockevent c WHERE c.request_id = r.id AND c.kind = 'sent') AS sent
    WHERE r.agency_id = %(agency_id)s AND r.clock_started_at IS NULL AND sent.at >= %(since)s AND sent.at < %(until)s
),
placed AS (
    SELECT f.platform_id, f.category, f.started, f.left_out,
           CASE WHEN f.left_out = '' THEN f.state ELSE '' END AS state,
           CASE WHEN f.left_out = '' THEN coalesce(f.outcome, '') ELSE '' END AS outcome,
           CASE WHEN f.left_out = '' THEN width_bucket(f.up, %(edges)s::float8[]) ELSE 0 END AS first,
           CASE WHEN f.left_out = '' THEN cardinality(%(edges)s::float8[]) - width_bucket(-f.until, %(mirrored)s::float8[]) ELSE 0 END AS last,
           f.counted_as, f.back, p.key = %(order_key)s AS is_order,
           EXISTS (SELECT 1 FROM takedown_platformanswer a WHERE a.request_id = f.id AND a.kind = 'annex_2') AS done,
           EXISTS (SELECT 1 FROM takedown_platformanswer a WHERE a.request_id = f.id AND a.kind = 'annex_3') AS impossible
    FROM facts f JOIN takedown_deadlinepolicy p ON p.id = f.policy_id
    WHERE (%(platform_id)s::bigint IS NULL OR f.platform_id = %(platform_id)s)
      AND (%(policy_ids)s::bigint[] IS NULL OR f.policy_id = ANY(%(policy_ids)s))
)
SELECT p.slug, p.name, g.category, g.started, g.left_out, g.state, g.outcome, g.first, g.last, g.counted_as, g.back, g.is_order,
       g.done, g.impossible, g.n
FROM (SELECT placed.*, count(*)::int AS n FROM placed GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13) AS g
JOIN platforms_platform p ON p.id = g.platform_id
