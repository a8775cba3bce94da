"""民族 was free text: what the dictionary knows is written its way, the rest keeps its text and fails a check."""

from django.db import migrations
from django.db.models import Case, CharField, F, Value, When
from django.db.models.functions import Concat

from federation.shared.ethnicity import ETHNICITY, KNOWN
from federation.shared.normalise import NotNormal

CODE = "ethnicity"


def fill(apps, schema_editor):
    """One statement a distinct text, and as many texts as people had ways of writing them."""
    for label, checks in (("ledgers.DisabledPerson", True), ("orgs.Worker", False)):
        rows = apps.get_model(*label.split(".")).objects.using(schema_editor.connection.alias)
        written = rows.exclude(ethnicity="").order_by().values_list("ethnicity", flat=True).distinct()
        for text in [each for each in written if each not in KNOWN]:
            try:
                rows.filter(ethnicity=text).update(ethnicity=ETHNICITY(text))
            except NotNormal:
                if checks:
                    rows.filter(ethnicity=text).update(failed_checks=with_code())


def with_code():
    more = Concat(F("failed_checks"), Value(f",{CODE}"), output_field=CharField())
    return Case(When(failed_checks="", then=Value(CODE)), default=more, output_field=CharField())


class Migration(migrations.Migration):
    dependencies = [("ledgers", "0014_eldest_of_the_home"), ("orgs", "0004_registry")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
