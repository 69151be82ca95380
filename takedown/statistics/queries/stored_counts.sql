-- name: stored_counts
-- question: Week by week, what do the requests of these days count as?
-- grain: one row per week (the ordinal of its Monday, 1 January of year 1 being 1) and platform; in no order
-- parameters: agency_id; spans (ids of days that have been added up); platform_id, policy_ids (null: all)
-- index: rollupcount_once (span_id, platform_id, policy_id)
SELECT sum(requests)::int AS requests, sum(met)::int AS met, sum(indeterminate)::int AS indeterminate, sum(breached)::int AS breached,
       sum(pending)::int AS pending, sum(unproven)::int AS unproven, sum(suspended)::int AS suspended,
       sum(not_counted)::int AS not_counted, sum(provisional)::int AS provisional, sum(returned)::int AS returned,
       sum(standing)::int AS standing, sum(timed)::int AS timed,
       min(shortest_period) AS shortest_period, max(longest_period) AS longest_period,
       date_trunc('week', s.first)::date - '0001-01-01'::date + 1 AS key, r.platform_id
FROM takedown_rollupspan s JOIN takedown_rollupcount r ON r.span_id = s.id
WHERE s.agency_id = %(agency_id)s AND s.id = ANY(%(spans)s)
  AND (%(platform_id)s::bigint IS NULL OR r.platform_id = %(platform_id)s)
  AND (%(policy_ids)s::bigint[] IS NULL OR r.policy_id = ANY(%(policy_ids)s))
GROUP BY key, r.platform_id
