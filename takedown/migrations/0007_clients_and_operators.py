"""Clients that keys belong to, operators who belong to no agency, and the record of administration."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

SCOPES = [
    ("reports:write", "Submit reports, ask for looks"),
    ("reports:read", "Read reports"),
    ("requests:read", "Read requests and verdicts"),
]
ROLES = [
    ("analyst", "Analyst"),
    ("supervisor", "Supervisor"),
    ("auditor", "Auditor"),
    ("administrator", "Administrator"),
    ("operator", "Operator"),
]

# Every key becomes the key of a client of its own name. Who had no agency could see no case data; superusers among them were those who
# set up the install, and the others may nothing.
KEEP = """
INSERT INTO takedown_client (agency_id, name, created_at)
    SELECT agency_id, left(name, 60) || CASE WHEN length(name) > 60 THEN ' ' || id ELSE '' END, created_at FROM takedown_apikey;
UPDATE takedown_apikey k SET client_id = c.id FROM takedown_client c
    WHERE c.agency_id = k.agency_id AND c.name = left(k.name, 60) || CASE WHEN length(k.name) > 60 THEN ' ' || k.id ELSE '' END;
UPDATE takedown_user SET role = 'operator', is_active = is_active AND is_superuser WHERE agency_id IS NULL;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""
GUARD = """
CREATE TRIGGER takedown_change_append_only BEFORE UPDATE OR DELETE ON takedown_change
    FOR EACH ROW EXECUTE FUNCTION takedown_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = (("takedown", "0006_second_factor"),)

    operations = (
        migrations.CreateModel(
            name="Client",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("created_at", models.DateTimeField()),
                (
                    "agency",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="clients", to="takedown.agency"),
                ),
            ],
            options={"ordering": ("name",)},
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.UniqueConstraint(fields=("agency", "name"), name="client_name_once_per_agency"),
        ),
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "about",
                    models.CharField(
                        choices=[("key", "Key"), ("person", "Person"), ("platform", "Platform"), ("agency", "Agency")], max_length=10
                    ),
                ),
                ("subject", models.CharField(help_text="What or who was changed, by its name then.", max_length=200)),
                ("what", models.CharField(help_text="What was done, in words.", max_length=1000)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("actor_name", models.CharField(help_text="As it was then.", max_length=150)),
                ("at", models.DateTimeField()),
                (
                    "actor_user",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "agency",
                    models.ForeignKey(
                        help_text="Empty: the whole install.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="takedown.agency",
                    ),
                ),
            ],
            options={"ordering": ("-at", "-id")},
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.CheckConstraint(condition=Q(about__in=["key", "person", "platform", "agency"]), name="change_about_known"),
        ),
        migrations.AddIndex(model_name="change", index=models.Index(fields=["agency", "about", "-at"], name="change_by_agency")),
        migrations.AlterModelManagers(name="user", managers=[]),
        migrations.AlterField(model_name="user", name="role", field=models.CharField(choices=ROLES, default="analyst", max_length=20)),
        migrations.RemoveConstraint(model_name="user", name="user_role_known"),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(condition=Q(role__in=[role for role, _ in ROLES]), name="user_role_known"),
        ),
        migrations.AddField(
            model_name="apikey",
            name="client",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="keys", to="takedown.client"),
        ),
        migrations.RunSQL(KEEP, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=Q(role="operator", agency=None) | (~Q(role="operator") & Q(agency__isnull=False)),
                name="user_operators_have_no_agency",
            ),
        ),
        migrations.RemoveConstraint(model_name="apikey", name="apikey_name_once_per_agency"),
        migrations.RemoveField(model_name="apikey", name="name"),
        migrations.RemoveField(model_name="apikey", name="agency"),
        migrations.AlterField(
            model_name="apikey",
            name="client",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="keys", to="takedown.client"),
        ),
        migrations.AlterField(model_name="apikey", name="created_at", field=models.DateTimeField()),
        migrations.AlterField(
            model_name="apikey", name="expires_at", field=models.DateTimeField(blank=True, help_text="Empty: never.", null=True)
        ),
        migrations.AlterField(
            model_name="apikey",
            name="scopes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(choices=SCOPES, max_length=30), default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="networks",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=43),
                default=list,
                help_text="Where it may be used from; empty: from anywhere.",
                size=None,
            ),
        ),
        migrations.AddField(model_name="apikey", name="last_used_from", field=models.GenericIPAddressField(blank=True, null=True)),
        migrations.RunSQL(GUARD, "DROP TRIGGER takedown_change_append_only ON takedown_change;"),
    )
