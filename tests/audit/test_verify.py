"""Tampering by the owner of the database: every kind is found, and the first bad record named."""

import json
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from federation.shared import audit, audit_triggers
from federation.shared.audit_check import check_log, export_heads
from federation.shared.models import AuditEntry, AuditHead
from federation.shared.models.audit import GENESIS

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(world) -> int:
    """Nine entries of the clerk's chain, as many of somebody's whose chain is another."""
    clerks = audit.chain_of("user", world.clerk.pk)
    other = next(user for user in world.users.values() if audit.chain_of("user", user.pk) != clerks)
    for number in range(9):
        audit.record("orgs.plaque.hung", actor=world.clerk, target=world.village, details={"n": number})
        audit.record("persons.viewed", actor=other, details={"n": number})
    return clerks


@pytest.fixture
def as_owner(chain):
    """What only the owner of the tables can do: the triggers are out of force."""
    audit_triggers.drop(connection)


def entry(chain, number):
    return AuditEntry.objects.get(chain=chain, number=number)


def first_fault(**options):
    faults = check_log(triggers=False, **options).faults
    return (faults[0].chain, faults[0].number) if faults else None


def rebuild(chain, start):
    """Hashes made anew from `start` on, and the head with them: all that can be done without the key."""
    previous = entry(chain, start - 1).entry_hash if start > 1 else GENESIS
    for row in AuditEntry.objects.filter(chain=chain, number__gte=start).order_by("number"):
        row.entry_hash = previous = row.hash_after(previous)
        row.save()
    AuditHead.objects.filter(chain=chain).update(last_hash=previous)


def test_an_untouched_log_is_intact(chain, capsys):
    call_command("verify_audit")
    assert "审计日志完好：核对了 18 条记录" in capsys.readouterr().out


def test_an_edited_entry_is_named(as_owner, chain):
    AuditEntry.objects.filter(chain=chain, number=4).update(details={"n": 99})
    assert first_fault() == (chain, 4)


@pytest.mark.parametrize(
    "column", ["at", "action", "actor_id", "organisation_id", "target_id", "before", "after", "reason", "ip", "seal"]
)
def test_an_edit_of_any_column_is_found(as_owner, chain, column):
    row = entry(chain, 2)
    value = getattr(row, column)
    changed = row.at.replace(year=2020) if column == "at" else {"x": 1} if isinstance(value, dict) else 12345
    AuditEntry.objects.filter(pk=row.pk).update(**{column: changed})
    assert first_fault() == (chain, 2)


def test_a_removed_entry_in_the_middle_is_named(as_owner, chain):
    entry(chain, 5).delete()
    assert first_fault() == (chain, 5)


def test_a_cut_tail_is_found_and_the_first_missing_entry_named(as_owner, chain):
    AuditEntry.objects.filter(chain=chain, number__gte=8).delete()
    assert first_fault() == (chain, 8)


def test_a_cut_tail_with_the_head_set_back_is_found_by_the_heads_seal(as_owner, chain):
    AuditEntry.objects.filter(chain=chain, number__gte=8).delete()
    AuditHead.objects.filter(chain=chain).update(count=7, last_hash=entry(chain, 7).entry_hash)
    assert first_fault() == (chain, 7)


def test_two_swapped_entries_are_found_at_the_first_of_them(as_owner, chain):
    third, sixth = entry(chain, 3), entry(chain, 6)
    third.number = 1000
    third.save()
    sixth.number = 3
    sixth.save()
    third.number = 6
    third.save()
    assert first_fault() == (chain, 3)


def test_a_tail_rebuilt_with_fitting_hashes_is_found_by_the_seal(as_owner, chain):
    AuditEntry.objects.filter(chain=chain, number=6).update(details={"n": 99})
    rebuild(chain, 6)
    assert first_fault() == (chain, 6)


def test_an_older_copy_put_back_is_found_with_heads_kept_elsewhere(as_owner, chain, world, tmp_path):
    older_rows, older_head = list(AuditEntry.objects.filter(chain=chain)), AuditHead.objects.get(chain=chain)
    audit_triggers.create(connection)
    audit.record("persons.revealed", actor=world.clerk)
    kept = tmp_path / "heads.json"
    kept.write_text(json.dumps(export_heads()))
    audit_triggers.drop(connection)
    AuditEntry.objects.filter(chain=chain).delete()
    AuditEntry.objects.bulk_create(older_rows)
    older_head.save()
    assert first_fault() is None
    audit_triggers.create(connection)
    with pytest.raises(CommandError, match=f"链 {chain} 第 10 号：缺失：另存的链头有 10 条，这里只有 9 条") as caught:
        call_command("verify_audit", against=str(kept))
    assert caught.value.returncode == 1


def test_an_older_copy_written_on_is_found_at_the_kept_head(as_owner, chain, world):
    audit_triggers.create(connection)
    audit.record("persons.revealed", actor=world.clerk)
    kept = export_heads()
    audit_triggers.drop(connection)
    AuditEntry.objects.filter(chain=chain, number=10).delete()
    head = AuditHead.objects.get(chain=chain)
    head.count, head.last_hash = 9, entry(chain, 9).entry_hash
    head.seal = head.expected_seal()
    head.save()
    audit.record("orgs.plaque.hung", actor=world.clerk)
    assert first_fault() is None
    assert first_fault(exported=kept) == (chain, 10)


def test_a_chain_removed_with_its_head_is_found(as_owner, chain):
    AuditEntry.objects.filter(chain=chain).delete()
    AuditHead.objects.filter(chain=chain).delete()
    assert first_fault() == (chain, 0)


def test_a_trigger_out_of_force_is_reported(as_owner, chain):
    with pytest.raises(CommandError, match="触发器 audit_.* 不存在"):
        call_command("verify_audit")


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"heads": [], "seal": "00"}', "\x00"])
def test_a_file_that_holds_no_genuine_heads_cannot_be_compared_with(db, tmp_path, content):
    file = tmp_path / "heads.json"
    file.write_text(content)
    with pytest.raises(CommandError, match="无法读取链头文件") as caught:
        call_command("verify_audit", against=str(file))
    assert caught.value.returncode == 2


def test_the_result_can_be_read_by_a_program(as_owner, chain, capsys):
    audit_triggers.create(connection)
    call_command("verify_audit", json=True)
    assert json.loads(capsys.readouterr().out) == {"records": 18, "intact": True, "faults": []}


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer")
@pytest.mark.django_db(transaction=True)
def test_many_writers_at_once_leave_whole_chains(world):
    actors = [world.clerk, world.clerk, world.member, world.leader, world.auditor, None, None, world.machine]
    errors = []

    def write(actor):
        try:
            for number in range(25):
                with transaction.atomic():
                    audit.record("orgs.plaque.hung", actor=actor, details={"n": number})
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result = check_log()
    assert (errors, result.faults, result.records) == ([], [], 200)
