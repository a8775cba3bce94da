"""Pages of committee members: list, one person with all posts, engage, correct, end."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from committees.models import Appointment
from federation.shared.models import AuditEntry
from orgs.models import Identity, PlaceKind, Tenure, Worker
from tests.conftest import TODAY
from tests.orgs.conftest import boxes, id_number

SOME_DAY = date(2026, 3, 1)
NUMBER = id_number(1)


def engagement(**changes):
    return {
        "name": "张三", "id_number": NUMBER, "sex": "1", "identity": "disabled", "post": "committee_member",
        "phone": "13900000001", "employment": "public_welfare", "member_certificate": "上岗 001",
        **boxes("started_on", SOME_DAY), **boxes("contract_from", SOME_DAY), **boxes("contract_to", date(2028, 2, 29)),
        **boxes("certificate_issued_on", SOME_DAY), **boxes("certificate_expires_on", date(2029, 2, 28)), **changes,
    }  # fmt: skip


@pytest.fixture
def engaged(browse, world):
    """张三, committee member of the village."""
    answer = browse("director").post("member-add", world.village.pk, **engagement())
    assert answer.status_code == 302, answer.context["form"].errors
    return Worker.objects.get()


def names(answer):
    return [row["object"].worker.name for row in answer.context["table"].rows]


# --- engage -----------------------------------------------------------------------------------------


def test_one_form_records_person_post_and_contract(engaged, world):
    tenure = Tenure.objects.get()
    appointment = tenure.appointment
    assert (engaged.name_pinyin, engaged.identity) == ("zhangsan", Identity.DISABLED)
    assert engaged.id_number.open_plain() == NUMBER
    assert (tenure.organisation_id, tenure.post, tenure.started_on) == (world.village.pk, "committee_member", SOME_DAY)
    assert (appointment.role, appointment.certificate_number) == (Appointment.Role.VILLAGE_MEMBER, "上岗 001")
    assert appointment.org_path == world.village.path
    assert AuditEntry.objects.filter(target_label="committees.appointment").count() == 1


@pytest.mark.parametrize(
    ("place", "post", "role"),
    [
        ("township", "committee_member", Appointment.Role.TOWNSHIP_MEMBER),
        ("village", "committee_member", Appointment.Role.COMMUNITY_MEMBER),
        ("village", "sunshine_tutor", Appointment.Role.SUNSHINE_TUTOR),
    ],
)
def test_the_role_follows_from_the_body_and_the_post(browse, world, place, post, role):
    world.village.place_kind = PlaceKind.COMMUNITY
    world.village.save()
    browse("director").post("member-add", world.orgs[place].pk, **engagement(post=post))
    assert Appointment.objects.get().role == role


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"identity": "neither"}, "身份"),
        ({"identity": "relative"}, "残疾亲友姓名"),
        ({"id_number": ""}, "请填写身份证号"),
        ({"id_number": NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")}, "校验码"),
        ({"id_number": "123"}, "18 位"),
        ({"sex": "2"}, "与身份证号不符"),
        (boxes("born_on", date(1981, 1, 1)), "与身份证号不符"),
        ({"certificate_number": id_number(3) + "44"}, "身份证号不一致"),
        ({"phone": "12"}, "不是电话"),
        (boxes("contract_to", date(2020, 1, 1)), "早于聘期起"),
        (boxes("started_on", date(2005, 1, 1)), "成立日期"),
        ({"name": "Zhang"}, "不是姓名"),
    ],
)
def test_an_engagement_that_cannot_be_is_refused_and_nothing_is_stored(browse, world, change, words):
    answer = browse("director").post("member-add", world.village.pk, **engagement(**change))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Worker.objects.exists()
    assert not Tenure.objects.exists()


def test_the_same_person_is_not_engaged_twice_at_once_and_nobody_learns_where(browse, world, engaged):
    answer = browse("other_clerk").post("member-add", world.other_village.pk, **engagement())
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "一个受聘岗位" in text
    # The bodies of both counties bear the same names: their addresses tell them apart.
    assert reverse("organisation-detail", args=[world.village.pk]) not in text
    assert reverse("organisation-detail", args=[world.township.pk]) not in text
    assert Tenure.objects.count() == 1


def test_a_person_who_left_elsewhere_is_found_again_by_the_number(browse, world, engaged):
    Tenure.objects.update(ended_on=date(2026, 6, 30))
    later = engagement(
        **boxes("started_on", date(2026, 7, 1)), **boxes("contract_from", date(2026, 7, 1)), address="新地址"
    )
    assert browse("other_clerk").post("member-add", world.other_village.pk, **later).status_code == 302
    assert Worker.objects.count() == 1
    assert Tenure.objects.filter(worker=engaged).count() == 2
    engaged.refresh_from_db()
    assert engaged.address == ""


def test_a_number_on_file_under_another_name_is_refused_without_the_name(browse, world, engaged):
    answer = browse("other_clerk").post("member-add", world.other_village.pk, **engagement(name="李四"))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "姓名与登记的不一致" in text
    assert "张三" not in text


def test_somebody_recorded_as_neither_disabled_nor_relative_is_not_engaged(browse, world, engaged):
    Tenure.objects.update(ended_on=date(2026, 6, 30))
    Worker.objects.update(identity=Identity.NEITHER)
    later = engagement(**boxes("started_on", date(2026, 7, 1)), **boxes("contract_from", date(2026, 7, 1)))
    answer = browse("director").post("member-add", world.village.pk, **later)
    assert answer.status_code == 422
    assert Tenure.objects.count() == 1


def test_engaging_takes_the_right_and_the_place(browse, world):
    assert browse("member").get("member-add", world.village.pk).status_code == 403
    assert browse("director").get("member-add", world.neighbour_village.pk).status_code == 404
    assert browse("director").get("member-add", world.village.pk).status_code == 200


# --- list -------------------------------------------------------------------------------------------


def test_the_list_shows_who_is_in_post_below_oneself(browse, world, engaged):
    assert names(browse("director").get("member-list")) == ["张三"]
    assert names(browse("neighbour").get("member-list")) == []
    text = browse("director").get("member-list").content.decode()
    assert "会师镇 东山村" in text
    assert NUMBER not in text


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ({"q": "三"}, True), ({"q": "zhangs"}, True), ({"q": "zs"}, True), ({"q": "李"}, False), ({"q": NUMBER}, False),
        ({"role": "village_member"}, True), ({"role": "township_member"}, False), ({"identity": "disabled"}, True),
        ({"certificate": "valid"}, True), ({"certificate": "none"}, False), ({"certificate": "expired"}, False),
        ({"contract": "soon"}, False), ({"state": "left"}, False), ({"state": "all"}, True),
    ],
)  # fmt: skip
def test_the_list_narrows(browse, engaged, query, is_found):
    assert bool(names(browse("director").get("member-list", **query))) is is_found


def test_what_runs_out_within_sixty_days_is_found_and_marked(browse, engaged):
    soon = TODAY + timedelta(days=30)
    Appointment.objects.update(contract_to=soon, certificate_expires_on=TODAY - timedelta(days=1))
    director = browse("director")
    assert names(director.get("member-list", contract="soon")) == ["张三"]
    assert names(director.get("member-list", certificate="expired")) == ["张三"]
    assert "过期" in director.get("member-list").content.decode()


def test_the_list_costs_the_same_queries_at_few_and_many_rows(browse, world, engaged, engage):
    director = browse("director")

    def cost():
        with CaptureQueriesContext(connection) as queries:
            answer = director.get("member-list")
        return len(queries), len(names(answer))

    cost()
    few, few_rows = cost()
    for number in range(60):
        made = engage("village", "committee_member", name=f"王{'一二三四五六七八九十'[number % 10]}")
        Appointment.objects.create(organisation=world.village, tenure=made, role="village_member")
    many, many_rows = cost()
    assert (few, few_rows, many_rows) == (many, 1, 50)
    assert many <= 15


# --- one person -------------------------------------------------------------------------------------


def test_the_page_of_a_person_masks_the_numbers_and_offers_to_reveal_them(browse, engaged):
    text = browse("director").get("member-detail", engaged.uid).content.decode()
    assert NUMBER not in text
    assert NUMBER[:6] + "********" in text
    assert reverse("reveal", args=["orgs.worker", engaged.uid, "id_number"]) in text
    viewer = browse("member").get("member-detail", engaged.uid).content.decode()
    assert reverse("reveal", args=["orgs.worker", engaged.uid, "id_number"]) not in viewer


def test_posts_at_bodies_one_does_not_see_stay_unseen(browse, world, engaged):
    Tenure.objects.create(
        worker=engaged, organisation=world.other_village, post="association_chair", started_on=date(2012, 1, 1)
    )
    page = browse("director").get("member-detail", engaged.uid)
    assert len(page.context["tenures"]) == 1
    assert browse("neighbour").get("member-detail", engaged.uid).status_code == 404


def test_a_person_is_corrected_and_the_change_kept(browse, engaged):
    director = browse("director")
    data = {"name": "张三", "sex": "1", "identity": "disabled", "address": "会师镇东街", "version": 1}
    assert director.get("member-edit", engaged.uid).status_code == 200
    assert director.post("member-edit", engaged.uid, **data).status_code == 302
    engaged.refresh_from_db()
    assert engaged.address == "会师镇东街"
    # What was left empty of the sealed numbers stays as it was.
    assert engaged.id_number.open_plain() == NUMBER
    assert director.post("member-edit", engaged.uid, **data | {"address": "别处"}).status_code == 409


def test_a_person_on_file_is_not_given_somebody_elses_number(browse, world, engaged):
    Worker.objects.create(name="李四", id_number=id_number(3))
    data = {"name": "张三", "sex": "1", "identity": "disabled", "id_number": id_number(3), "version": 1}
    answer = browse("director").post("member-edit", engaged.uid, **data)
    assert answer.status_code == 422
    assert "已登记给另一个人" in answer.content.decode()


def test_whoever_only_had_the_person_once_no_longer_changes_the_record(browse, world, engaged):
    Tenure.objects.update(ended_on=date(2026, 6, 30))
    assert browse("director").get("member-edit", engaged.uid).status_code == 200
    Tenure.objects.create(
        worker=engaged, organisation=world.other_village, post="committee_member", started_on=date(2026, 7, 1)
    )
    assert browse("director").get("member-edit", engaged.uid).status_code == 403
    assert browse("director").get("member-detail", engaged.uid).status_code == 200


def test_somebody_engaged_stays_disabled_or_a_relative(browse, engaged):
    answer = browse("director").post("member-edit", engaged.uid, name="张三", sex="1", identity="neither", version=1)
    assert answer.status_code == 422


# --- contract and end -------------------------------------------------------------------------------


def test_a_contract_is_corrected_with_its_tenure(browse, engaged):
    appointment = Appointment.objects.get()
    director = browse("director")
    data = {
        "role": "village_member", "employment": "fiscal_subsidy", "other_job": "网格员", "is_concurrent": "on",
        **boxes("started_on", date(2026, 4, 1)), **boxes("contract_from", SOME_DAY), "version": 1,
    }  # fmt: skip
    assert director.get("appointment-edit", appointment.pk).status_code == 200
    assert director.post("appointment-edit", appointment.pk, **data).status_code == 302
    appointment.refresh_from_db()
    tenure = Tenure.objects.get()
    assert (appointment.employment, tenure.started_on, tenure.other_job) == (
        "fiscal_subsidy",
        date(2026, 4, 1),
        "网格员",
    )
    assert director.post("appointment-edit", appointment.pk, **data | {"employment": ""}).status_code == 409


def test_a_member_leaves_with_a_reason_and_the_post_is_vacant_from_the_next_day(browse, world, engaged):
    tenure, director = Tenure.objects.get(), browse("director")
    assert director.get("member-end", tenure.pk).status_code == 200
    assert director.get("tenure-end", tenure.pk).url == reverse("member-end", args=[tenure.pk])
    silent = director.post("member-end", tenure.pk, **boxes("ended_on", SOME_DAY), ending="dismissed", reason="")
    assert silent.status_code == 422
    why = {"ending": "dismissed", "ground": "incapable", "reason": "连续缺勤"}
    done = director.post("member-end", tenure.pk, **boxes("ended_on", TODAY), **why)
    assert done.status_code == 302
    tenure.refresh_from_db()
    assert (tenure.ended_on, tenure.appointment.ending) == (TODAY, Appointment.Ending.DISMISSED)
    assert AuditEntry.objects.get(action="orgs.tenure.ended").reason == "解聘。不胜任工作。连续缺勤"
    assert "解聘" in director.get("member-detail", engaged.uid).content.decode()


@pytest.mark.parametrize("name", ["member-end", "tenure-end"])
def test_a_neighbour_ends_nobodys_post(browse, engaged, name):
    tenure = Tenure.objects.get()
    data = {**boxes("ended_on", TODAY), "ending": "resigned", "reason": "退休"}
    assert browse("neighbour").post(name, tenure.pk, **data).status_code in (403, 404)
    assert browse("other_clerk").post(name, tenure.pk, **data).status_code == 404
    assert browse("member").post(name, tenure.pk, **data).status_code == 403
    tenure.refresh_from_db()
    assert tenure.ended_on is None
