from django.db import migrations

from assessments import triggers


def create(apps, editor):
    triggers.create(editor.connection)


def drop(apps, editor):
    triggers.drop(editor.connection)


class Migration(migrations.Migration):
    """The database keeps what is published of an appraisal."""

    dependencies = [("assessments", "0003_appraisals")]

    operations = [migrations.RunPython(create, drop)]
