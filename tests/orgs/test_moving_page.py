"""The page that hangs a body under another one: what it offers, tells before, does, and refuses in a sentence."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from federation.shared.models import AuditEntry
from ledgers.models import DisabledPerson
from orgs.models import Organisation
from tests.orgs.conftest import boxes

DAY = date(2026, 1, 5)


@pytest.fixture
def administrator(browse):
    return browse("administrator")


def sent(parent, **more):
    return {"parent": parent.pk, "reason": "会政发〔2026〕1 号"} | boxes("on", DAY) | more


def above(body) -> str:
    return Organisation.objects.get_parent(Organisation.objects.get(pk=body.pk)).name


def offered(answer) -> set[int]:
    return set(answer.context["form"].fields["parent"].queryset.values_list("pk", flat=True))


def test_what_goes_along_is_told_before(administrator, world, engage):
    for number in range(3):
        DisabledPerson.objects.create(
            organisation=world.village, name=f"甲{number}", registered_on=DAY, category="4", grade="1"
        )
    engage("village", "committee_member")
    engage("township", "director", name="李四")
    told = {
        row["label"]: row["value"] for row in administrator.get("organisation-move", world.township.pk).context["rows"]
    }
    assert told["现在的上级"] == world.county.name
    assert told["一起划转的机构"] == "3 个（含本机构）"
    assert told["一起划转的残疾人登记表"] == "3 份"
    assert told["一起划转的在任人员"] == "2 人"


def test_a_village_is_offered_the_federations_above_its_level_that_one_manages_and_not_its_own(administrator, world):
    answer = administrator.get("organisation-move", world.village.pk)
    assert offered(answer) == {world.county.pk, world.neighbour_township.pk}


def test_moving_is_done_and_recorded(administrator, world):
    answer = administrator.post("organisation-move", world.village.pk, **sent(world.neighbour_township))
    assert answer.status_code == 302
    assert answer.url == reverse("organisation-detail", args=[world.village.pk])
    assert above(world.village) == world.neighbour_township.name
    entry = AuditEntry.objects.get(action="orgs.organisation.moved")
    assert entry.actor_id == world.administrator.pk
    assert (entry.before, entry.after) == ({"parent": world.township.pk}, {"parent": world.neighbour_township.pk})
    assert entry.reason == "会政发〔2026〕1 号" and entry.details["on"] == "2026-01-05"


@pytest.mark.parametrize(
    "where", ["village", "village_second", "township", "other_township", "association", "province"]
)
def test_a_cycle_a_wrong_level_and_a_foreign_body_are_refused_in_a_sentence(administrator, world, where):
    before = above(world.township)
    answer = administrator.post("organisation-move", world.township.pk, **sent(world.orgs[where]))
    assert answer.status_code == 422
    assert "不能划到这个机构下面" in answer.content.decode()
    assert above(world.township) == before
    assert not AuditEntry.objects.filter(action="orgs.organisation.moved").exists()


def test_a_day_to_come_and_a_missing_reason_are_refused(administrator, world):
    tomorrow = timezone.localdate() + timedelta(days=1)
    answer = administrator.post(
        "organisation-move", world.village.pk, **sent(world.neighbour_township, reason="", **boxes("on", tomorrow))
    )
    assert set(answer.context["form"].errors) == {"on", "reason"}
    assert above(world.village) == world.township.name


def test_who_manages_no_bodies_is_refused_and_a_foreign_body_is_not_there(browse, administrator, world):
    assert browse("director").get("organisation-move", world.village.pk).status_code == 403
    assert browse("administrator").get("organisation-move", world.other_village.pk).status_code == 404
