from django.db import migrations


class Migration(migrations.Migration):
    """Once put the triggers in force; 0006 does, since they speak of its columns. A database that has run this one
    loses nothing: 0006 takes its triggers away and puts up those of now."""

    dependencies = [("committees", "0002_subsidies")]

    operations = []
