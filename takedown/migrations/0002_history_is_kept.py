"""The database's own guards: history cannot be changed, policies cannot be edited, numbers start at TD-1001."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION takedown_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER takedown_event_append_only BEFORE UPDATE OR DELETE ON takedown_event
    FOR EACH ROW EXECUTE FUNCTION takedown_refuse_change();
CREATE TRIGGER takedown_clockevent_append_only BEFORE UPDATE OR DELETE ON takedown_clockevent
    FOR EACH ROW EXECUTE FUNCTION takedown_refuse_change();

CREATE FUNCTION takedown_refuse_policy_edit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'valid_to' <> to_jsonb(OLD) - 'valid_to' OR OLD.valid_to IS NOT NULL THEN
        RAISE EXCEPTION 'a policy version is never edited, only superseded' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER takedown_deadlinepolicy_immutable BEFORE UPDATE ON takedown_deadlinepolicy
    FOR EACH ROW EXECUTE FUNCTION takedown_refuse_policy_edit();

ALTER TABLE takedown_takedownrequest ALTER COLUMN id RESTART WITH 1001;
-- Narrow rows that are rewritten at every look: leave room so that most rewrites stay on their page.
ALTER TABLE takedown_watch SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
"""

UNDO = """
DROP TRIGGER takedown_deadlinepolicy_immutable ON takedown_deadlinepolicy;
DROP FUNCTION takedown_refuse_policy_edit();
DROP TRIGGER takedown_clockevent_append_only ON takedown_clockevent;
DROP TRIGGER takedown_event_append_only ON takedown_event;
DROP FUNCTION takedown_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = (("takedown", "0001_initial"),)
    operations = (migrations.RunSQL(GUARDS, UNDO),)
