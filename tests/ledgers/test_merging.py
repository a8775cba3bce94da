"""Two files of one person: found, told at the entry, made one, and two again exactly as they were."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from federation.shared.history import save_versioned
from federation.shared.models import AuditEntry
from ledgers.duplicates import LIKENESSES, read_groups, similar_to
from ledgers.households import create_household
from ledgers.merging import KEPT, REMOVED, merge_persons, pairs_of, undo_merge
from ledgers.models import Attachment, DisabledPerson, DistinctPair, PersonDraft, PersonMerge, Transfer
from ledgers.transfers import offer_person
from tests.ledgers.conftest import id_of
from tests.ledgers.test_pages import form_data, url

pytestmark = pytest.mark.django_db


def again(row):
    return type(row).objects.get(pk=row.pk)


def whole(row) -> dict:
    """Every column of a row, sealed ones in plain; without the moment of the last save."""
    values = {}
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        values[field.attname] = value.open_plain() if hasattr(value, "open_plain") else value
        if isinstance(values[field.attname], memoryview):
            values[field.attname] = bytes(value)
    return values


@pytest.fixture
def twins(make_person):
    """One person registered twice: the second time with a wrong number and more on the form."""
    first = make_person(id_number=id_of("19680403", 11), skills="", yearly_income=None, remark="")
    second = make_person(
        id_number=id_of("19680403", 12), skills="编织", yearly_income="3200.50", last_visited_on=date(2026, 3, 1),
        is_extreme_poverty_support=True, phone="13800005678",
    )  # fmt: skip
    return first, second


def scan(person, kind="certificate") -> Attachment:
    return Attachment.objects.create(
        organisation=person.organisation, person=person, kind=kind, content_type="image/png", size=1, sha256="0",
        stored_path="x",
    )  # fmt: skip


def merge(world, kept, removed, by=None, **choices):
    return merge_persons(kept=kept, removed=removed, choices=choices, reason="重复登记", by=by or world.clerk)


# --- found ----------------------------------------------------------------------------------------
def test_files_alike_are_found_in_the_own_scope_only(world, make_person):
    person = make_person(id_number=id_of("19680403", 11), guardian_phone="13911112222")
    same_birth = make_person(id_number=id_of("19680403", 12))
    same_certificate = make_person(name="安国华", certificate_number=f"{id_of('19680403', 11)}42")
    same_guardian = make_person(guardian_phone="13911112222")
    elsewhere = make_person(id_number=id_of("19680403", 13), organisation=world.neighbour_village)
    gone = make_person(id_number=id_of("19680403", 14), moved_away_on=date(2025, 1, 1))
    assert set(similar_to(person, world.member)) == {same_birth, same_certificate, same_guardian}
    assert set(similar_to(person, world.clerk)) == {same_birth, same_certificate, same_guardian, elsewhere}
    assert gone not in similar_to(person, world.clerk)


@pytest.mark.parametrize("name", LIKENESSES)
def test_groups_of_a_page_cost_as_many_questions_however_many_they_are(world, make_person, name):
    def pair(order):
        numbers = [id_of("19680403", 2 * order + each) for each in (0, 1)]
        same = {"certificate_number": f"{numbers[0]}42", "guardian_phone": f"1391111{order:04d}"}
        return [make_person(id_number=number, name=f"王{'甲乙丙丁戊己庚'[order]}", **same) for number in numbers]

    rows = DisabledPerson.objects.visible_to(world.director)
    counts = []
    for order in range(7):
        pair(order)
        if order in (1, 6):
            with CaptureQueriesContext(connection) as queries:
                page = read_groups(rows, LIKENESSES[name], 1, "?")
            counts.append(len(queries))
            assert [len(group) for group in page.groups] == [2] * (order + 1)
    assert counts[0] == counts[1] <= 3


def test_the_page_of_duplicates_shows_the_own_area_and_offers_the_merge_to_who_may(as_user, world, twins, make_person):
    make_person(id_number=id_of("19680403", 31), name="别处某某", organisation=world.neighbour_village)
    make_person(id_number=id_of("19680403", 32), name="别处某某", organisation=world.neighbour_village)
    page = as_user("director").get(reverse("duplicate-list")).content.decode()
    assert "王国华（2 份）" in page and "别处某某" not in page and "/merge/" not in page
    page = as_user("clerk").get(reverse("duplicate-list")).content.decode()
    assert "别处某某（2 份）" in page and f"{url('person-merge', twins[0])}?with={twins[1].uid}" in page
    assert as_user("member").get(reverse("duplicate-list")).status_code == 403


def test_similar_files_are_told_before_a_new_one_is_stored_and_a_button_goes_on(as_user, world, make_person):
    known = make_person(id_number=id_of("19680403", 11), current_address="东山村九组")
    client = as_user("member")
    data = form_data(world.village, id_number=id_of("19680403", 41))
    asked = client.post(reverse("person-add"), data)
    page = asked.content.decode()
    assert asked.status_code == 422 and url("person-detail", known) in page and "姓名和出生日期相同" in page
    assert DisabledPerson.objects.count() == 1
    answer = {**data, "action": "distinct", "distinct_from": str(known.uid)}
    without = client.post(reverse("person-add"), answer)
    assert without.status_code == 422 and "请写明为什么不是同一个人" in without.content.decode()
    assert DisabledPerson.objects.count() == 1
    answer["distinct_reason"] = "孪生兄弟"
    assert client.post(reverse("person-add"), answer).status_code == 302
    assert DisabledPerson.objects.count() == 2
    shown = client.get(url("person-detail", known)).content.decode()
    assert "可能是同一个人" not in shown and "已认定不是同一个人" in shown and "孪生兄弟" in shown


def test_somebody_alike_who_was_not_shown_is_asked_about_before_the_answer_counts(as_user, world, make_person):
    shown, later = make_person(id_number=id_of("19680403", 11)), make_person(id_number=id_of("19680403", 12))
    data = form_data(world.village, id_number=id_of("19680403", 41))
    answer = {**data, "action": "distinct", "distinct_from": str(shown.uid), "distinct_reason": "孪生兄弟"}
    asked = as_user("member").post(reverse("person-add"), answer)
    assert asked.status_code == 422 and url("person-detail", later) in asked.content.decode()
    assert DisabledPerson.objects.count() == 2 and not DistinctPair.objects.exists()


def test_somebody_alike_elsewhere_is_not_told(as_user, world, make_person):
    make_person(id_number=id_of("19680403", 11), organisation=world.neighbour_village)
    data = form_data(world.village, id_number=id_of("19680403", 41))
    assert as_user("member").post(reverse("person-add"), data).status_code == 302


# --- made one -------------------------------------------------------------------------------------
def test_what_is_empty_is_taken_from_the_other_and_the_rest_as_chosen(world, twins):
    first, second = twins
    chosen = {pair.name: pair.chosen for pair in pairs_of(first, second)}
    assert (chosen["skills"], chosen["yearly_income"], chosen["id_number"]) == (REMOVED, REMOVED, KEPT)
    choices = {**chosen, "id_number": REMOVED, "certificate_number": REMOVED}
    merge_persons(kept=first, removed=second, choices=choices, reason="号码录错", by=world.clerk)
    kept = DisabledPerson.objects.get()
    assert kept.pk == first.pk and kept.id_number.open_plain() == id_of("19680403", 12)
    assert (kept.skills, str(kept.yearly_income), kept.phone.open_plain()) == ("编织", "3200.50", "13800001234")
    assert DisabledPerson.objects.id_number_taken(id_of("19680403", 12))
    assert not DisabledPerson.objects.id_number_taken(id_of("19680403", 11))
    actions = AuditEntry.objects.filter(actor_id=world.clerk.pk).values_list("action", flat=True)
    assert {"ledgers.person.merged", "ledgers.person.merged_away"} <= set(actions)


def test_numbers_that_look_alike_under_their_masks_are_told_apart(twins):
    pair = next(each for each in pairs_of(*twins) if each.name == "phone")
    assert pair.kept == "138****1234" and pair.removed == "138****5678"
    twins[1].phone = "13900001234"
    twins[0].phone = "13911111234"
    pair = next(each for each in pairs_of(*twins) if each.name == "phone")
    assert pair.kept != pair.removed and "139****1234" in pair.kept


def test_what_hangs_on_the_file_that_goes_passes_over(world, twins):
    first, second = twins
    mine, photo, theirs = scan(first, "photo"), scan(second, "photo"), scan(second)
    offer = {"to_body": world.village_second, "moved_on": date(2026, 1, 1), "reason": "搬家"}
    old = offer_person(person=second, by=world.member, **offer)
    Transfer.objects.filter(pk=old.pk).update(state="withdrawn")
    merge(world, first, again(second))
    assert {again(row).person for row in (mine, photo, theirs, old)} == {first}
    assert [again(row).kind for row in (mine, photo, theirs)] == ["photo", "other", "certificate"]


def test_values_that_contradict_each_other_are_refused(world, twins, make_person):
    first = twins[0]
    third = make_person(id_number=id_of("19750606", 5))
    with pytest.raises(ValidationError, match="出生日期"):
        merge(world, first, third, id_number=REMOVED, born_on=KEPT)
    assert DisabledPerson.objects.count() == 3 and not PersonMerge.objects.exists()


def test_a_file_changed_since_it_was_read_or_under_transfer_is_not_merged(world, twins):
    first, second = twins
    changed = again(second)
    changed.skills = "刺绣"
    save_versioned(changed, by=world.member)
    with pytest.raises(ValidationError, match="又被改过"):
        merge(world, first, second)
    offer_person(person=first, to_body=world.other_village, moved_on=date(2026, 1, 1), reason="搬家", by=world.member)
    with pytest.raises(ValidationError, match="正在办理转移"):
        merge(world, first, again(second))
    with pytest.raises(ValidationError, match="不能与自己"):
        merge(world, first, first)


# --- two again ------------------------------------------------------------------------------------
def test_an_undo_restores_both_files_exactly(world, twins):
    first, second = twins
    create_household(first=first, others=[second.pk], by=world.member)
    first, second = again(first), again(second)
    photos = [scan(first, "photo"), scan(second, "photo")]
    draft = PersonDraft(organisation=second.organisation, person=second, base_version=1, created_by=world.member)
    draft.payload, draft.name = "name=甲", "甲"
    draft.save()
    before = {row.pk: whole(again(row)) for row in (first, second)}
    draft_before = whole(again(draft))
    done = merge(world, first, second, id_number=REMOVED, certificate_number=REMOVED, phone=REMOVED, skills=REMOVED)
    assert not PersonDraft.objects.exists() and again(first).household_disabled == 1
    undo_merge(merge=again(done), by=world.clerk)
    after = {row.pk: whole(again(row)) for row in (first, second)}
    for pk in before:
        # The versions go on counting: the merge, its undo, and the household counted again.
        beside = {"version", "updated_at"}
        assert {name: value for name, value in after[pk].items() if name not in beside} == {
            name: value for name, value in before[pk].items() if name not in beside
        }
    assert whole(again(draft)) == draft_before
    assert [(again(row).person, again(row).kind) for row in photos] == [(first, "photo"), (second, "photo")]
    with pytest.raises(ValidationError, match="撤销"):
        undo_merge(merge=again(done), by=world.clerk)


def test_after_a_change_an_undo_says_why_not(as_user, world, twins):
    first, second = twins
    done = merge(world, first, second)
    client = as_user("clerk")
    page = reverse("merge-undo", args=[done.uid])
    assert "恢复原样" in client.get(page).content.decode()
    kept = again(first)
    kept.skills = "刺绣"
    save_versioned(kept, by=world.member)
    assert "又被修改过，不能撤销" in client.get(page).content.decode()
    assert "又被修改过，不能撤销" in client.get(url("person-detail", first)).content.decode()
    assert client.post(page).status_code == 422
    assert DisabledPerson.objects.count() == 1


def test_of_two_merges_the_later_is_undone_first(world, make_person):
    rows = [make_person(id_number=id_of("19680403", order)) for order in (11, 12, 13)]
    inner = merge(world, rows[1], rows[2])
    outer = merge(world, rows[0], again(rows[1]))
    with pytest.raises(ValidationError, match="先撤销后面"):
        undo_merge(merge=again(inner), by=world.clerk)
    undo_merge(merge=again(outer), by=world.clerk)
    undo_merge(merge=again(inner), by=world.clerk)
    assert DisabledPerson.objects.count() == 3


def test_a_number_registered_elsewhere_meanwhile_stops_the_undo_in_a_sentence(as_user, world, make_person):
    wrong, right = make_person(id_number=id_of("19680403", 11)), make_person(id_number=id_of("19680403", 12))
    done = merge(world, wrong, right, id_number=REMOVED, certificate_number=REMOVED)
    make_person(id_number=id_of("19680403", 11))
    with pytest.raises(ValidationError, match="留下的那份登记表合并以前的身份证号又登记在别处"):
        undo_merge(merge=again(done), by=world.clerk)
    assert as_user("clerk").post(reverse("merge-undo", args=[done.uid])).status_code == 422
    assert DisabledPerson.objects.count() == 2


def test_the_removed_file_lies_sealed(world, twins):
    done = merge(world, *twins)
    with connection.cursor() as cursor:
        cursor.execute("SELECT payload FROM ledgers_personmerge WHERE id = %s", [done.pk])
        stored = bytes(cursor.fetchone()[0])
    assert "编织".encode() not in stored and b"13800005678" not in stored and b"skills" not in stored


# --- by the pages ---------------------------------------------------------------------------------
def test_the_clerk_merges_by_the_pages_without_scripts(as_user, world, twins):
    first, second = twins
    client = as_user("clerk")
    page = url("person-merge", first)
    assert f"?with={second.uid}" in client.get(page).content.decode()
    assert f"?with={second.uid}" in client.get(page, {"q": "王国华"}).content.decode()
    preview = client.get(f"{page}?with={second.uid}")
    html = preview.content.decode()
    assert "第二份：编织" in html and id_of("19680403", 12) not in html
    form = preview.context["form"]
    data = {name: form[name].value() for name in form.fields if name != "reason"}
    assert client.post(f"{page}?with={second.uid}", data).status_code == 422
    assert client.post(f"{page}?with={second.uid}", {**data, "reason": "重复登记"}).status_code == 302
    assert DisabledPerson.objects.get().skills == "编织"
    shown = client.get(url("person-detail", first)).content.decode()
    assert "撤销这次合并" in shown
    client.post(reverse("merge-undo", args=[PersonMerge.objects.get().uid]))
    assert DisabledPerson.objects.count() == 2


def test_a_file_of_another_county_is_not_there_to_be_merged(as_user, world, twins, make_person):
    foreign = make_person(organisation=world.other_village, name="别处某某")
    client = as_user("clerk")
    page = url("person-merge", twins[0])
    assert client.get(f"{page}?with={foreign.uid}").status_code == 404
    assert "别处某某" not in client.get(page, {"q": "别处某某"}).content.decode().replace('value="别处某某"', "")
    assert as_user("director").get(page).status_code == 403
