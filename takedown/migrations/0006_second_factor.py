"""Second factors, recovery codes, attempts to sign in, and the history of accounts, which is kept."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

GUARD = """
CREATE FUNCTION takedown_refuse_account_history_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - 'mail_due_at' <> to_jsonb(OLD) - 'mail_due_at' THEN
        RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER takedown_signinevent_append_only BEFORE UPDATE OR DELETE ON takedown_signinevent
    FOR EACH ROW EXECUTE FUNCTION takedown_refuse_account_history_change();
"""
UNDO = """
DROP TRIGGER takedown_signinevent_append_only ON takedown_signinevent;
DROP FUNCTION takedown_refuse_account_history_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("takedown", "0004_reported_url"),
    ]

    operations = [
        migrations.AddField(
            model_name="agency",
            name="second_factor_for_all",
            field=models.BooleanField(default=False, help_text="Everybody needs a second factor, not only those who decide or administer."),
        ),
        migrations.AddField(
            model_name="user",
            name="session_epoch",
            field=models.PositiveIntegerField(default=0, editable=False, help_text="Sessions end when it changes."),
        ),
        migrations.CreateModel(
            name="SignInAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("bucket", models.CharField(max_length=120)),
                ("at", models.DateTimeField(db_index=True)),
            ],
            options={
                "indexes": [models.Index(fields=["bucket", "at"], name="attempt_in_bucket")],
            },
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(editable=False, max_length=64)),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="recovery_codes", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "digest"), name="recoverycode_once")],
            },
        ),
        migrations.CreateModel(
            name="SecondFactor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("app", "Authenticator app"), ("passkey", "Passkey")], max_length=10)),
                ("name", models.CharField(max_length=60)),
                ("secret", models.TextField(editable=False, help_text="App: its secret, sealed. Passkey: its public key, base64url.")),
                ("credential_id", models.CharField(blank=True, editable=False, help_text="Passkey: its id, base64url.", max_length=1400)),
                (
                    "counter",
                    models.BigIntegerField(
                        default=0,
                        editable=False,
                        help_text="App: time step of the last code it gave. Passkey: its own count of uses. Never goes back.",
                    ),
                ),
                ("added_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="factors", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "ordering": ("added_at", "id"),
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("kind__in", ["app", "passkey"])), name="secondfactor_kind_known"),
                    models.CheckConstraint(
                        condition=models.Q(("kind", "app"), models.Q(("credential_id", ""), _negated=True), _connector="XOR"),
                        name="factor_passkey_has_id",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("credential_id", ""), _negated=True), fields=("credential_id",), name="factor_passkey_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SignInEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("signed_in", "Signed in"),
                            ("factor_added", "Second factor added"),
                            ("factor_removed", "Second factor removed"),
                            ("codes_made", "Recovery codes made"),
                            ("code_used", "Recovery code used"),
                            ("reset", "Second factor reset"),
                            ("password_changed", "Password changed"),
                            ("sessions_ended", "Signed out everywhere else"),
                        ],
                        max_length=20,
                    ),
                ),
                ("detail", models.CharField(blank=True, max_length=200)),
                ("actor_name", models.CharField(help_text="As it was then.", max_length=120)),
                ("address", models.GenericIPAddressField(help_text="Network address it came from, where that is known.", null=True)),
                ("at", models.DateTimeField()),
                ("mail_to", models.EmailField(blank=True, help_text="Who is told; as it was then.", max_length=254)),
                (
                    "mail_due_at",
                    models.DateTimeField(help_text="When the notice is to be sent; empty: nothing is to be sent any more.", null=True),
                ),
                (
                    "actor_user",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sign_in_events", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ("-at", "-id"),
                "indexes": [
                    models.Index(fields=["user", "at"], name="sign_in_event_of_user"),
                    models.Index(condition=models.Q(("mail_due_at__isnull", False)), fields=["mail_due_at"], name="sign_in_event_to_mail"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "action__in",
                                [
                                    "signed_in",
                                    "factor_added",
                                    "factor_removed",
                                    "codes_made",
                                    "code_used",
                                    "reset",
                                    "password_changed",
                                    "sessions_ended",
                                ],
                            )
                        ),
                        name="signinevent_action_known",
                    )
                ],
            },
        ),
        migrations.RunSQL(GUARD, UNDO),
    ]
