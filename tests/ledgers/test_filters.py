"""Every filter of the list of persons: what it finds, what it refuses, what is shown of it."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from ledgers import listing
from ledgers.filter_form import BOOLEANS, DICTIONARIES, UNFILLED, WORDED, PersonFilterForm
from ledgers.filters import PersonFilter
from ledgers.models import DisabledPerson
from ledgers.models.persons import COMMON
from ledgers.paging import ORDERS
from orgs.models import Post, Tenure, Worker
from tests.ledgers.conftest import id_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True, params=[600, 0], ids=["narrow", "wide"])
def scope(request, monkeypatch):
    """A wide scope is read another way (ledgers/listing.py); what it finds is the same."""
    monkeypatch.setattr(listing, "WIDE", request.param)
    return request.param


only_narrow = pytest.mark.parametrize("scope", [600], indirect=True)
only_wide = pytest.mark.parametrize("scope", [0], indirect=True)


def page_of(client, **query):
    response = client.get(reverse("person-list"), query)
    assert response.status_code == 200
    return response


def listed(client, **query):
    return sorted(row["object"].name for row in page_of(client, **query).context["table"].rows)


def born(years_ago: int, days: int = 0):
    today = timezone.localdate()
    return today.replace(year=today.year - years_ago) + timedelta(days=days)


@only_narrow
def test_every_dictionary_of_the_form_is_a_filter():
    chosen = {
        field.name
        for field in DisabledPerson._meta.concrete_fields
        if field.choices and field.name not in ("state", "consent_kind")
    }
    assert chosen | set(WORDED) == set(DICTIONARIES)
    flags = {
        field.name for field in DisabledPerson._meta.concrete_fields if field.get_internal_type() == "BooleanField"
    }
    assert flags == set(BOOLEANS)


@pytest.mark.parametrize("name", DICTIONARIES)
def test_a_dictionary_filter_finds_each_of_its_values_and_what_nobody_filled_in(as_user, world, make_person, name):
    values = list(WORDED.get(name, dict(DisabledPerson._meta.get_field(name).choices or ())))
    for value in ["", *values]:
        person = make_person(certificate_number="")
        DisabledPerson.objects.filter(pk=person.pk).update(**{name: value, "name": f"王{value or UNFILLED}"})
    for value in [UNFILLED, *values]:
        assert listed(as_user("clerk"), **{name: value}) == [f"王{value}"], value


@pytest.mark.parametrize("name", BOOLEANS)
def test_a_yes_or_no_filter_finds_both(as_user, make_person, name):
    # Young ones: of sixty on, 老残一体 follows from the birth date.
    make_person(name="王是", id_number=id_of("19900403", 1), **{name: True})
    make_person(name="王否", id_number=id_of("19900403", 2))
    assert (listed(as_user("clerk"), **{name: "yes"}), listed(as_user("clerk"), **{name: "no"})) == (["王是"], ["王否"])


def test_a_free_range_of_ages_takes_both_ends_and_narrows_the_band(as_user, make_person):
    for name, day in {"王十七": born(18, 1), "王十八": born(18), "王三十": born(31, 1), "王卅一": born(31)}.items():
        make_person(name=name, id_number=id_of(), born_on=day, certificate_number="")
        DisabledPerson.objects.filter(name=name).update(id_number_index=None)
    client = as_user("clerk")
    assert listed(client, age_from="18") == sorted(["王十八", "王三十", "王卅一"])
    assert listed(client, age_to="18") == sorted(["王十七", "王十八"])
    assert listed(client, age_from="18", age_to="30") == sorted(["王十八", "王三十"])
    assert listed(client, age="18-59", age_to="18") == ["王十八"]


def test_reviews_that_are_overdue_or_soon_or_between_two_days(as_user, make_person):
    today = timezone.localdate()
    days = {"王过期": -1, "王今天": 0, "王六十": 60, "王以后": 61}
    for name, away in days.items():
        make_person(name=name, next_review_on=today + timedelta(days=away))
    make_person(name="王没有")
    client = as_user("clerk")
    assert listed(client, review="overdue") == ["王过期"]
    assert listed(client, review="soon") == sorted(["王今天", "王六十"])
    between = {"review_from": str(today), "review_to": f"{today.year}年{today.month}月{today.day}日"}
    assert listed(client, **between) == ["王今天"]


def test_one_missing_field_and_one_failed_check_can_be_asked_for(as_user, make_person):
    make_person(name="王缺族", ethnicity="")
    without_number = make_person(name="王缺证", certificate_number="")
    without_number.id_number = ""
    without_number.save()
    make_person(name="王缺生", born_on=None)
    make_person(name="王多重", category="7", certificate_number="")
    sound = make_person(name="王甲")
    DisabledPerson.objects.filter(pk=sound.pk).update(failed_checks="certificate_id,sex")
    client = as_user("clerk")
    assert listed(client, missing="ethnicity") == ["王缺族"]
    assert "王缺证" in listed(client, missing="id_number") and "王甲" not in listed(client, missing="id_number")
    assert listed(client, missing="born_on") == ["王缺生"]
    assert listed(client, failed="category_parts_missing") == ["王多重"]
    assert listed(client, failed="sex") == listed(client, failed="certificate_id") == ["王甲"]
    assert listed(client, failed="certificate") == []


def test_who_left_is_found_by_how(as_user, make_person):
    make_person(name="王迁出", moved_away_on=date(2022, 1, 1))
    make_person(name="王去世", deceased_on=date(2022, 1, 1))
    make_person(name="王注销", cancelled_on=date(2022, 1, 1))
    make_person(name="王在册")
    client = as_user("clerk")
    assert listed(client, state="moved") == ["王迁出"]
    assert listed(client, state="deceased") == ["王去世"]
    assert listed(client, state="cancelled") == ["王注销"]


def test_grid_parts_of_a_multiple_disability_and_visits(as_user, make_person):
    make_person(name="王网格", grid="第一网格", last_visited_on=date(2026, 5, 1))
    make_person(
        name="王多重", category="7", category_parts="14", certificate_number="", last_visited_on=date(2026, 1, 1)
    )
    make_person(name="王未访")
    client = as_user("clerk")
    assert listed(client, grid="第一网格") == ["王网格"]
    assert listed(client, part="4") == ["王多重"] and listed(client, part="2") == []
    assert listed(client, visited_before="2026-5-1") == sorted(["王多重", "王未访"])
    assert listed(client, visited_before="20260502") == sorted(["王多重", "王未访", "王网格"])


def test_the_member_in_charge_is_found_by_name_within_ones_own_area(as_user, world, make_person):
    def worker_at(body):
        worker = Worker.objects.create(name="周委员")
        Tenure.objects.create(worker=worker, organisation=body, post=Post.COMMITTEE_MEMBER, started_on=date(2020, 1, 1))
        return worker

    make_person(name="王国华", member_in_charge=worker_at(world.village))
    make_person(name="李建明")
    assert listed(as_user("clerk"), member="周委员") == ["王国华"]
    assert listed(as_user("clerk"), member="吴委员") == []


def test_the_member_in_charge_is_not_asked_of_who_may_not_see_members(as_user, make_person):
    make_person(name="王国华")
    page = page_of(as_user("officer"), member="周委员")
    assert "member" not in page.context["filter_form"].fields
    assert [row["object"].name for row in page.context["table"].rows] == ["王国华"]


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ({"category": "9"}, "category", "没有“9”这一项"),
        ({"housing": "palace"}, "housing", "没有“palace”这一项"),
        ({"has_living_subsidy": "maybe"}, "has_living_subsidy", "从列表中选择"),
        ({"state": "lost"}, "state", "没有“lost”这一项"),
        ({"missing": "name"}, "missing", "没有“name”这一项"),
        ({"age_from": "-1"}, "age_from", "0 到 150"),
        ({"age_from": "十"}, "age_from", "0 到 150"),
        ({"age_from": "30", "age_to": "20"}, "age_to", "请核对"),
        ({"review_from": "2026-02-30"}, "review_from", "不是一个日期"),
        ({"review_from": "2027-1-1", "review_to": "2026-1-1"}, "review_to", "请核对"),
    ],
)
def test_a_value_that_is_no_choice_is_an_error_at_its_field(as_user, make_person, query, field, words):
    make_person()
    page = page_of(as_user("clerk"), **query)
    assert words in page.context["filter_form"].errors[field][0]
    assert page.context["table"].rows == [] and words in page.content.decode()
    always = field in PersonFilterForm.ALWAYS
    assert ('<details class="more" open>' in page.content.decode()) is not always


def test_the_rare_conditions_open_when_one_of_them_is_set(as_user, db):
    client = as_user("clerk")
    assert '<details class="more" open>' not in page_of(client, category="1").content.decode()
    assert '<details class="more" open>' in page_of(client, category="1", housing="rented").content.decode()


@only_narrow
def test_what_is_chosen_is_shown_and_each_of_it_can_be_taken_away(as_user, world, make_person):
    make_person()
    query = {"category": "4", "age_from": "18", "area": world.township.pk, "q": "国", "sort": "-age", "state": "all"}
    chips = {chip["name"]: chip for chip in page_of(as_user("clerk"), **query).context["chips"]}
    assert {name: chip["word"] for name, chip in chips.items()} == {
        "q": "国", "area": "会师镇", "category": "肢体", "age_from": "18", "state": "全部",
    }  # fmt: skip
    for name, chip in chips.items():
        left = as_user("clerk").get(reverse("person-list") + chip["url"])
        assert {each["name"] for each in left.context["chips"]} == set(chips) - {name}
        assert left.context["page"].sort == "-age"


@only_narrow
def test_a_wide_scope_offers_the_orders_an_index_leads_to(as_user, make_person, monkeypatch):
    make_person()
    client = as_user("clerk")

    def offered(page):
        return {each["value"].removeprefix("-") for each in page.context["orders_shown"]}

    assert offered(page_of(client, sort="-age")) == set(ORDERS)
    monkeypatch.setattr(listing, "WIDE", 0)
    wide = page_of(client, sort="-age")
    assert offered(wide) == {"name", "village", "changed"} and wide.context["page"].sort == "name"


def test_every_filter_keeps_to_the_scope(as_user, world, make_person):
    make_person(name="王外人", organisation=world.other_village, housing="rented")
    make_person(name="王本村", housing="rented")
    assert listed(as_user("member"), housing="rented", state="all") == ["王本村"]
    make_person(name="李视力", housing="rented", category="1", certificate_number="")
    assert listed(as_user("officer"), housing="rented") == ["王本村"]


@only_narrow
def test_an_empty_field_is_drawn_once_and_what_somebody_typed_every_time(world):
    def drawn(**typed):
        form = PersonFilterForm({"state": "current", **typed}, user=world.clerk)
        assert form.is_valid() or typed
        return form.always() + "".join(fields for _heading, fields in form.groups())

    blank = drawn()
    assert blank == drawn()
    chosen = drawn(grade="2", grid="第一网格", age_from="x", care="no-such")
    assert '<option value="2" selected>' in chosen and 'value="第一网格"' in chosen
    assert "年龄请填 0 到 150 之间的整数" in chosen and "没有“no-such”这一项" in chosen
    assert drawn() == blank


@only_wide
def test_what_few_people_have_is_found_by_its_index_in_a_wide_scope(world):
    """On both databases the plan names it; PostgreSQL is kept from walking a table of no rows from end to end."""
    for name, (value, *_) in {name: sorted(rare(name)) for name in COMMON}.items():
        chosen = PersonFilter({name: value}, request=SimpleNamespace(user=world.clerk))
        assert chosen.form.is_valid()
        rows = chosen.rows_walked(DisabledPerson.objects.walked_by_name()).filter(chosen.narrowing_of_walk())
        keys = rows.order_by("name_pinyin", "name", "id").values_list("name_pinyin", "name", "id")[:51]
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL enable_seqscan = off")
                cursor.execute("SET LOCAL enable_bitmapscan = off")
                cursor.execute("SET LOCAL enable_sort = off")
        assert f"person_{name} " in keys.explain().replace("\n", " ") + " ", name


def rare(name: str) -> set[str]:
    return {value for value, _word in DisabledPerson._meta.get_field(name).choices} - {"", *COMMON[name]}
