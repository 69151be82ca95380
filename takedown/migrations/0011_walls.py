"""Walls between agencies, below the code: numbers of their own, row security for whoever answers them, and history that stays.

The role that screens and clients are answered in is made here, without a log-in of its own. Who migrates needs CREATEROLE for that once;
where that is not given, an administrator of the database runs the two statements that the error names.
"""

import uuid

from django.conf import settings
from django.db import migrations, models
from django.db.models import PROTECT

NUMBERS = """
-- With the rights of whoever migrates: an operator who adds an agency may not create sequences.
CREATE FUNCTION takedown_start_numbers(agency bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    EXECUTE format('CREATE SEQUENCE IF NOT EXISTS takedown_requests_of_%s START 1001', agency);
    EXECUTE format('CREATE SEQUENCE IF NOT EXISTS takedown_rows_of_%s START 1001', agency);
END $$;
CREATE FUNCTION takedown_new_agency() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM takedown_start_numbers(NEW.id);
    RETURN NEW;
END $$;
CREATE TRIGGER takedown_agency_numbers AFTER INSERT ON takedown_agency FOR EACH ROW EXECUTE FUNCTION takedown_new_agency();
SELECT takedown_start_numbers(id) FROM takedown_agency;

CREATE FUNCTION takedown_draw_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id IS NULL THEN
        NEW.id := (NEW.agency_id << 32) + nextval(format('takedown_%s_of_%s', TG_ARGV[0], NEW.agency_id)::regclass);
    END IF;
    RETURN NEW;
END $$;
ALTER TABLE takedown_takedownrequest ALTER COLUMN id DROP IDENTITY;
CREATE TRIGGER takedown_request_number BEFORE INSERT ON takedown_takedownrequest
    FOR EACH ROW EXECUTE FUNCTION takedown_draw_number('requests');
"""
NUMBERED = ("flaggeditem", "report", "alert", "duty", "clockevent", "approval", "platformanswer")
"""Whose keys stand in addresses, answers of the API or forms."""

HISTORY = """
-- Requests are never deleted any more: nothing marks the days that one would have left.
DROP TRIGGER takedown_request_deleted_marks ON takedown_takedownrequest;
CREATE FUNCTION takedown_refuse_other_report() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'item_id' - 'request_id' <> to_jsonb(OLD) - 'item_id' - 'request_id' THEN
        RAISE EXCEPTION 'report % stays as it came; only what it turned out to be about may change', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER takedown_report_stays_as_it_came BEFORE UPDATE ON takedown_report
    FOR EACH ROW EXECUTE FUNCTION takedown_refuse_other_report();
"""
KEPT = ("report", "observation", "submission", "takedownrequest", "flaggeditem", "removalorder")
"""Never deleted."""
APPEND_ONLY = ("event", "clockevent", "approval", "platformanswer", "change", "signinevent")
"""Neither changed nor deleted: row by row that is refused already."""

ROLE = """
DO $$
BEGIN
    CREATE ROLE takedown_desk NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'this user may not create roles'
            USING HINT = 'Have an administrator run: CREATE ROLE takedown_desk NOLOGIN; GRANT takedown_desk TO ' || quote_ident(current_user);
END $$;
DO $$
BEGIN
    IF NOT pg_has_role(current_user, 'takedown_desk', 'SET') THEN
        EXECUTE format('GRANT takedown_desk TO %I', current_user);
    END IF;
EXCEPTION WHEN undefined_function OR invalid_parameter_value THEN
    EXECUTE format('GRANT takedown_desk TO %I', current_user);
END $$;
GRANT USAGE ON SCHEMA public TO takedown_desk;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO takedown_desk;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO takedown_desk;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO takedown_desk;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO takedown_desk;
ALTER VIEW takedown_tally SET (security_invoker = true);
"""
OWNED = (
    *("takedownrequest", "flaggeditem", "report", "watch", "observation", "submission", "event", "clockevent", "duty", "approval", "alert"),
    *("removalorder", "platformanswer", "answerlink", "client", "rollupspan", "rollupmark"),
)
"""Tables with an agency of their own."""
SHARED = ("deadlinepolicy", "policychoice")
"""Those of which some belong to all."""
BY_SPAN = ("rollupcount", "rolluphistogram", "rollupopen")
MINE = "nullif(current_setting('takedown.agency', true), '')::bigint"

PLATFORMS = f"""
ALTER TABLE platforms_pause ENABLE ROW LEVEL SECURITY;
CREATE POLICY takedown_own ON platforms_pause TO takedown_desk
    USING (for_agency IS NOT DISTINCT FROM {MINE}) WITH CHECK (for_agency IS NOT DISTINCT FROM {MINE});
CREATE POLICY takedown_of_all ON platforms_pause FOR SELECT TO takedown_desk USING (for_agency IS NULL);
ALTER TABLE platforms_holdrelease ENABLE ROW LEVEL SECURITY;
CREATE POLICY takedown_own ON platforms_holdrelease TO takedown_desk USING (for_agency = {MINE}) WITH CHECK (for_agency = {MINE});
ALTER TABLE platforms_lookminute ENABLE ROW LEVEL SECURITY;
CREATE POLICY takedown_own ON platforms_lookminute FOR SELECT TO takedown_desk USING ({MINE} IS NULL OR for_agency = {MINE});
"""
"""Pauses and releases of one agency, and how often it looked. Operators see how often everybody did."""


def _policy(table: str, rule: str) -> str:
    return (
        f"ALTER TABLE takedown_{table} ENABLE ROW LEVEL SECURITY;"
        f"CREATE POLICY takedown_own ON takedown_{table} TO takedown_desk USING ({rule}) WITH CHECK ({rule});"
    )


def _statements() -> str:
    parts = [NUMBERS]
    parts += [
        f"ALTER TABLE takedown_{table} ALTER COLUMN id DROP IDENTITY;"
        f"CREATE TRIGGER takedown_{table}_number BEFORE INSERT ON takedown_{table}"
        " FOR EACH ROW EXECUTE FUNCTION takedown_draw_number('rows');"
        for table in NUMBERED
    ]
    parts.append(HISTORY)
    parts += [
        f"CREATE TRIGGER takedown_{table}_kept BEFORE DELETE ON takedown_{table} FOR EACH ROW EXECUTE FUNCTION takedown_refuse_change();"
        for table in KEPT
    ]
    parts += [
        f"CREATE TRIGGER takedown_{table}_not_emptied BEFORE TRUNCATE ON takedown_{table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION takedown_refuse_change();"
        for table in (*KEPT, *APPEND_ONLY)
    ]
    parts.append(ROLE)
    parts += [f"REVOKE UPDATE, DELETE ON takedown_{table} FROM takedown_desk;" for table in APPEND_ONLY]
    parts.append("GRANT UPDATE (mail_due_at) ON takedown_signinevent TO takedown_desk;")
    parts += [f"REVOKE DELETE ON takedown_{table} FROM takedown_desk;" for table in KEPT]
    parts += [_policy(table, f"agency_id = {MINE}") for table in OWNED]
    parts += [_policy(table, f"agency_id IS NULL OR agency_id = {MINE}") for table in SHARED]
    parts += [_policy(table, "span_id IN (SELECT id FROM takedown_rollupspan)") for table in BY_SPAN]
    # Operators, who belong to no agency, set agencies up; of what agencies do they see nothing.
    parts.append(_policy("agency", f"{MINE} IS NULL OR id = {MINE}"))
    parts.append(_policy("change", f"{MINE} IS NULL OR agency_id IS NULL OR agency_id = {MINE}"))
    parts.append(PLATFORMS)
    parts.append(_policy("apikey", "client_id IN (SELECT id FROM takedown_client)"))
    parts.append(_policy("keepsake", "item_id IN (SELECT id FROM takedown_flaggeditem)"))
    return "\n".join(parts)


class Migration(migrations.Migration):
    dependencies = (("takedown", "0010_client_references"), ("platforms", "0002_for_agency"))
    operations = (
        migrations.CreateModel(
            name="AnswerLink",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("issued_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                ("agency", models.ForeignKey(on_delete=PROTECT, related_name="+", to="takedown.agency")),
                ("request", models.ForeignKey(on_delete=PROTECT, related_name="answer_links", to="takedown.takedownrequest")),
                ("issued_by", models.ForeignKey(on_delete=PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("revoked_by", models.ForeignKey(null=True, on_delete=PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={"ordering": ("issued_at", "id")},
        ),
        # A key is revoked, never deleted: a report stays as it came, with how it came.
        migrations.AlterField(
            model_name="report",
            name="submitted_with",
            field=models.ForeignKey(blank=True, null=True, on_delete=PROTECT, related_name="reports", to="takedown.apikey"),
        ),
        migrations.RunSQL(_statements()),
    )
