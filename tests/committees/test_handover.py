"""Who leaves hands over: counted, moved by the button alone, all of it or nothing, with a record of each row."""

from datetime import date

import pytest

from committees.models import Handover
from committees.services.handovers import HandoverRefused, hand_over
from federation.shared import handover
from federation.shared.handover import Duty, register_duty
from federation.shared.models import AuditEntry, ChangeRecord
from ledgers.models import DisabledPerson
from orgs.models import Tenure
from tests.ledgers.conftest import id_of, person_fields
from tests.orgs.conftest import boxes

LEFT = date(2026, 6, 30)


def somebody(organisation, order, **more):
    number = id_of(order=order)
    return DisabledPerson.objects.create(
        organisation=organisation, **person_fields(id_number=number, certificate_number=f"{number}42", **more)
    )


@pytest.fixture
def left(member, world):
    """李四 left the village; two people there are in the person's charge, and one of another village."""
    tenure = member("village", name="李四", until=LEFT).tenure
    for order in (1, 2):
        somebody(world.village, order, name=f"甲{order}", member_in_charge=tenure.worker)
    somebody(world.neighbour_village, 3, name="别村的", member_in_charge=tenure.worker)
    return tenure


@pytest.fixture
def successor(member):
    return member("village", name="接班人", since=date(2026, 7, 1)).tenure.worker


def sent(successor, **more):
    return {"successor": successor.pk, "chosen": ["persons_in_charge"], "remark": "台账 3 册", **more}


def in_charge():
    return dict(DisabledPerson.objects.values_list("name", "member_in_charge__name"))


def test_nothing_moves_until_the_button_is_pressed(browse, left, successor):
    page = browse("director").get("member-handover", left.pk).content.decode()
    assert "负责的残疾人" in page and "2 人" in page and "接班人" in page
    assert set(in_charge().values()) == {"李四"}


def test_the_people_go_over_to_the_successor_with_a_record_of_each(browse, left, successor):
    assert browse("director").post("member-handover", left.pk, **sent(successor)).status_code == 302
    assert in_charge() == {"甲1": "接班人", "甲2": "接班人", "别村的": "李四"}
    records = ChangeRecord.objects.filter(label="ledgers.disabledperson", version=2)
    assert records.count() == 2
    assert {each.differences[0].new for each in records} == {"接班人"}
    assert set(DisabledPerson.objects.filter(name__startswith="甲").values_list("version", flat=True)) == {2}
    (row,) = Handover.objects.all()
    assert (row.moved, row.successor) == ({"persons_in_charge": 2}, successor)
    assert AuditEntry.objects.get(action="committees.handover.done").details["moved"] == {"persons_in_charge": 2}
    page = browse("director").get("member-handover", left.pk).content.decode()
    assert "没有要移交的了" in page and "移交给 接班人：负责的残疾人" in page and "台账 3 册" in page


def test_pressed_twice_it_has_one_effect(browse, left, successor, world):
    browse("director").post("member-handover", left.pk, **sent(successor))
    with pytest.raises(HandoverRefused, match="没有要移交的内容"):
        hand_over(tenure=left, successor=successor, chosen=["persons_in_charge"], remark="", by=world.director)
    assert Handover.objects.count() == 1


def test_a_fault_in_the_middle_moves_nothing(left, successor, world, monkeypatch):
    monkeypatch.setattr(handover, "_duties", dict(handover._duties))

    def fails(*args):
        raise OSError("the disk is full")

    register_duty(Duty("later", "以后的", "件", count=lambda *args: 1, hand_over=fails, order=90))
    with pytest.raises(OSError, match="full"):
        hand_over(tenure=left, successor=successor, chosen=["persons_in_charge", "later"], remark="", by=world.director)
    assert set(in_charge().values()) == {"李四"}
    assert not Handover.objects.exists() and not AuditEntry.objects.filter(action="committees.handover.done").exists()


def test_only_what_was_ticked_goes_over(browse, left, successor, monkeypatch):
    monkeypatch.setattr(handover, "_duties", dict(handover._duties))
    moved = []
    register_duty(
        Duty("later", "以后的", "件", count=lambda *args: 3, hand_over=lambda *args: moved.append(args) or 3, order=90)
    )
    page = browse("director").get("member-handover", left.pk).content.decode()
    assert "以后的：3 件" in page
    browse("director").post("member-handover", left.pk, **sent(successor, chosen=["later"]))
    assert set(in_charge().values()) == {"李四"} and len(moved) == 1


def test_who_leaves_is_led_to_the_handover_only_where_there_is_something(browse, member, world):
    leaving = {**boxes("ended_on", LEFT), "ending": "resigned", "ground": "", "reason": ""}
    for place, name, busy in (("village", "有事", True), ("village_second", "无事", False)):
        tenure = member(place, name=name).tenure
        if busy:
            somebody(world.orgs[place], 5, name="乙", member_in_charge=tenure.worker)
        answer = browse("director").post("member-end", tenure.pk, **leaving)
        assert answer.url.endswith("/handover/") == busy


def test_who_is_still_in_post_hands_nothing_over(browse, left, successor, member, world):
    tenure = Tenure.objects.get(worker=successor)
    assert browse("director").get("member-handover", tenure.pk).status_code == 404
    with pytest.raises(HandoverRefused, match="还在任"):
        hand_over(tenure=tenure, successor=left.worker, chosen=["persons_in_charge"], remark="", by=world.director)


def test_nobody_takes_over_who_is_not_in_post_or_is_unknown_here(browse, left, member, world):
    gone = member("village", name="也走了", since=date(2015, 1, 1), until=date(2016, 1, 1)).tenure.worker
    stranger = member("other_village", name="外人").tenure.worker
    for worker in (gone, stranger):
        assert browse("director").post("member-handover", left.pk, **sent(worker)).status_code == 422
    with pytest.raises(HandoverRefused, match="不在任"):
        hand_over(tenure=left, successor=gone, chosen=["persons_in_charge"], remark="", by=world.director)
    assert set(in_charge().values()) == {"李四"}


def test_a_neighbour_hands_nothing_over(browse, left, successor):
    assert browse("other_clerk").post("member-handover", left.pk, **sent(successor)).status_code in (403, 404)
    assert browse("member").post("member-handover", left.pk, **sent(successor)).status_code == 403
    assert set(in_charge().values()) == {"李四"}
