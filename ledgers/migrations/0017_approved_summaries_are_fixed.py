from django.db import migrations

from ledgers.summaries import triggers


def create(apps, schema_editor):
    triggers.create(schema_editor.connection)


def drop(apps, schema_editor):
    triggers.drop(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("ledgers", "0016_transfer_moved")]

    operations = [migrations.RunPython(create, drop)]
