"""Changing the sealing key while people read and write."""

import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from federation.shared import rotation
from federation.shared.history import save_versioned
from federation.shared.models import AuditEntry
from federation.shared.sealed import key_number
from ledgers.models import DisabledPerson
from tests.audit.conftest import ID_NUMBER


def test_the_command_changes_the_key_says_what_to_keep_and_is_logged(world, person, worker, capsys, monkeypatch):
    from federation.shared.management.commands import rotate_sealing_key

    monkeypatch.setattr(rotate_sealing_key, "reseal_everything", lambda say: rotation.reseal_everything(say, settle=0))
    call_command("rotate_sealing_key")
    out = capsys.readouterr().out
    assert "共 6 个号码" in out and "另存一份" in out
    assert AuditEntry.objects.get().action == "shared.sealing_key.rotated"
    call_command("rotate_sealing_key", "--continue")
    assert "共 0 个号码" in capsys.readouterr().out
    DisabledPerson.objects.filter(pk=person.pk).update(phone=b"\x01\x00\x01" + b"0" * 40)
    with pytest.raises(CommandError, match="有 1 个号码或名册打不开"):
        call_command("rotate_sealing_key")


def test_a_number_saved_meanwhile_is_not_undone(world, person):
    field = DisabledPerson._meta.get_field("id_number")
    old = bytes(DisabledPerson.objects.values_list("id_number", flat=True).get(pk=person.pk))
    person.id_number = "629999198512120015"
    save_versioned(person, by=world.member)
    assert rotation._replace(DisabledPerson, field, [(person.pk, old, old)]) == 0
    assert DisabledPerson.objects.get(pk=person.pk).id_number.open_plain() == "629999198512120015"


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer")
@pytest.mark.django_db(transaction=True)
def test_readers_and_writers_meet_no_error_while_the_key_changes(world, person):
    from django.conf import settings

    DisabledPerson.objects.bulk_create(
        DisabledPerson(
            organisation=world.village, name="庚某", id_number=f"6299991985{n:07}5", phone=f"139{n:08}",
            registered_on="2024-01-01",
        )
        for n in range(1500)
    )  # fmt: skip
    stop, errors, read, saved = threading.Event(), [], [], []

    def read_all():
        try:
            while not stop.is_set():
                for row in DisabledPerson.objects.exclude(pk=person.pk).order_by("?")[:200]:
                    assert row.id_number.open_plain().startswith("6299991985")
                    read.append(row.pk)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    def write_one():
        try:
            while not stop.is_set():
                row = DisabledPerson.objects.get(pk=person.pk)
                row.phone = f"138{len(saved):08}"
                save_versioned(row, by=world.member)
                saved.append(row.phone.open_plain())
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=read_all), threading.Thread(target=write_one)]
    for thread in threads:
        thread.start()
    try:
        number = settings.KEYS.add_sealing_key()
        tally = rotation.reseal_everything(settle=0)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert (errors, tally.broken) == ([], 0)
    assert read and saved
    stored = DisabledPerson.objects.get(pk=person.pk)
    assert (stored.id_number.open_plain(), stored.phone.open_plain()) == (ID_NUMBER, saved[-1])
    tokens = DisabledPerson.objects.values_list("id_number", flat=True)
    assert {key_number(token) for token in tokens} == {number}
