from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("takedown", "0003_rollups"),)

    operations = (
        migrations.AddField(
            model_name="flaggeditem",
            name="reported_url",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="The address of the first report, as it was reported, where that is another one.",
            ),
        ),
        migrations.AddIndex(
            model_name="watch",
            index=models.Index(condition=models.Q(("reason", "js_shell")), fields=["agency", "platform"], name="watch_needs_browser"),
        ),
    )
