-- name: compliance
-- question: Of the requests whose clock started in the period, how did each platform do against its deadlines?
-- grain: one row per platform with at least one such request, by name
-- parameters: agency_id, since, until, now (instants); platform_id, policy_ids (null: all)
-- index: request_period (agency_id, clock_started_at)
--
-- What a person decided goes before what was observed. A request that is stored as pending although its deadline has passed is unproven:
-- the sweep has not come by yet. Rows are counted first, by the raw columns, and named afterwards: the rule runs once per group.
WITH raw AS (
    SELECT r.platform_id, r.verdict, r.adjudicated_verdict, r.provisional, r.due_at <= %(now)s AS passed,
           count(*) AS n, count(r.back_at) AS returned,
           min(r.due_at - r.clock_started_at) AS shortest, max(r.due_at - r.clock_started_at) AS longest
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
)
SELECT p.id AS platform_id, p.slug, p.name,
       sum(n)::int AS requests,
       coalesce(sum(n) FILTER (WHERE judged = 'met' AND NOT unconfirmed), 0)::int AS met,
       coalesce(sum(n) FILTER (WHERE judged = 'indeterminate' AND NOT unconfirmed), 0)::int AS indeterminate,
       coalesce(sum(n) FILTER (WHERE judged = 'breached' AND NOT unconfirmed), 0)::int AS breached,
       coalesce(sum(n) FILTER (WHERE judged = 'pending' AND NOT unconfirmed), 0)::int AS pending,
       coalesce(sum(n) FILTER (WHERE judged = 'unproven' AND NOT unconfirmed), 0)::int AS unproven,
       coalesce(sum(n) FILTER (WHERE judged = 'suspended' AND NOT unconfirmed), 0)::int AS suspended,
       coalesce(sum(n) FILTER (WHERE judged = 'not_counted' AND NOT unconfirmed), 0)::int AS not_counted,
       coalesce(sum(n) FILTER (WHERE unconfirmed), 0)::int AS provisional,
       sum(returned)::int AS returned,
       date_part('epoch', min(shortest)) AS shortest_period,
       date_part('epoch', max(longest)) AS longest_period
FROM named JOIN platforms_platform p ON p.id = named.platform_id
GROUP BY p.id
ORDER BY p.name, p.id
