-- One agency with %(requests)s requests over the last year, their items, watches and reports. Run once, in an empty database.
-- Removal times are exponential with a median per platform; looks bracket them to a tenth, most deadlines were looked at to the second.
CREATE UNLOGGED TABLE bench_facts AS
WITH platform AS (
    SELECT id, row_number() OVER (ORDER BY id) AS place FROM platforms_platform
),
drawn AS (
    SELECT g, %(now)s::timestamptz - (%(requests)s - g + random()) / %(requests)s * interval '365 days' AS start,
           1 + floor(12 * random() * random())::int AS place,
           random() AS policy_draw, random() AS never, random() AS odd, -ln(1 - random()) AS draw, random() AS before, random() AS after
    FROM generate_series(1, %(requests)s) AS g
),
timed AS (
    SELECT d.g, d.start, p.id AS platform_id, d.odd, d.before, d.after,
           CASE WHEN policy_draw < 0.6 THEN 1 WHEN policy_draw < 0.9 THEN 2 ELSE 3 END AS policy_place,
           CASE WHEN policy_draw < 0.6 THEN interval '1 hour' WHEN policy_draw < 0.9 THEN interval '24 hours' END AS period,
           CASE WHEN never > 0.12 THEN draw * d.place * interval '50 minutes' END AS removal
    FROM drawn d JOIN platform p USING (place)
),
seen AS (
    SELECT *, start + period AS due_at,
           CASE WHEN start + removal * (1 + 0.1 * after) + interval '1 second' < %(now)s
                THEN CASE WHEN odd < 0.9 AND removal <= period AND removal * (1 + 0.1 * after) > period THEN start + period
                     ELSE start + removal * (1 + 0.1 * after) + interval '1 second' END END AS first_gone,
           start + coalesce(removal * (1 - 0.1 * before), (%(now)s - start) * (0.9 + 0.1 * before)) AS up
    FROM timed
)
SELECT g, start, platform_id, policy_place, odd, due_at, first_gone,
       CASE WHEN odd < 0.9 AND first_gone > due_at AND up < due_at THEN due_at ELSE least(up, %(now)s - interval '1 minute' * before) END AS last_up
FROM seen;

INSERT INTO takedown_flaggeditem (id, agency_id, identity, platform_id, kind, external_id, canonical_url, created_at)
SELECT g, a.id, md5(g::text)::uuid, platform_id, 'post', g::text, 'https://host' || g %% 997 || '.example/posts/' || g, start - interval '3 minutes'
FROM bench_facts, takedown_agency a WHERE a.slug = 'bench';

INSERT INTO takedown_takedownrequest (
    id, agency_id, item_id, platform_id, policy_id, category, severity, language, explanation, status, status_reason, opened_at, closed_at, channel,
    attempts, clock_state, clock_started_at, clock_first_started_at, due_at, last_up, first_gone, gone_confirmed, gone_outcome,
    verdict, provisional, verdict_reason, claim_open, adjudicated_verdict, adjudicated_reason)
SELECT 1000 + g, a.id, g, platform_id, p.id, (ARRAY['a_incite', 'd_instruct', 'hate_speech'])[1 + g %% 3], (ARRAY['low', 'medium', 'high'])[1 + g %% 3],
       'en', 'Glorifies an attack and calls for more of them; the account belongs to a banned organisation.',
       CASE WHEN odd < 0.01 THEN 'withdrawn' WHEN gone AND NOT fresh THEN 'closed' ELSE 'sent' END, '', start - interval '2 minutes',
       CASE WHEN odd < 0.01 OR (gone AND NOT fresh) THEN coalesce(first_gone, start) + interval '1 hour' END, 'manual',
       1, CASE WHEN odd < 0.01 THEN 'withdrawn' ELSE 'running' END, start, start, CASE WHEN odd >= 0.01 THEN due_at END, last_up, first_gone,
       gone AND NOT fresh, CASE WHEN gone THEN 'removed_by_platform' ELSE '' END,
       CASE WHEN odd < 0.01 THEN 'not_counted'
            WHEN due_at IS NULL THEN CASE WHEN gone AND NOT fresh THEN 'not_counted' ELSE 'pending' END
            WHEN first_gone <= due_at THEN 'met'
            WHEN last_up >= due_at THEN 'breached'
            WHEN gone THEN 'indeterminate'
            WHEN due_at > %(now)s THEN 'pending'
            ELSE 'unproven' END,
       odd >= 0.01 AND fresh AND gone AND due_at IS NOT NULL AND (first_gone <= due_at OR last_up < due_at), 'As it was seen.', false, '', ''
FROM (SELECT *, first_gone IS NOT NULL AS gone, coalesce(first_gone > %(now)s - interval '1 hour', false) AS fresh FROM bench_facts) f
CROSS JOIN takedown_agency a JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM takedown_deadlinepolicy WHERE key LIKE 'bench%%') p
     ON p.place = f.policy_place
WHERE a.slug = 'bench';

INSERT INTO takedown_watch (
    item_id, platform_id, agency_id, since, next_look_at, is_anchor, fence, episode, last_up, first_gone, gone_count, attributed_count, gone_outcome, confirmed_at,
    outcome, reason, run_count)
SELECT item_id, platform_id, agency_id, opened_at, CASE WHEN closed_at IS NULL THEN %(now)s + random() * interval '1 hour' END, false, 1, 1, last_up, first_gone,
       CASE WHEN first_gone IS NULL THEN 0 ELSE 3 END, 0, gone_outcome, CASE WHEN gone_confirmed THEN first_gone END,
       CASE WHEN first_gone IS NULL THEN 'available' ELSE 'removed_by_platform' END, 'http_200', 3
FROM takedown_takedownrequest;

INSERT INTO takedown_report (
    agency_id, url, item_id, request_id, outcome, category, severity, language, note, client_reference, fingerprint, idempotency_key, call_fingerprint, place,
    submitted_at)
SELECT agency_id, 'https://host.example/posts/' || item_id, item_id, id, 'created', category, severity, 'en', '', 'ref-' || id, '', '', '', 0, opened_at
FROM takedown_takedownrequest;

INSERT INTO platforms_lookminute (platform_id, for_agency, minute, looks, indeterminate, had_been_up, disappeared, anchors, late_anchors, latest_anchor_ms)
SELECT p.id, a.id, date_bin('15 minutes', %(now)s, 'epoch') - n * interval '1 minute', 100, 3, 90, 1, 5, 0, 400
FROM platforms_platform p, (SELECT min(id) AS id FROM takedown_agency) a, generate_series(0, 7 * 1440) AS n WHERE n < 1440 OR n %% 15 = 0;

DROP TABLE bench_facts;
