"""Roll-ups, the one rule of what the statistics count, and the marks that changes leave."""

import django.db.models.deletion
from django.db import migrations, models

# One line for each request whose clock has started: how the statistics and the reports count it. They all read this, so that the rule
# stands once.
#
# counted_as: what a person decided goes before what was observed; a verdict that awaits confirmation is provisional and nothing else.
#
# left_out: 'ended' (void or withdrawn), 'dismissed' (a person does not count it), 'before' (the content was gone before the clock
# started), else empty: the removal of its content is followed. Under a policy without a fixed period content that went is judged "not
# counted" too, yet its removal was seen, and it stays in.
#
# up, gone: the bracket (up, gone] in whole seconds after the start of the clock, rounded outwards; `gone` is null unless it is confirmed.
# way: how it went, else 'provisional' (seen gone, not confirmed), 'up' (still watched, and the last look found it up) or 'unknown'; null
# for what is left out. seen: what the last look found, while the request is open and nothing has been seen gone.
TALLY = """
CREATE VIEW takedown_tally AS
SELECT r.id, r.agency_id, r.platform_id, r.policy_id, r.category, r.clock_started_at, r.due_at,
       CASE WHEN r.adjudicated_verdict <> '' THEN r.adjudicated_verdict WHEN r.provisional THEN 'provisional' ELSE r.verdict END AS counted_as,
       r.back_at IS NOT NULL AS returned,
       r.clock_state NOT IN ('voided', 'withdrawn') AS standing,
       date_part('epoch', r.due_at - r.clock_started_at) AS period,
       o.left_out,
       CASE WHEN o.left_out <> '' THEN NULL
            WHEN r.gone_confirmed THEN r.gone_outcome
            WHEN r.first_gone IS NOT NULL THEN 'provisional'
            WHEN w.outcome IN ('available', 'available_gated', 'geo_blocked') THEN 'up'
            ELSE 'unknown' END AS way,
       w.outcome AS seen,
       least(greatest(floor(date_part('epoch', greatest(r.last_up, w.last_up) - r.clock_started_at)), 0), 2e9)::int AS up,
       CASE WHEN r.gone_confirmed THEN least(greatest(ceil(date_part('epoch', r.first_gone - r.clock_started_at)), 1), 2e9)::int END AS gone
FROM takedown_takedownrequest r
LEFT JOIN takedown_watch w ON w.item_id = r.item_id AND r.first_gone IS NULL
    AND r.status IN ('needs_operator', 'refused', 'sent', 'to_approve', 'to_send')
CROSS JOIN LATERAL (
    SELECT CASE WHEN r.clock_state IN ('voided', 'withdrawn') THEN 'ended'
                WHEN r.adjudicated_verdict = 'not_counted' THEN 'dismissed'
                WHEN r.verdict = 'not_counted' AND r.first_gone <= coalesce(r.clock_first_started_at, r.clock_started_at) THEN 'before'
                ELSE '' END AS left_out
) AS o
WHERE r.clock_started_at IS NOT NULL;
"""

# Whoever changes what is counted leaves a mark on the day in the same transaction: of before and of after. Marks are only ever added
# here, so that two writers never wait for each other. What lies within an hour of midnight marks both days: days are read by Python's
# time zones, which may be newer or older than those of the database.
MARKS = """
CREATE FUNCTION takedown_days(agency bigint, started timestamptz, opened timestamptz) RETURNS TABLE (agency_id bigint, level text, day date)
LANGUAGE sql STABLE AS $$
    SELECT a.id, k.level, ((k.at + h.off) AT TIME ZONE a.timezone)::date
    FROM takedown_agency a
    CROSS JOIN (VALUES ('day', started), ('opened', opened)) AS k (level, at)
    CROSS JOIN (VALUES (interval '-1 hour'), (interval '1 hour')) AS h (off)
    WHERE a.id = agency AND k.at IS NOT NULL
$$;

CREATE FUNCTION takedown_mark_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO takedown_rollupmark (agency_id, level, day)
    SELECT DISTINCT d.* FROM marked_rows r CROSS JOIN LATERAL takedown_days(r.agency_id, r.clock_started_at, r.opened_at) AS d;
    RETURN NULL;
END $$;
CREATE TRIGGER takedown_request_new_marks AFTER INSERT ON takedown_takedownrequest
    REFERENCING NEW TABLE AS marked_rows FOR EACH STATEMENT EXECUTE FUNCTION takedown_mark_rows();
CREATE TRIGGER takedown_request_deleted_marks AFTER DELETE ON takedown_takedownrequest
    REFERENCING OLD TABLE AS marked_rows FOR EACH STATEMENT EXECUTE FUNCTION takedown_mark_rows();

CREATE FUNCTION takedown_mark_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO takedown_rollupmark (agency_id, level, day)
    SELECT DISTINCT d.*
    FROM old_rows o JOIN new_rows n USING (id)
    CROSS JOIN LATERAL (
        SELECT * FROM takedown_days(o.agency_id, o.clock_started_at, o.opened_at)
        UNION ALL SELECT * FROM takedown_days(n.agency_id, n.clock_started_at, n.opened_at)
    ) AS d
    WHERE (o.agency_id, o.platform_id, o.policy_id, o.item_id, o.status, o.opened_at, o.clock_state, o.clock_started_at,
           o.clock_first_started_at, o.due_at, o.last_up, o.first_gone, o.gone_confirmed, o.gone_outcome, o.back_at, o.verdict,
           o.provisional, o.adjudicated_verdict)
          IS DISTINCT FROM
          (n.agency_id, n.platform_id, n.policy_id, n.item_id, n.status, n.opened_at, n.clock_state, n.clock_started_at,
           n.clock_first_started_at, n.due_at, n.last_up, n.first_gone, n.gone_confirmed, n.gone_outcome, n.back_at, n.verdict,
           n.provisional, n.adjudicated_verdict);
    RETURN NULL;
END $$;
CREATE TRIGGER takedown_request_changed_marks AFTER UPDATE ON takedown_takedownrequest
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION takedown_mark_changed();

-- "Up at the last look" is said of open requests: when looks go blind, or see again, their days change.
CREATE FUNCTION takedown_mark_seen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO takedown_rollupmark (agency_id, level, day)
    SELECT DISTINCT d.* FROM takedown_takedownrequest r CROSS JOIN LATERAL takedown_days(r.agency_id, r.clock_started_at, NULL) AS d
    WHERE r.item_id = NEW.item_id AND r.status IN ('needs_operator', 'refused', 'sent', 'to_approve', 'to_send') AND r.first_gone IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER takedown_watch_seen_marks AFTER UPDATE OF outcome ON takedown_watch FOR EACH ROW
    WHEN ((OLD.outcome IN ('available', 'available_gated', 'geo_blocked')) <> (NEW.outcome IN ('available', 'available_gated', 'geo_blocked')))
    EXECUTE FUNCTION takedown_mark_seen();

CREATE FUNCTION takedown_mark_all(only_agency bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO takedown_rollupmark (agency_id, level, day)
    SELECT DISTINCT d.*
    FROM (
        SELECT DISTINCT agency_id, date_bin('15 minutes', clock_started_at, 'epoch') AS started, NULL::timestamptz AS opened
        FROM takedown_takedownrequest
        UNION ALL SELECT DISTINCT agency_id, NULL::timestamptz, date_bin('15 minutes', opened_at, 'epoch') FROM takedown_takedownrequest
    ) AS r
    CROSS JOIN LATERAL takedown_days(r.agency_id, r.started, r.opened) AS d
    WHERE only_agency IS NULL OR r.agency_id = only_agency
$$;

-- Days begin elsewhere in another zone: all that was added up goes, and every day is read anew. Nobody adds up or writes meanwhile: a
-- run would put days of the old zone back, and a writer would mark by it.
CREATE FUNCTION takedown_mark_zone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1919904876);
    LOCK TABLE takedown_takedownrequest IN SHARE MODE;
    DELETE FROM takedown_rollupcount WHERE span_id IN (SELECT id FROM takedown_rollupspan WHERE agency_id = NEW.id);
    DELETE FROM takedown_rolluphistogram WHERE span_id IN (SELECT id FROM takedown_rollupspan WHERE agency_id = NEW.id);
    DELETE FROM takedown_rollupopen WHERE span_id IN (SELECT id FROM takedown_rollupspan WHERE agency_id = NEW.id);
    DELETE FROM takedown_rollupspan WHERE agency_id = NEW.id;
    DELETE FROM takedown_rollupmark WHERE agency_id = NEW.id;
    PERFORM takedown_mark_all(NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER takedown_agency_zone_marks AFTER UPDATE OF timezone ON takedown_agency
    FOR EACH ROW WHEN (OLD.timezone <> NEW.timezone) EXECUTE FUNCTION takedown_mark_zone();

-- A zone that the database does not know would refuse every request of its agency.
ALTER TABLE takedown_agency ADD CONSTRAINT agency_timezone_known CHECK ((timestamptz '2000-01-01' AT TIME ZONE timezone) IS NOT NULL);

-- Dashboards read a few thousand of these: to unpack them costs more than the quarter that packing saves.
ALTER TABLE takedown_rolluphistogram ALTER cells SET STORAGE EXTERNAL;

SELECT takedown_mark_all(NULL);
"""

UNDO = """
ALTER TABLE takedown_agency DROP CONSTRAINT agency_timezone_known;
DROP TRIGGER takedown_watch_seen_marks ON takedown_watch;
DROP TRIGGER takedown_agency_zone_marks ON takedown_agency;
DROP TRIGGER takedown_request_deleted_marks ON takedown_takedownrequest;
DROP TRIGGER takedown_request_changed_marks ON takedown_takedownrequest;
DROP TRIGGER takedown_request_new_marks ON takedown_takedownrequest;
DROP FUNCTION takedown_mark_zone();
DROP FUNCTION takedown_mark_changed();
DROP FUNCTION takedown_mark_rows();
DROP FUNCTION takedown_mark_seen();
DROP FUNCTION takedown_mark_all(bigint);
DROP FUNCTION takedown_days(bigint, timestamptz, timestamptz);
DROP VIEW takedown_tally;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("platforms", "0001_initial"),
        ("takedown", "0002_history_is_kept"),
    ]

    operations = [
        migrations.CreateModel(
            name="RollupRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                ("spans", models.PositiveIntegerField(default=0)),
            ],
            options={
                "indexes": [models.Index(fields=["-started_at"], name="rolluprun_newest")],
            },
        ),
        migrations.CreateModel(
            name="RollupSpan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("day", "Requests whose clock started on a day"),
                            ("month", "Histograms of a month's days"),
                            ("opened", "Open requests by the day of opening"),
                        ],
                        max_length=6,
                    ),
                ),
                ("first", models.DateField(help_text="Its first day, in the agency's zone.")),
                (
                    "watched",
                    models.PositiveIntegerField(
                        default=0, help_text="Requests of a day that looks may still tell about without changing them."
                    ),
                ),
                ("done_at", models.DateTimeField()),
                (
                    "agency",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="takedown.agency"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RollupOpen",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("requests", models.PositiveIntegerField()),
                ("late", models.PositiveIntegerField()),
                (
                    "platform",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="platforms.platform"
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="takedown.deadlinepolicy"
                    ),
                ),
                (
                    "span",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="takedown.rollupspan"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RollupHistogram",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cells", models.BinaryField()),
                (
                    "platform",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="platforms.platform"
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="takedown.deadlinepolicy"
                    ),
                ),
                (
                    "span",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="takedown.rollupspan"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RollupCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("requests", models.PositiveIntegerField()),
                ("met", models.PositiveIntegerField()),
                ("indeterminate", models.PositiveIntegerField()),
                ("breached", models.PositiveIntegerField()),
                ("pending", models.PositiveIntegerField()),
                ("unproven", models.PositiveIntegerField()),
                ("suspended", models.PositiveIntegerField()),
                ("not_counted", models.PositiveIntegerField()),
                ("provisional", models.PositiveIntegerField()),
                ("returned", models.PositiveIntegerField()),
                ("standing", models.PositiveIntegerField(help_text="Neither void nor withdrawn.")),
                ("timed", models.PositiveIntegerField(help_text="Of these, with a deadline.")),
                ("shortest_period", models.FloatField(help_text="Seconds from start to deadline.", null=True)),
                ("longest_period", models.FloatField(null=True)),
                (
                    "platform",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="platforms.platform"
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="takedown.deadlinepolicy"
                    ),
                ),
                (
                    "span",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="takedown.rollupspan"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RollupMark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("day", "Requests whose clock started on a day"),
                            ("month", "Histograms of a month's days"),
                            ("opened", "Open requests by the day of opening"),
                        ],
                        max_length=6,
                    ),
                ),
                ("day", models.DateField(help_text="In the agency's zone.")),
                (
                    "agency",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="takedown.agency"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["agency", "level", "day"], name="rollupmark_by_day")],
            },
        ),
        migrations.AddIndex(
            model_name="rollupspan",
            index=models.Index(condition=models.Q(("watched__gt", 0)), fields=["done_at"], name="rollupspan_watched"),
        ),
        migrations.AddConstraint(
            model_name="rollupspan",
            constraint=models.UniqueConstraint(fields=("agency", "level", "first"), name="rollupspan_once"),
        ),
        migrations.AddConstraint(
            model_name="rollupopen",
            constraint=models.UniqueConstraint(fields=("span", "platform", "policy"), name="rollupopen_once"),
        ),
        migrations.AddConstraint(
            model_name="rolluphistogram",
            constraint=models.UniqueConstraint(fields=("span", "platform", "policy"), name="rolluphistogram_once"),
        ),
        migrations.AddConstraint(
            model_name="rollupcount",
            constraint=models.UniqueConstraint(fields=("span", "platform", "policy"), name="rollupcount_once"),
        ),
        migrations.AddIndex(
            model_name="takedownrequest",
            index=models.Index(
                fields=["agency", "due_at", "id"], name="request_for_person", condition=models.Q(("status", "needs_operator"))
            ),
        ),
        migrations.AddIndex(
            model_name="takedownrequest",
            index=models.Index(
                fields=["agency", "platform", "due_at", "id"],
                name="request_missed",
                condition=models.Q(("verdict", "breached"), ("adjudicated_verdict", "breached"), _connector="OR"),
            ),
        ),
        migrations.RunSQL(TALLY + MARKS, UNDO),
    ]
