-- name: ahead
-- question: How many open requests fall due in each slice of the time ahead, and what did the last look at each find?
-- grain: one row per slice, counted from 0, and state with at least one request; in no order
-- parameters: agency_id; now, until (instants); seconds (length of a slice, its end inside)
-- index: request_queue (agency_id, due_at, id) where the status is open; takedown_watch's key
--
-- Confirmed removals and what a person has decided are left out: their deadlines cannot be missed any more, or already are. The states are
-- those of takedown.statistics.ahead.state_of.
SELECT ceil(date_part('epoch', r.due_at - %(now)s::timestamptz) / %(seconds)s)::int - 1 AS slice,
       CASE WHEN coalesce(w.outcome, '') = '' THEN 'never'
            WHEN w.outcome IN ('available', 'available_gated', 'geo_blocked') THEN 'up'
            WHEN w.outcome = ANY(%(gone)s) THEN 'gone'
            ELSE 'untold' END AS state,
       count(*)::int AS n
FROM (
    SELECT r.item_id, r.due_at
    FROM takedown_takedownrequest r
    WHERE r.agency_id = %(agency_id)s
      AND r.status IN ('needs_operator', 'refused', 'sent', 'to_approve', 'to_send')
      AND r.due_at > %(now)s AND r.due_at <= %(until)s
      AND NOT r.gone_confirmed AND r.adjudicated_verdict = ''
) AS r LEFT JOIN takedown_watch w ON w.item_id = r.item_id
GROUP BY 1, 2
