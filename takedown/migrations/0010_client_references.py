"""What clients send is known again by their keys for a call and by their own references.

Reports so far stay without a client: their references were never promised to be unique.
"""

import django.db.models.deletion
from django.db import migrations, models

EMPTY = """
UPDATE takedown_report SET idempotency_key = '' WHERE idempotency_key IS NULL;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""
BACK = "UPDATE takedown_report SET idempotency_key = NULL WHERE idempotency_key = ''"


class Migration(migrations.Migration):
    dependencies = [("takedown", "0009_restores")]

    operations = [
        migrations.AlterField(
            model_name="deadlinepolicy",
            name="counting_rule",
            field=models.CharField(
                choices=[
                    ("elapsed_exact", "Elapsed time, to the second"),
                    ("full_hours_1182_71", "Whole hours and days, Regulation 1182/71"),
                ],
                default="elapsed_exact",
                max_length=20,
            ),
        ),
        migrations.RemoveConstraint(model_name="report", name="report_idempotency_key_once"),
        migrations.RunSQL(EMPTY, BACK),
        migrations.AlterField(
            model_name="report",
            name="idempotency_key",
            field=models.CharField(
                blank=True, default="", editable=False, help_text="Of the call it came in, with its route.", max_length=255
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="report",
            name="fingerprint",
            field=models.CharField(blank=True, editable=False, help_text="Of what this report says.", max_length=64),
        ),
        migrations.AddField(
            model_name="report",
            name="call_fingerprint",
            field=models.CharField(blank=True, editable=False, help_text="Of the whole body of that call.", max_length=64),
        ),
        migrations.AddField(
            model_name="report",
            name="place",
            field=models.PositiveSmallIntegerField(default=0, editable=False, help_text="Where it stood in that call."),
        ),
        migrations.AddField(
            model_name="report",
            name="client",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="None: a person.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reports",
                to="takedown.client",
            ),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.UniqueConstraint(
                condition=models.Q(("idempotency_key", ""), _negated=True),
                fields=("agency", "client", "idempotency_key", "place"),
                name="report_once_in_a_call",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.UniqueConstraint(
                condition=models.Q(models.Q(("client_reference", ""), _negated=True), ("client__isnull", False)),
                fields=("agency", "client", "client_reference"),
                name="report_reference_once_per_client",
            ),
        ),
    ]
