"""Pages of bodies and of their posts, each asked for and sent as a browser does."""

from datetime import date
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from federation.shared.models import AuditEntry
from orgs.models import (
    BodyKind,
    Budget,
    Level,
    Organisation,
    PlaceKind,
    Plaque,
    Regulation,
    ResponsibilityLetter,
    Tenure,
)
from tests.conftest import TODAY
from tests.orgs.conftest import boxes

SOME_DAY = date(2026, 3, 1)


def shown(answer):
    return [row["object"].pk for row in answer.context["table"].rows]


# --- list -------------------------------------------------------------------------------------------


def test_the_list_opens_at_ones_own_body_and_its_direct_children(browse, world):
    answer = browse("clerk").get("organisation-list")
    assert shown(answer) == [world.county.pk, world.township.pk, world.neighbour_township.pk, world.association.pk]


@pytest.mark.parametrize("typed", ["东山", "东山村残疾人协会", "dongshan", "dsc"])
def test_a_body_is_found_by_part_of_its_name_its_pinyin_and_its_initials(browse, world, typed):
    Organisation.objects.filter(short_name="东山村").update(name_pinyin="dongshancun", name_initials="dsc")
    answer = browse("clerk").get("organisation-list", q=typed)
    assert set(shown(answer)) == {world.village.pk, world.neighbour_village.pk}


def test_a_body_is_found_by_the_beginning_of_its_code(browse, world):
    assert shown(browse("clerk").get("organisation-list", q="620422101")) == [
        world.neighbour_township.pk,
        world.neighbour_village.pk,
        world.neighbour_village_second.pk,
    ]


def test_the_search_shows_nobody_elses_bodies(browse, world):
    assert set(shown(browse("director").get("organisation-list", q="东山"))) == {world.village.pk}


def test_the_choices_of_places_stay_in_scope(browse, world):
    choices = browse("director").get("organisation-list").context["filter_form"].fields["area"].choices
    assert {value for value, _word in choices if value} == {
        str(world.township.pk),
        str(world.village.pk),
        str(world.village_second.pk),
    }
    foreign = browse("director").get("organisation-list", area=world.neighbour_township.pk)
    assert shown(foreign) == []


def test_the_list_narrows_by_place_level_kind_and_state(browse, world):
    clerk = browse("clerk")
    world.village.abolished_on = date(2020, 1, 1)
    world.village.save()
    assert shown(clerk.get("organisation-list", area=world.township.pk)) == [world.township.pk, world.village_second.pk]
    assert world.village.pk not in shown(clerk.get("organisation-list", level=Level.VILLAGE))
    assert shown(clerk.get("organisation-list", state="abolished")) == [world.village.pk]
    assert shown(clerk.get("organisation-list", body_kind=BodyKind.SPECIALISED_ASSOCIATION)) == [world.association.pk]
    everything = Organisation.objects.under(world.county.path).count()
    assert len(shown(clerk.get("organisation-list", reach="all", state="any"))) == everything


def test_the_list_costs_the_same_queries_at_few_and_many_rows(browse, world):

    clerk = browse("clerk")

    def cost():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = clerk.get("organisation-list", area=world.township.pk, reach="all")
        return len(queries), len(answer.context["table"].rows)

    cost()  # The first request of a log-in also writes its session.
    few, few_rows = cost()
    township = Organisation.objects.get(pk=world.township.pk)
    for number in range(60):
        Organisation.objects.add_child(
            township, {"name": f"村{number}", "level": 5, "body_kind": BodyKind.VILLAGE_ASSOCIATION}
        )
    many, many_rows = cost()
    assert (few, few_rows, many_rows) == (many, 3, 50)
    assert many <= 15


# --- one body ---------------------------------------------------------------------------------------


def test_the_page_of_a_body_shows_what_is_missing_with_where_to_add_it(browse, world):
    text = browse("clerk").get("organisation-detail", world.township.pk).content.decode()
    assert "没有“信访接待”制度" in text
    assert reverse("fact-add", args=[world.township.pk, "regulation"]) + "?kind=petition" in text
    assert reverse("tenure-add", args=[world.township.pk]) + "?post=director" in text
    assert reverse("member-add", args=[world.township.pk]) + "?post=committee_member" in text
    assert "没有登记牌子" in text


def test_what_has_been_registered_is_no_longer_missing(browse, world, engage):
    engage("village", "committee_member")
    Plaque.objects.create(organisation=world.village, hung_on=SOME_DAY)
    Regulation.objects.create(organisation=world.village, kind="study", issued_on=SOME_DAY)
    missing = [item["text"] for item in browse("clerk").get("organisation-detail", world.village.pk).context["missing"]]
    assert "没有登记牌子" not in missing
    assert "没有“学习”制度" not in missing
    assert "没有“工作”制度" in missing
    assert not any(text.startswith("专职委员空缺") for text in missing)
    assert any(text.startswith("协会主席空缺") for text in missing)


def test_the_names_of_the_bodies_above_are_shown_and_linked_only_where_they_may_be_opened(browse, world):
    text = browse("member").get("organisation-detail", world.village.pk).content.decode()
    assert "会宁县" in text
    assert reverse("organisation-detail", args=[world.county.pk]) not in text
    clerk = browse("clerk").get("organisation-detail", world.village.pk).content.decode()
    assert reverse("organisation-detail", args=[world.county.pk]) in clerk


def test_a_reader_without_the_right_to_edit_gets_no_links_to_add(browse, world):
    text = browse("viewer").get("organisation-detail", world.township.pk).content.decode()
    assert "/add/" not in text
    assert "没有登记牌子" in text


def test_a_county_counts_the_bodies_below_its_townships(browse, world):
    children = browse("clerk").get("organisation-detail", world.county.pk).context["children"]["rows"]
    assert [(child["label"], child["below"]) for child in children] == [("会师镇", 2), ("郭城驿镇", 2)]


def test_a_county_shows_which_associations_are_not_set_up(browse, world):
    page = browse("clerk").get("organisation-detail", world.county.pk)
    assert [item["is_set_up"] for item in page.context["associations"]] == [False, False, True, False, False]
    assert "没有设立盲人协会" in page.content.decode()


def test_the_page_of_a_body_costs_the_same_queries_however_much_it_owns(browse, world, engage):
    clerk = browse("clerk")

    def cost():
        with CaptureQueriesContext(connection) as queries:
            clerk.get("organisation-detail", world.township.pk)
        return len(queries)

    def own(count, first):
        for number in range(first, first + count):
            Regulation.objects.create(organisation=world.township, kind="study", issued_on=SOME_DAY)
            Budget.objects.create(organisation=world.township, year=1990 + number, source="fiscal", allocated_amount=1)
            ResponsibilityLetter.objects.create(
                organisation=world.township, year=1990 + number, upper_party=world.county
            )
            engage("township", "deputy_director", name=f"副理{number}", since=date(1990 + number, 1, 1))

    own(2, 0)
    cost()
    few = cost()
    own(15, 2)
    assert cost() == few


# --- set up, change, abolish ------------------------------------------------------------------------


def test_a_clerk_sets_up_a_village_below_a_township_named_by_rule(browse, world):
    answer = browse("clerk").post(
        "organisation-add", world.township.pk, level=5, short_name="南山村", code="620422100299", place_kind=""
    )
    body = Organisation.objects.get(code="620422100299")
    assert answer.status_code == 302
    assert (body.name, body.place_kind, body.body_kind) == (
        "南山村残疾人协会",
        PlaceKind.VILLAGE,
        BodyKind.VILLAGE_ASSOCIATION,
    )
    assert body.name_initials == "nsc"
    assert Organisation.objects.get_parent(body).pk == world.township.pk
    assert AuditEntry.objects.filter(target_label="orgs.organisation", target_id=str(body.pk)).exists()
    assert Organisation.objects.find_problems() == ([], [], [], [], [])


def test_a_code_that_is_taken_and_a_level_above_the_parents_are_refused(browse, world):
    clerk = browse("clerk")
    taken = clerk.post("organisation-add", world.township.pk, level=5, short_name="南山村", code=world.village.code)
    above = clerk.post("organisation-add", world.township.pk, level=3, short_name="乙县")
    assert (taken.status_code, above.status_code) == (422, 422)
    assert "已有机构使用" in taken.content.decode()
    assert not Organisation.objects.filter(short_name__in=["南山村", "乙县"]).exists()


def test_setting_up_a_body_takes_the_right_and_the_place(browse, world):
    assert browse("director").get("organisation-add", world.township.pk).status_code == 403
    assert browse("clerk").get("organisation-add", world.other_township.pk).status_code == 404


def test_an_association_is_set_up_under_its_federation_once(browse, world):
    clerk = browse("clerk")
    assert clerk.post("association-add", world.county.pk, association_category="1").status_code == 302
    body = Organisation.objects.get(association_category="1")
    assert (body.name, body.federation_id, body.level) == ("会宁县盲人协会", world.county.pk, Level.COUNTY)
    again = clerk.post("association-add", world.county.pk, association_category="1")
    assert again.status_code == 422


def test_a_changed_body_keeps_its_history(browse, world):
    answer = browse("director").post(
        "organisation-edit", world.township.pk, short_name="会师镇", name="会师镇残疾人联合会", place_kind="town",
        code=world.township.code, address="会师镇东街 1 号", phone="0943-3221234", party_body="", version=1,
    )  # fmt: skip
    assert answer.status_code == 302
    world.township.refresh_from_db()
    assert (world.township.address, world.township.version) == ("会师镇东街 1 号", 2)
    history = browse("director").get("organisation-history", world.township.pk).content.decode()
    assert "会师镇东街 1 号" in history


def test_two_people_changing_one_body_are_shown_the_conflict(browse, world):
    data = {"short_name": "会师镇", "name": "会师镇残疾人联合会", "place_kind": "town", "code": world.township.code}
    director = browse("director")
    director.post("organisation-edit", world.township.pk, **data, address="甲街", version=1)
    second = director.post("organisation-edit", world.township.pk, **data, address="乙街", version=1)
    assert second.status_code == 409
    world.township.refresh_from_db()
    assert world.township.address == "甲街"


def test_a_body_with_live_bodies_below_or_people_in_post_is_not_abolished(browse, world, engage):
    clerk = browse("clerk")
    data = {**boxes("abolished_on", SOME_DAY), "reason": "会政发〔2026〕3 号"}
    below = clerk.post("organisation-abolish", world.township.pk, **data)
    assert "下面还有 2 个机构" in below.content.decode()
    tenure = engage("village", "association_chair")
    held = clerk.post("organisation-abolish", world.village.pk, **data)
    assert "还有 1 人在任" in held.content.decode()
    tenure.ended_on = date(2026, 2, 1)
    tenure.save()
    assert clerk.post("organisation-abolish", world.village.pk, **data).status_code == 302
    world.village.refresh_from_db()
    assert world.village.abolished_on == SOME_DAY
    entry = AuditEntry.objects.get(action="orgs.organisation.abolished")
    assert entry.reason == "会政发〔2026〕3 号"


# --- posts ------------------------------------------------------------------------------------------


def test_a_director_takes_up_the_post_and_leaves_it_again(browse, world):
    director = browse("director")
    data = {"post": "director", "name": "孙丽", "other_job": "社会事务中心主任", **boxes("started_on", SOME_DAY)}
    assert director.get("tenure-add", world.township.pk, post="director").status_code == 200
    assert director.post("tenure-add", world.township.pk, **data).status_code == 302
    tenure = Tenure.objects.select_related("worker").get()
    assert (tenure.worker.name, tenure.worker.name_pinyin) == ("孙丽", "sunli")
    assert "孙丽" in director.get("organisation-detail", world.township.pk).content.decode()
    early = director.post("tenure-end", tenure.pk, **boxes("ended_on", date(2020, 1, 1)), reason="调动")
    assert early.status_code == 422
    assert director.post("tenure-end", tenure.pk, **boxes("ended_on", TODAY), reason="调动").status_code == 302
    tenure.refresh_from_db()
    assert tenure.ended_on == TODAY
    assert AuditEntry.objects.get(action="orgs.tenure.ended").reason == "调动"


def test_a_wrongly_entered_post_is_corrected_and_an_engagement_is_not_corrected_here(browse, world, engage):
    director = browse("director")
    tenure = engage("township", "director", name="孙丽")
    data = {"post": "deputy_director", **boxes("started_on", SOME_DAY), "version": 1}
    assert director.get("tenure-edit", tenure.pk).status_code == 200
    assert director.post("tenure-edit", tenure.pk, **data | {"post": "committee_member"}).status_code == 422
    assert director.post("tenure-edit", tenure.pk, **data).status_code == 302
    tenure.refresh_from_db()
    assert (tenure.post, tenure.started_on, tenure.version) == ("deputy_director", SOME_DAY, 2)
    assert director.post("tenure-edit", tenure.pk, **data | {"term": "三届"}).status_code == 409
    engaged = engage("township", "committee_member", name="张三")
    assert director.get("tenure-edit", engaged.pk).status_code == 404


def test_an_association_is_not_set_up_below_the_county(browse, world):
    clerk = browse("clerk")
    assert clerk.get("association-add", world.township.pk).status_code == 302
    assert clerk.post("association-add", world.township.pk, association_category="1").status_code == 422


def test_a_village_member_may_not_record_posts_and_a_neighbour_does_not_find_the_page(browse, world):
    assert browse("member").get("tenure-add", world.village.pk).status_code == 403
    assert browse("director").get("tenure-add", world.neighbour_village.pk).status_code == 404


def test_the_list_of_vacancies_counts_days_and_narrows_by_post(browse, world, engage):
    engage("township", "director", until=date(2026, 11, 1))
    answer = browse("director").get("vacancy-list", post="director")
    rows = answer.context["table"].rows
    assert [row["object"].organisation.pk for row in rows] == [world.township.pk]
    assert rows[0]["object"].vacancy.since == date(2026, 11, 2)
    assert browse("director").get("vacancy-list", area=world.neighbour_township.pk).context["table"].rows == []


def test_vacancies_are_downloaded_by_who_may_and_only_their_own(browse, world):
    assert browse("officer").get("export-now", "vacancies").status_code == 403
    answer = browse("director").get("export-now", "vacancies", post="director")
    book = load_workbook(BytesIO(b"".join(answer.streaming_content)))
    assert "职务：理事长" in book.active["A3"].value
    bodies = {row[0].value for row in book.active.iter_rows(min_row=5)}
    assert "会师镇残疾人联合会" in bodies
    assert "郭城驿镇残疾人联合会" not in bodies
