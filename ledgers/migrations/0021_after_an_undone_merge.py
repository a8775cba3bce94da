from django.db import migrations, models


def forget_what_was_undone(apps, schema_editor):
    """A merge that was taken back has nothing left to undo: the file kept for it was another person's."""
    merges = apps.get_model("ledgers", "PersonMerge")
    for merge in merges.objects.exclude(undone_at=None).iterator():
        merge.payload = "{}"
        merge.save(update_fields=["payload"])


class Migration(migrations.Migration):
    dependencies = [("ledgers", "0020_person_grid")]

    operations = [
        migrations.AddField(
            model_name="erasure",
            name="merged_hashes",
            field=models.JSONField(default=list, editable=False, verbose_name="合并过的登记表的编号摘要"),
        ),
        migrations.RunPython(forget_what_was_undone, migrations.RunPython.noop),
    ]
