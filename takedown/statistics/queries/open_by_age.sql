-- name: open_by_age
-- question: How long have the requests been open that are open now, and how many of them are late?
-- grain: one row per age band, youngest first, empty bands too; age counts from the opening of the request
-- parameters: agency_id, now (an instant); spans (ids of days of opening that have been added up), places (the age band of each);
--   starts, stops (arrays: instants between which the days lie that are read one by one); platform_id, policy_ids (null: all)
-- index: request_opened (agency_id, opened_at) where the status is open; rollupopen_once (span_id, platform_id, policy_id);
--   request_pending_due (due_at) where the verdict is pending; request_queue (agency_id, due_at, id) where the status is open
--
-- Overdue as in takedown.models.request.overdue: past due and breached, unproven or not judged since, and nobody decided otherwise. The
-- period does not matter here.
WITH bands (place, seconds_from, seconds_to) AS (
    VALUES (1, 0, 3600), (2, 3600, 86400), (3, 86400, 259200), (4, 259200, 604800), (5, 604800, 2592000), (6, 2592000, NULL)
),
counted (place, requests, overdue, due_soon) AS (
  SELECT place, sum(requests), sum(overdue), sum(due_soon) FROM (
    SELECT d.place, r.requests, r.late AS overdue, 0 AS due_soon
    FROM unnest(%(spans)s::bigint[], %(places)s::int[]) AS d (span_id, place)
    JOIN takedown_rollupspan s ON s.id = d.span_id AND s.agency_id = %(agency_id)s
    JOIN takedown_rollupopen r ON r.span_id = s.id
    WHERE (%(platform_id)s::bigint IS NULL OR r.platform_id = %(platform_id)s)
      AND (%(policy_ids)s::bigint[] IS NULL OR r.policy_id = ANY(%(policy_ids)s))
  UNION ALL
    SELECT width_bucket(date_part('epoch', %(now)s - r.opened_at), ARRAY[3600, 86400, 259200, 604800, 2592000]::float8[]) + 1, 1,
           CASE WHEN r.due_at <= %(now)s AND r.verdict IN ('breached', 'unproven') AND r.adjudicated_verdict = '' THEN 1 ELSE 0 END, 0
    FROM unnest(%(starts)s::timestamptz[], %(stops)s::timestamptz[]) AS d (start, stop)
    CROSS JOIN LATERAL (
        SELECT * FROM takedown_takedownrequest r
        WHERE r.agency_id = %(agency_id)s AND r.opened_at >= d.start AND r.opened_at < d.stop
          AND r.status IN ('needs_operator', 'refused', 'sent', 'to_approve', 'to_send')
          AND (%(platform_id)s::bigint IS NULL OR r.platform_id = %(platform_id)s)
          AND (%(policy_ids)s::bigint[] IS NULL OR r.policy_id = ANY(%(policy_ids)s))
        OFFSET 0  -- keeps the planner to one index scan a day
    ) AS r
  UNION ALL
    SELECT width_bucket(date_part('epoch', %(now)s - r.opened_at), ARRAY[3600, 86400, 259200, 604800, 2592000]::float8[]) + 1, 0, 1, 0
    FROM takedown_takedownrequest r
    WHERE r.agency_id = %(agency_id)s
      AND r.status IN ('needs_operator', 'refused', 'sent', 'to_approve', 'to_send')
      AND r.verdict = 'pending' AND r.due_at <= %(now)s AND r.adjudicated_verdict = ''
      AND (%(platform_id)s::bigint IS NULL OR r.platform_id = %(platform_id)s)
      AND (%(policy_ids)s::bigint[] IS NULL OR r.policy_id = ANY(%(policy_ids)s))
  UNION ALL
    SELECT width_bucket(date_part('epoch', %(now)s - r.opened_at), ARRAY[3600, 86400, 259200, 604800, 2592000]::float8[]) + 1, 0, 0, 1
    FROM takedown_takedownrequest r
    WHERE r.agency_id = %(agency_id)s
      AND r.status IN ('needs_operator', 'refused', 'sent', 'to_approve', 'to_send')
      AND r.due_at > %(now)s AND r.due_at <= %(now)s + interval '1 hour' AND r.first_gone IS NULL
      AND (%(platform_id)s::bigint IS NULL OR r.platform_id = %(platform_id)s)
      AND (%(policy_ids)s::bigint[] IS NULL OR r.policy_id = ANY(%(policy_ids)s))
  ) AS parts GROUP BY place
)
SELECT b.seconds_from, b.seconds_to,
       coalesce(c.requests, 0)::int AS requests, coalesce(c.overdue, 0)::int AS overdue, coalesce(c.due_soon, 0)::int AS due_soon
FROM bands b LEFT JOIN counted c USING (place)
ORDER BY 1
