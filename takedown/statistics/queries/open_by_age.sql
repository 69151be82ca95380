-- name: open_by_age
-- question: How long have the requests been open that are open now, and how many of them are late?
-- grain: one row per age band, youngest first, empty bands too; age counts from the opening of the request
-- parameters: agency_id, now (an instant); platform_id, policy_ids (null: all)
-- index: request_queue (agency_id, due_at, id) where the status is open
--
-- Overdue as in takedown.models.request.overdue: past due and breached, unproven or not judged since, and nobody decided otherwise. The
-- period does not matter here.
WITH bands (place, seconds_from, seconds_to) AS (
    VALUES (1, 0, 3600), (2, 3600, 86400), (3, 86400, 259200), (4, 259200, 604800), (5, 604800, 2592000), (6, 2592000, NULL)
),
raw AS (
    SELECT width_bucket(date_part('epoch', %(now)s - r.opened_at), ARRAY[3600, 86400, 259200, 604800, 2592000]::float8[]) + 1 AS place,
           count(*) AS n,
           count(*) FILTER (WHERE r.due_at <= %(now)s AND r.verdict IN ('breached', 'unproven', 'pending')
                                  AND r.adjudicated_verdict = '') AS overdue,
           count(*) FILTER (WHERE r.due_at > %(now)s AND r.due_at <= %(now)s + interval '1 hour' AND r.first_gone IS NULL) AS due_soon
    FROM takedown_takedownrequest r
    WHERE r.agency_id = %(agency_id)s
      AND r.status IN ('needs_operator', 'refused', 'sent', 'to_approve', 'to_send')
      AND (%(platform_id)s::bigint IS NULL OR r.platform_id = %(platform_id)s)
      AND (%(policy_ids)s::bigint[] IS NULL OR r.policy_id = ANY(%(policy_ids)s))
    GROUP BY 1
)
SELECT b.seconds_from, b.seconds_to,
       coalesce(raw.n, 0)::int AS requests, coalesce(raw.overdue, 0)::int AS overdue, coalesce(raw.due_soon, 0)::int AS due_soon
FROM bands b LEFT JOIN raw USING (place)
ORDER BY b.place
