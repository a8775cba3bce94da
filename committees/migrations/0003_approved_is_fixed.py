from django.db import migrations

from committees import triggers


def create(apps, editor):
    triggers.create(editor.connection)


def drop(apps, editor):
    triggers.drop(editor.connection)


class Migration(migrations.Migration):
    dependencies = [("committees", "0002_subsidies")]

    operations = [migrations.RunPython(create, drop)]
