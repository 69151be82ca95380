"""What one agency does or sees stays its own: pauses and releases for one agency, looks counted by agency."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = (("platforms", "0001_initial"),)
    operations = (
        migrations.AddField(
            "pause",
            "for_agency",
            models.BigIntegerField(null=True, help_text="Number of the agency whose looks alone are paused; empty: everybody's."),
        ),
        migrations.RemoveConstraint("pause", "pause_once"),
        migrations.AddConstraint(
            "pause",
            models.UniqueConstraint(fields=("platform", "bucket", "reason", "for_agency"), name="pause_once", nulls_distinct=False),
        ),
        migrations.AddConstraint(
            "pause",
            models.CheckConstraint(condition=Q(for_agency=None) | Q(reason="operator"), name="pause_of_an_agency_is_a_persons"),
        ),
        # Nobody knows whose looks the old counts were; they would be forgotten within days anyway.
        migrations.RunSQL("DELETE FROM platforms_lookminute", migrations.RunSQL.noop),
        migrations.RemoveConstraint("lookminute", "look_minute_once"),
        migrations.AddField(
            "lookminute",
            "for_agency",
            models.BigIntegerField(default=0, help_text="Number of the agency whose items were looked at."),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            "lookminute",
            models.UniqueConstraint(fields=("platform", "minute", "for_agency"), name="look_minute_once"),
        ),
        migrations.CreateModel(
            name="HoldRelease",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("for_agency", models.BigIntegerField(help_text="Number of the agency.")),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=150)),
                ("reason", models.CharField(max_length=300)),
                (
                    "hold",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="releases", to="platforms.hold"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("hold", "for_agency"), name="hold_released_once_per_agency")],
            },
        ),
    )
