-- name: weeks
-- question: Week by week, how were the requests judged whose clock started then?
-- grain: one row per ISO week (Monday to Sunday in the agency's zone) of the period, empty ones too; without `since` from the first with data
-- parameters: agency_id, since, until, now (instants); timezone (IANA name); platform_id, policy_ids (null: all)
-- index: request_period (agency_id, clock_started_at)
--
-- Named by the same rule as in compliance.sql.
WITH raw AS (
    SELECT date_trunc('week', r.clock_started_at AT TIME ZONE %(timezone)s) AS week,
           r.verdict, r.adjudicated_verdict, r.provisional, r.due_at <= %(now)s AS passed, count(*) AS n
    FROM takedown_takedownrequest r
    WHERE r.agency_id = %(agency_id)s
      AND r.clock_started_at >= coalesce(%(since)s::timestamptz, '-infinity') AND r.clock_started_at < %(until)s
      AND (%(platform_id)s::bigint IS NULL OR r.platform_id = %(platform_id)s)
      AND (%(policy_ids)s::bigint[] IS NULL OR r.policy_id = ANY(%(policy_ids)s))
    GROUP BY 1, 2, 3, 4, 5
),
named AS (
    SELECT *, provisional AND adjudicated_verdict = '' AS unconfirmed,
           CASE WHEN adjudicated_verdict <> '' THEN adjudicated_verdict
                WHEN verdict = 'pending' AND passed THEN 'unproven'
                ELSE verdict END AS judged
    FROM raw
),
weeks AS (
    SELECT week
    FROM generate_series(
        coalesce(date_trunc('week', %(since)s::timestamptz AT TIME ZONE %(timezone)s), (SELECT min(week) FROM raw)),
        date_trunc('week', (%(until)s::timestamptz - interval '1 microsecond') AT TIME ZONE %(timezone)s),
        interval '1 week'
    ) AS week
)
SELECT w.week::date AS week,
       coalesce(sum(n), 0)::int AS requests,
       coalesce(sum(n) FILTER (WHERE judged = 'met' AND NOT unconfirmed), 0)::int AS met,
       coalesce(sum(n) FILTER (WHERE judged = 'indeterminate' AND NOT unconfirmed), 0)::int AS indeterminate,
       coalesce(sum(n) FILTER (WHERE judged = 'breached' AND NOT unconfirmed), 0)::int AS breached,
       coalesce(sum(n) FILTER (WHERE judged = 'pending' AND NOT unconfirmed), 0)::int AS pending,
       coalesce(sum(n) FILTER (WHERE judged = 'unproven' AND NOT unconfirmed), 0)::int AS unproven,
       coalesce(sum(n) FILTER (WHERE judged = 'suspended' AND NOT unconfirmed), 0)::int AS suspended,
       coalesce(sum(n) FILTER (WHERE judged = 'not_counted' AND NOT unconfirmed), 0)::int AS not_counted,
       coalesce(sum(n) FILTER (WHERE unconfirmed), 0)::int AS provisional
FROM weeks w LEFT JOIN named USING (week)
GROUP BY w.week
ORDER BY w.week
