"""A transfer keeps the 迁出 date that it cleared; those accepted before are told by the history of their person."""

from datetime import date, timedelta

from django.db import migrations, models

PERSON = "ledgers.disabledperson"
MOVED_AWAY = "moved_away_on"
AT_ONCE = 500
# The person and the transfer were written in one transaction.
TOGETHER = timedelta(minutes=5)


def fill(apps, schema_editor):
    alias = schema_editor.connection.alias
    transfers = apps.get_model("ledgers", "Transfer").objects.using(alias)
    records = apps.get_model("shared", "ChangeRecord").objects.using(alias).filter(label=PERSON)
    accepted = list(transfers.filter(state="accepted").order_by("pk"))
    for start in range(0, len(accepted), AT_ONCE):
        some = accepted[start : start + AT_ONCE]
        written = records.filter(object_id__in={each.person_id for each in some}, changes__has_key=MOVED_AWAY)
        by_person: dict[int, list] = {}
        for record in written:
            by_person.setdefault(record.object_id, []).append(record)
        for transfer in some:
            cleared = cleared_by(transfer, by_person.get(transfer.person_id, ()))
            if cleared:
                transfers.filter(pk=transfer.pk).update(written_off_on=cleared)


def cleared_by(transfer, records) -> date | None:
    """The date that the change which moved the person took away."""
    for record in records:
        before, after = record.changes[MOVED_AWAY]
        moved = record.changes.get("organisation")
        if before and after is None and moved == [transfer.organisation_id, transfer.to_organisation_id] and (
            transfer.decided_at is None or abs(record.at - transfer.decided_at) < TOGETHER
        ):
            return date.fromisoformat(before)
    return None


class Migration(migrations.Migration):
    dependencies = [("ledgers", "0017_approved_summaries_are_fixed"), ("shared", "0005_periods")]

    operations = [
        migrations.AddField(
            model_name="transfer",
            name="written_off_on",
            field=models.DateField(editable=False, null=True, verbose_name="转移前登记的迁出日期"),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
