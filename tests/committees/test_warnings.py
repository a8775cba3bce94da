"""Warnings: contracts and certificates that run out, on the page, on the start page and as a file."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db.models import Q
from django.utils import timezone

from committees import warnings
from committees.warnings import WarningKind, register_warning
from federation.shared.panels import panels_for
from tests.committees.trainings import trained_this_year

DAY = timedelta(days=1)


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def running_out(member, today, world):
    """{name: engagement}: what runs out when; 外村 lies in the other county."""

    def made(place, name, contract=None, certificate=None, **more):
        issued = {"certificate_issued_on": today - 900 * DAY} if certificate else {}
        return member(place, name=name, contract_to=contract, certificate_expires_on=certificate, **issued, **more)

    people = {
        "快到期": made("village", "快到期", contract=today + 60 * DAY),
        "还早": made("village_second", "还早", contract=today + 61 * DAY, certificate=today + 61 * DAY),
        "已到期": made("neighbour_village", "已到期", contract=today - DAY, certificate=today),
        "离任的": made("neighbour_village_second", "离任的", contract=today, until=today - 5 * DAY),
        "外村": made("other_village", "外村", contract=today),
    }
    trained_this_year(world.county, *people.values())
    return people


def told(answer):
    return {row["object"].worker.name: row["object"].words for row in answer.context["table"].rows}


def test_who_runs_out_within_the_days_is_told_of_and_nobody_else(browse, running_out):
    found = told(browse("clerk").get("member-warnings"))
    assert set(found) == {"快到期", "已到期"}
    assert "还有 60 天" in found["快到期"] and "续聘" in found["快到期"]
    assert "已到期" in found["已到期"] and "上岗证今天到期" in found["已到期"]


def test_the_page_says_how_many_members_are_lacking(browse, running_out, world):
    page = browse("director").get("member-warnings").content.decode()
    # The township itself; both villages have somebody.
    assert "专职委员空缺：1 个" in page and "/orgs/vacancies/?post=committee_member" in page


def test_the_days_are_a_setting(browse, running_out, settings):
    settings.FEDERATION_MEMBER_WARNING_DAYS = 61
    assert set(told(browse("clerk").get("member-warnings"))) == {"快到期", "还早", "已到期"}
    settings.FEDERATION_MEMBER_WARNING_DAYS = 30
    assert set(told(browse("clerk").get("member-warnings"))) == {"已到期"}


def test_warnings_are_narrowed_by_kind_and_place(browse, running_out, world):
    assert set(told(browse("clerk").get("member-warnings", kind="certificate"))) == {"已到期"}
    assert set(told(browse("clerk").get("member-warnings", area=world.township.pk))) == {"快到期"}
    assert set(told(browse("member").get("member-warnings"))) == {"快到期"}


def test_the_start_page_counts_them_by_kind(browse, running_out, world):
    (part,) = [
        each for each in panels_for("home", world.county, world.clerk) if each["panel"].name == "member-warnings"
    ]
    assert {each["label"]: each["count"] for each in part["context"]["kinds"]} == {"聘期到期": 2, "上岗证到期": 1}
    page = browse("clerk").get("home").content.decode()
    assert "聘期到期：2 人" in page


def test_nothing_to_tell_leaves_the_start_page_alone(world):
    assert not [
        each for each in panels_for("home", world.county, world.clerk) if each["panel"].name == "member-warnings"
    ]


def test_a_further_kind_needs_no_change_of_the_pages(browse, running_out, monkeypatch):
    monkeypatch.setattr(warnings, "_kinds", dict(warnings._kinds))
    kind = WarningKind(
        name="named",
        label="名字叫还早",
        holds=lambda day: Q(worker__name="还早"),
        say=lambda tenure, day: "请核对姓名。",
    )
    register_warning(kind)
    assert told(browse("clerk").get("member-warnings", kind="named")) == {"还早": "请核对姓名。"}
    assert "名字叫还早：1 人" in browse("clerk").get("home").content.decode()


def test_who_was_not_trained_this_year_is_told_of_from_july_on(browse, member, world):
    trained = member("village", name="去过")
    member("village", name="没去")
    tutor = member("village_second", role="sunshine_tutor", name="辅导员").tenure
    tutor.post = "sunshine_tutor"
    tutor.save()
    with time_machine.travel(date(2026, 7, 1)):
        trained_this_year(world.county, trained)
        assert told(browse("clerk").get("member-warnings")) == {"没去": "2026 年还没有完成过培训。请安排参加培训。"}
    with time_machine.travel(date(2026, 6, 30)):
        assert told(browse("clerk").get("member-warnings")) == {}
