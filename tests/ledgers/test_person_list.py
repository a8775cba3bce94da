"""The list of persons: scope, filters, search, paging, counting; and the panel that leads to it."""

import random
from datetime import date
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from federation.shared.panels import panels_for
from ledgers import listing
from ledgers import search as searching
from ledgers.models import DisabledPerson
from ledgers.paging import ORDERS_OF_WIDE
from ledgers.search import search
from tests.ledgers.conftest import id_of

pytestmark = pytest.mark.django_db


# --- list ------------------------------------------------------------------------------------------
def listed(client, **query):
    response = client.get(reverse("person-list"), query)
    assert response.status_code == 200
    return [row["object"].name for row in response.context["table"].rows]


def test_a_member_lists_the_people_of_the_own_village_only(as_user, world, make_person):
    make_person(name="王国华")
    make_person(name="李建明", organisation=world.neighbour_village)
    client = as_user("member")
    assert listed(client) == ["王国华"]
    assert "李建明" not in client.get(reverse("person-list")).content.decode()


def test_an_association_officer_lists_the_own_category_only(as_user, world, make_person):
    make_person(name="王国华", category="4")
    make_person(name="李建明", category="1", certificate_number="")
    make_person(name="张多重", category="7", category_parts="14", certificate_number="")
    make_person(name="陈多重", category="7", category_parts="15", certificate_number="")
    assert listed(as_user("officer")) == ["王国华", "张多重"]


def test_the_list_masks_numbers(as_user, make_person):
    person = make_person()
    page = as_user("clerk").get(reverse("person-list")).content.decode()
    number = person.id_number.open_plain()
    assert number not in page and number[:6] + "*" * 8 + number[-4:] in page


def test_those_who_left_are_listed_only_when_asked_for(as_user, make_person):
    make_person(name="王国华")
    make_person(name="李去世", deceased_on=date(2022, 1, 1))
    client = as_user("clerk")
    assert listed(client) == ["王国华"]
    assert listed(client, state="ended") == ["李去世"]
    assert sorted(listed(client, state="all")) == ["李去世", "王国华"]


def test_every_filter_narrows_the_list(as_user, world, make_person):
    make_person(name="王国华", grade="1", ethnicity="")
    make_person(name="李建明", category="1", organisation=world.neighbour_village, sex="2", id_number=id_of(sex="2"))
    child = id_of("20150101", 3, "1")
    make_person(name="小明明", id_number=child, certificate_number="")
    DisabledPerson.objects.filter(name="李建明").update(failed_checks="sex")
    client = as_user("clerk")
    assert listed(client, category="1") == ["李建明"]
    assert listed(client, grade="1") == ["王国华"]
    assert listed(client, sex="2") == ["李建明"]
    assert listed(client, age="7-14") == ["小明明"]
    assert listed(client, quality="missing") == ["王国华"]
    assert listed(client, quality="failed") == ["李建明"]
    assert listed(client, quality="complete") == ["小明明"]
    assert listed(client, area=world.neighbour_township.pk) == ["李建明"]
    assert listed(client, area=world.village.pk) == ["王国华", "小明明"]
    assert listed(client, q="明") == ["李建明", "小明明"]
    assert listed(client, q="国华", category="4") == ["王国华"]
    assert listed(client, q="ljm") == ["李建明"]
    assert listed(client, q=child) == ["小明明"]


def test_an_area_outside_the_scope_is_not_offered_and_gives_nothing(as_user, world, make_person):
    make_person(name="王国华", organisation=world.other_village)
    client = as_user("clerk")
    response = client.get(reverse("person-list"), {"area": world.other_village.pk})
    assert response.context["table"].rows == []
    assert "王国华" not in response.content.decode()


def test_the_area_opens_one_level_at_a_time(as_user, world, make_person):
    client = as_user("clerk")

    def offered(**query):
        return {
            int(pk)
            for pk, _ in client.get(reverse("person-list"), query).context["filter_form"]["area"].field.choices
            if pk
        }

    assert offered() == {world.county.pk, world.township.pk, world.neighbour_township.pk}
    assert offered(area=world.township.pk) == {
        world.county.pk,
        world.township.pk,
        world.village.pk,
        world.village_second.pk,
    }
    assert world.village_second.pk in offered(area=world.village.pk)


def test_a_half_number_is_answered_with_what_to_type(as_user, make_person):
    make_person()
    response = as_user("clerk").get(reverse("person-list"), {"q": "62999919680"})
    assert "完整的号码" in response.content.decode() and response.context["table"].rows == []


def test_far_pages_are_reached_one_by_one_without_loss(as_user, world, make_person):
    DisabledPerson.objects.bulk_create(
        DisabledPerson(organisation=world.village, name=f"王{chr(0x4E00 + at % 40)}", registered_on=date(2020, 1, 1))
        for at in range(120)
    )
    client, seen, address = as_user("clerk"), [], reverse("person-list")
    while address:
        response = client.get(address)
        seen += [row["object"].pk for row in response.context["table"].rows]
        following = response.context["page"].next_url
        address = reverse("person-list") + following if following else ""
    assert len(seen) == 120 and len(set(seen)) == 120


def test_the_number_of_queries_is_the_same_at_60_and_150_rows_and_at_most_15(as_user, world, make_person):
    """One less where a page holds everybody and nothing is left to count."""
    client, taken, rows = as_user("clerk"), [], 0
    for wanted in (10, 60, 150):
        for _ in range(wanted - rows):
            make_person(name="王国华", organisation=world.village)
        rows = wanted
        client.get(reverse("person-list"))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("person-list"), {"q": "国"})
        taken.append(len(queries))
    assert taken[0] + 1 == taken[1] == taken[2] <= 15


def many(body, number: int):
    DisabledPerson.objects.bulk_create(
        DisabledPerson(organisation=body, name=f"王{chr(0x4E00 + at)}", registered_on=date(2020, 1, 1))
        for at in range(number)
    )


@pytest.mark.parametrize(("wide", "bound"), [(600, "EXAMINED"), (0, "EXAMINED_OF_WIDE")])
def test_counting_stops_at_its_bound_and_the_page_says_so(as_user, world, monkeypatch, wide, bound):
    monkeypatch.setattr(listing, "WIDE", wide)
    many(world.village, 60)
    client = as_user("clerk")
    monkeypatch.setattr(listing, bound, 55)
    assert "至少 56 条" in client.get(reverse("person-list")).content.decode()
    monkeypatch.setattr(listing, bound, 60)
    assert "共 60 条" in client.get(reverse("person-list")).content.decode()


def test_a_page_that_holds_everybody_says_how_many_however_far_was_counted(as_user, world, monkeypatch):
    many(world.village, 60)
    DisabledPerson.objects.filter(name__gt=f"王{chr(0x4E00 + 50)}").update(grade="1")
    monkeypatch.setattr(listing, "EXAMINED", 2)
    assert "共 9 条，本页 9 条" in as_user("clerk").get(reverse("person-list"), {"grade": "1"}).content.decode()


SORTED_BY = {
    "name": ("name_pinyin", "name"),
    "age": ("born_on",),
    "category": ("category", "grade", "name_pinyin"),
    "grade": ("grade", "category", "name_pinyin"),
    "village": ("org_path", "name_pinyin"),
    "review": ("next_review_on",),
    "changed": ("updated_at",),
}


def expected_order(rows, sort: str) -> list[int]:
    """By plain Python: who has no birth date (or review) comes last, whichever way one sorts."""
    name, falls = sort.lstrip("-"), sort.startswith("-") != (sort.lstrip("-") == "age")
    fields = SORTED_BY[name]
    known = [row for row in rows if getattr(row, fields[0]) is not None]
    unknown = [row for row in rows if getattr(row, fields[0]) is None]
    known.sort(key=lambda row: ([getattr(row, field) for field in fields], row.pk), reverse=falls)
    unknown.sort(key=lambda row: row.pk, reverse=falls)
    return [row.pk for row in known + unknown]


QUERIES = [
    {},
    *({"q": typed} for typed in ("国", "王", "w", "wg")),
    {"sort": "-name", "q": "国"},
    {"category": "1", "grade": "2"},
    *({"sort": f"{sign}{name}"} for name in SORTED_BY for sign in ("", "-")),
]
# (WIDE, NEAR, _MANY): whether scopes are wide, near ones, and whether what is looked for is frequent.
USUAL = [(0, 0, 20_000), (600, 0, 20_000)]
OF_SEARCHES = [*USUAL, (0, 0, 0), (600, 60, 20_000)]


@pytest.mark.parametrize(
    ("ways", "query"), [(ways, query) for query in QUERIES for ways in (OF_SEARCHES if "q" in query else USUAL)]
)
def test_pages_walked_one_way_or_the_other_are_the_same(as_user, world, monkeypatch, ways, query):
    """Forwards and back, in every order, merged from the parts of a search, in wide scopes and narrow ones."""
    wide, near, frequent = ways
    monkeypatch.setattr(listing, "WIDE", wide)
    monkeypatch.setattr(listing, "NEAR", near)
    monkeypatch.setattr(searching, "_MANY", frequent)
    chance = random.Random(5)
    for body in (world.village, world.neighbour_village, world.other_village):
        for _ in range(70):
            DisabledPerson.objects.create(
                organisation=body,
                name="".join(chance.choice("王国华旺") for _ in range(3)),
                registered_on="2020-01-01",
                category=chance.choice(["", "1", "7"]),
                grade=chance.choice("12"),
                born_on=chance.choice([None, date(1950, 1, 1), date(1990, 1, 1), date(1990, 1, 2)]),
                next_review_on=chance.choice([None, date(2030, 1, 1), date(2031, 1, 1)]),
            )
    client, address, pages = as_user("clerk"), reverse("person-list") + "?" + urlencode(query), []
    while address:
        response = client.get(address)
        pages.append([row["object"].pk for row in response.context["table"].rows])
        last, following = address, response.context["page"].next_url
        address = reverse("person-list") + following if following else ""
    chosen = {name: query[name] for name in ("category", "grade") if name in query}
    mine = search(DisabledPerson.objects.visible_to(world.clerk), query.get("q", "")).filter(**chosen)
    sort = query.get("sort", "name")
    if wide == 0 and sort.lstrip("-") not in ORDERS_OF_WIDE:
        sort = "name"
    expected = expected_order(mine, sort)
    if wide == 0 and sort.lstrip("-") == "name" and not query.get("q", "a").isascii():
        # Found by characters in a wide scope: by code points, not by pinyin.
        expected = list(mine.order_by(sort, sort.replace("name", "id")).values_list("pk", flat=True))
    assert [pk for page in pages for pk in page] == expected
    back = client.get(last).context["page"]
    if back.previous_url:
        earlier = client.get(reverse("person-list") + back.previous_url).context["table"].rows
        assert [row["object"].pk for row in earlier] == pages[-2]


def test_a_page_never_says_that_there_are_fewer_than_it_shows(as_user, world, monkeypatch):
    """The rows that are counted are others than those the order leads to."""
    monkeypatch.setattr(listing, "WIDE", 0)
    monkeypatch.setattr(listing, "EXAMINED_OF_WIDE", 60)
    many(world.village, 60)
    DisabledPerson.objects.filter(pk__in=DisabledPerson.objects.order_by("pk")[:55]).update(category="1")
    many(world.village, 70)
    page = as_user("clerk").get(reverse("person-list"), {"category": ""}).context["page"]
    assert page.total >= len(page.rows) == 50 and not page.whole
    DisabledPerson.objects.exclude(category="1").update(category="2")
    page = as_user("clerk").get(reverse("person-list"), {"category": "2"}).context["page"]
    assert (page.total, page.whole, len(page.rows)) == (50, False, 50)


def test_addresses_of_further_pages_hold_nothing_of_a_person(as_user, world, make_person):
    for number in range(51):
        make_person(name=f"王国{chr(0x4E00 + number)}")
    page = as_user("clerk").get(reverse("person-list"), {"sort": "age"}).context["page"]
    last = page.rows[-1]
    assert page.next_url == f"?sort=age&after={last.uid}"


def test_a_cursor_from_outside_the_scope_shows_the_first_page(as_user, world, make_person):
    make_person(name="王国华")
    foreign = make_person(name="安国华", organisation=world.other_village)
    for cursor in (foreign.uid, "00000000-0000-4000-8000-000000000000", "没有", ""):
        assert listed(as_user("clerk"), after=cursor) == ["王国华"]


# --- panel on the organisation page ---------------------------------------------------------------------
def test_an_organisation_shows_its_registered_people_by_category(world, make_person):
    make_person()
    make_person(category="1", certificate_number="")
    make_person(category="1", certificate_number="", organisation=world.neighbour_village)
    make_person(deceased_on=date(2022, 1, 1))

    def counted(body, user):
        found = [each for each in panels_for("organisation", body, user) if each["panel"].name == "persons"]
        shown = found[0]["context"]
        return shown["total"], {each["word"]: each["count"] for each in shown["categories"] if each["count"]}

    assert counted(world.county, world.clerk) == (3, {"视力": 2, "肢体": 1})
    assert counted(world.township, world.director) == (2, {"视力": 1, "肢体": 1})
    assert counted(world.county, world.officer) == (1, {"肢体": 1})


def test_kept_counts_of_a_province_are_those_of_the_readers_own_scope(world, make_person):
    make_person()
    make_person(organisation=world.other_village)

    def total(user):
        found = [each for each in panels_for("organisation", world.city, user) if each["panel"].name == "persons"]
        return found[0]["context"]["total"]

    assert (total(world.viewer), total(world.clerk), total(world.viewer)) == (2, 1, 2)
