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
-- counted_as: what a person decided, else 'provisional' for what awaits confirmation, else 'unproven' for what is pending past its
-- deadline, else the verdict. cross_border: 'true' or 'false' by Annex I, empty where that does not say.
WITH facts AS (
    SELECT r.platform_id, r.category, r.clock_started_at IS NOT NULL AS started,
           CASE WHEN r.clock_state IN ('voided', 'withdrawn') THEN 'ended'
                WHEN r.clock_started_at IS NULL THEN 'unstarted'
                WHEN r.adjudicated_verdict = 'not_counted' THEN 'dismissed'
                WHEN r.verdict = 'not_counted' AND r.first_gone <= coalesce(r.clock_first_started_at, r.clock_started_at) THEN 'before'
                ELSE '' END AS left_out,
           CASE WHEN r.gone_confirmed THEN 'gone'
                WHEN w.outcome = 'available' THEN 'up'
                WHEN w.outcome = 'available_gated' THEN 'gated'
                WHEN w.outcome = 'geo_blocked' THEN 'withheld'
                ELSE 'unknown' END AS state,
           CASE WHEN r.gone_confirmed THEN r.gone_outcome ELSE '' END AS outcome,
           date_part('epoch', greatest(r.last_up, w.last_up) - r.clock_started_at) AS up,
           date_part('epoch', CASE WHEN r.gone_confirmed THEN r.first_gone ELSE %(now)s END - r.clock_started_at) AS until,
           CASE WHEN r.adjudicated_verdict <> '' THEN r.adjudicated_verdict
                WHEN r.provisional THEN 'provisional'
                WHEN r.verdict = 'pending' AND r.due_at <= %(now)s THEN 'unproven'
                ELSE r.verdict END AS counted_as,
           r.back_at IS NOT NULL AS back,
           p.key = %(order_key)s AS is_order,
           coalesce(o.fields ->> 'is_cross_border', '') AS cross_border,
           EXISTS (SELECT 1 FROM takedown_platformanswer a WHERE a.request_id = r.id AND a.kind = 'annex_2') AS done,
           EXISTS (SELECT 1 FROM takedown_platformanswer a WHERE a.request_id = r.id AND a.kind = 'annex_3') AS impossible
    FROM takedown_takedownrequest r
    JOIN takedown_deadlinepolicy p ON p.id = r.policy_id
    LEFT JOIN takedown_removalorder o ON o.request_id = r.id
    LEFT JOIN takedown_watch w ON w.item_id = r.item_id AND r.first_gone IS NULL
                              AND r.status IN ('needs_operator', 'refused', 'sent', 'to_approve', 'to_send')
    WHERE r.agency_id = %(agency_id)s
      AND (r.clock_started_at >= %(since)s AND r.clock_started_at < %(until)s
           OR r.clock_started_at IS NULL
              AND (SELECT min(c.at) FROM takedown_clockevent c WHERE c.request_id = r.id AND c.kind = 'sent') >= %(since)s
              AND (SELECT min(c.at) FROM takedown_clockevent c WHERE c.request_id = r.id AND c.kind = 'sent') < %(until)s)
      AND (%(platform_id)s::bigint IS NULL OR r.platform_id = %(platform_id)s)
      AND (%(policy_ids)s::bigint[] IS NULL OR r.policy_id = ANY(%(policy_ids)s))
),
placed AS (
    SELECT platform_id, category, started, left_out,
           CASE WHEN left_out = '' THEN state ELSE '' END AS state,
           CASE WHEN left_out = '' THEN outcome ELSE '' END AS outcome,
           CASE WHEN left_out = '' THEN width_bucket(greatest(coalesce(up, 0), 0), %(edges)s::float8[]) ELSE 0 END AS first,
           CASE WHEN left_out = '' THEN cardinality(%(edges)s::float8[]) - width_bucket(-until, %(mirrored)s::float8[]) ELSE 0 END AS last,
           counted_as, back, is_order, cross_border, done, impossible
    FROM facts
)
SELECT p.slug, p.name, g.category, g.started, g.left_out, g.state, g.outcome, g.first, g.last, g.counted_as, g.back, g.is_order,
       g.cross_border, g.done, g.impossible, g.n
FROM (SELECT placed.*, count(*)::int AS n FROM placed GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14) AS g
JOIN platforms_platform p ON p.id = g.platform_id
