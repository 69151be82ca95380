-- name: stored_histograms
-- question: What do the histograms of these days and months hold?
-- grain: one row per span, platform and policy; in no order
-- parameters: agency_id; spans (ids); platform_id, policy_ids (null: all)
-- index: rolluphistogram_once (span_id, platform_id, policy_id)
SELECT r.span_id AS key, r.platform_id, r.policy_id, r.cells
FROM takedown_rollupspan s JOIN takedown_rolluphistogram r ON r.span_id = s.id
WHERE s.agency_id = %(agency_id)s AND s.id = ANY(%(spans)s)
  AND (%(platform_id)s::bigint IS NULL OR r.platform_id = %(platform_id)s)
  AND (%(policy_ids)s::bigint[] IS NULL OR r.policy_id = ANY(%(policy_ids)s))
