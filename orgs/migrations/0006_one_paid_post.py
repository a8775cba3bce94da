from django.db import migrations

from orgs import triggers


def create(apps, editor):
    triggers.GUARD.create(editor.connection)


def drop(apps, editor):
    triggers.GUARD.drop(editor.connection)


class Migration(migrations.Migration):
    dependencies = [("orgs", "0005_second_posts_and_deputies")]

    operations = [migrations.RunPython(create, drop)]
