"""The database's own guards: history cannot be changed, policies cannot be edited, nothing leaves unapproved, numbers start at TD-1001."""

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

CREATE TRIGGER takedown_approval_append_only BEFORE UPDATE OR DELETE ON takedown_approval
    FOR EACH ROW EXECUTE FUNCTION takedown_refuse_change();
CREATE TRIGGER takedown_platformanswer_append_only BEFORE UPDATE OR DELETE ON takedown_platformanswer
    FOR EACH ROW EXECUTE FUNCTION takedown_refuse_change();

-- What a policy with four eyes is about is not on its way, by whatever hand, unless another person than its author has approved it,
-- or somebody has answered for an emergency.
CREATE FUNCTION takedown_refuse_unapproved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status IN ('to_send', 'needs_operator', 'sent')
       AND (SELECT four_eyes FROM takedown_deadlinepolicy WHERE id = NEW.policy_id)
       AND NOT EXISTS (
           SELECT 1 FROM takedown_approval a WHERE a.id = NEW.approval_id AND a.request_id = NEW.id
           AND (a.decision = 'emergency' OR (a.decision = 'approved' AND a.decided_by_id IS DISTINCT FROM NEW.opened_by_id))
       ) THEN
        RAISE EXCEPTION 'a second person has to approve request % before it is sent', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER takedown_request_approved BEFORE INSERT OR UPDATE OF status, approval_id, policy_id, opened_by_id
    ON takedown_takedownrequest FOR EACH ROW EXECUTE FUNCTION takedown_refuse_unapproved();

-- Whatever becomes of policies, a request is judged by the version that it was opened under.
CREATE FUNCTION takedown_refuse_other_policy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.policy_id <> OLD.policy_id THEN
        RAISE EXCEPTION 'request % keeps the policy it was opened under', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER takedown_request_keeps_policy BEFORE UPDATE OF policy_id ON takedown_takedownrequest
    FOR EACH ROW EXECUTE FUNCTION takedown_refuse_other_policy();

CREATE FUNCTION takedown_refuse_other_payload() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM takedown_takedownrequest r JOIN takedown_deadlinepolicy p ON p.id = r.policy_id
        LEFT JOIN takedown_approval a ON a.id = r.approval_id
        WHERE r.id = NEW.request_id AND p.four_eyes AND a.digest IS DISTINCT FROM NEW.payload_digest
    ) THEN
        RAISE EXCEPTION 'what would be sent for request % is not what was approved', NEW.request_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER takedown_submission_as_approved BEFORE INSERT ON takedown_submission
    FOR EACH ROW EXECUTE FUNCTION takedown_refuse_other_payload();

CREATE FUNCTION takedown_refuse_policy_edit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'valid_to' <> to_jsonb(OLD) - 'valid_to' OR OLD.valid_to IS NOT NULL THEN
        RAISE EXCEPTION 'a policy version is never edited, only superseded' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER takedown_deadlinepolicy_immutable BEFORE UPDATE ON takedown_deadlinepolicy
    FOR EACH ROW EXECUTE FUNCTION takedown_refuse_policy_edit();

ALTER TABLE takedown_deadlinepolicy ADD CONSTRAINT policy_warnings_lie_before CHECK (0 < ALL (warn_before));

-- That an order is final is taken back by a line in its history, and by nothing else.
CREATE FUNCTION takedown_refuse_silent_revocation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.final_at IS NOT NULL
       AND (NEW.final_at, NEW.final_by_id, NEW.final_reason) IS DISTINCT FROM (OLD.final_at, OLD.final_by_id, OLD.final_reason)
       AND 'not_final' IS DISTINCT FROM (
           SELECT e.action FROM takedown_event e
           WHERE e.agency_id = OLD.agency_id AND e.subject_type = 'TakedownRequest' AND e.subject_id = OLD.request_id
             AND e.action IN ('final', 'not_final') ORDER BY e.id DESC LIMIT 1
       ) THEN
        RAISE EXCEPTION 'that order % is final is not taken back without a record of it', OLD.request_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER takedown_order_stays_final BEFORE DELETE OR UPDATE OF final_at, final_by_id, final_reason ON takedown_removalorder
    FOR EACH ROW EXECUTE FUNCTION takedown_refuse_silent_revocation();

ALTER TABLE takedown_takedownrequest ALTER COLUMN id RESTART WITH 1001;
-- Narrow rows that are rewritten at every look: leave room so that most rewrites stay on their page.
ALTER TABLE takedown_watch SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
"""

UNDO = """
DROP TRIGGER takedown_order_stays_final ON takedown_removalorder;
DROP FUNCTION takedown_refuse_silent_revocation();
ALTER TABLE takedown_deadlinepolicy DROP CONSTRAINT policy_warnings_lie_before;
DROP TRIGGER takedown_deadlinepolicy_immutable ON takedown_deadlinepolicy;
DROP FUNCTION takedown_refuse_policy_edit();
DROP TRIGGER takedown_request_keeps_policy ON takedown_takedownrequest;
DROP FUNCTION takedown_refuse_other_policy();
DROP TRIGGER takedown_submission_as_approved ON takedown_submission;
DROP FUNCTION takedown_refuse_other_payload();
DROP TRIGGER takedown_request_approved ON takedown_takedownrequest;
DROP FUNCTION takedown_refuse_unapproved();
DROP TRIGGER takedown_platformanswer_append_only ON takedown_platformanswer;
DROP TRIGGER takedown_approval_append_only ON takedown_approval;
DROP TRIGGER takedown_clockevent_append_only ON takedown_clockevent;
DROP TRIGGER takedown_event_append_only ON takedown_event;
DROP FUNCTION takedown_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = (("takedown", "0001_initial"),)
    operations = (migrations.RunSQL(GUARDS, UNDO),)
