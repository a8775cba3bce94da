"""What the importer chooses at the preview: the way of writing, people from elsewhere, words for headings."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from federation.shared import retention
from federation.shared.jobs import run_now
from federation.shared.models import AuditEntry, ChangeRecord, RosterImport, RosterSynonym, StagedBlock
from federation.shared.rosters import course as steps
from federation.shared.rosters import roster_of, services
from federation.shared.rosters.resource import RosterRefused
from federation.shared.rosters.synonyms import add_synonym
from ledgers.models import DisabledPerson, Transfer
from tests.rosters.people import person, roster_file

State = RosterImport.State
PERSONS = "persons"


# --- the way of writing ---------------------------------------------------------------------------


def test_the_way_of_writing_is_changed_at_the_preview_and_says_what_it_would_do(course, as_user, world):
    sent = course.send(roster_file([person(0), person(1, 性别="女"), person(2)]))
    client = as_user("clerk")
    assert (
        reverse("roster-mode", args=[sent.pk]) in client.get(reverse("roster-detail", args=[sent.pk])).content.decode()
    )
    page = client.get(reverse("roster-mode", args=[sent.pk])).content.decode()
    assert "正确的 2 行写入，有错误的 1 行不写入" in page
    client.post(reverse("roster-mode", args=[sent.pk]))
    sent.refresh_from_db()
    assert (sent.mode, sent.may_be_confirmed) == (RosterImport.Mode.CORRECT_ROWS, True)
    entry = AuditEntry.objects.get(action="rosters.import.mode_chosen")
    assert (entry.before, entry.after) == ({"mode": "all_or_nothing"}, {"mode": "correct_rows"})
    done = course.confirm(sent)
    assert (done.state, DisabledPerson.objects.count()) == (State.DONE, 2)
    with pytest.raises(RosterRefused, match="不能再改写入方式"):
        steps.choose_mode(done, mode="all_or_nothing", by=world.clerk)


# --- people registered elsewhere --------------------------------------------------------------------


@pytest.fixture
def registered(course):
    """Two people of the neighbouring township's village."""
    course.written(roster_file([person(n, 乡镇="郭城驿镇") for n in range(2)]))
    return list(DisabledPerson.objects.order_by("pk"))


def test_a_township_asks_for_people_whom_its_file_finds_elsewhere(township_course, as_user, world, registered):
    sent = township_course.send(roster_file([person(0), person(1), person(2)]))
    assert (sent.transfer_count, sent.report["within"]) == (2, 0)
    client, url = as_user("director"), reverse("roster-transfers", args=[sent.pk])
    page = client.get(url).content.decode()
    assert 'name="row" value="2"' in page
    assert "郭城驿" not in page, "where they are is not told"
    client.post(url, {"row": ["3"], "which": "chosen"})
    transfer = Transfer.objects.get()
    assert (transfer.person, transfer.to_organisation, transfer.asked_by_receiver) == (
        registered[1],
        world.village,
        True,
    )
    client.post(url, {"which": "all"})
    assert set(Transfer.objects.values_list("person", flat=True)) == {row.pk for row in registered}
    assert set(DisabledPerson.objects.values_list("organisation", flat=True)) == {world.neighbour_village.pk}


def test_a_name_that_differs_asks_for_nobody(township_course, as_user, registered):
    sent = township_course.send(roster_file([person(0, 姓名="李别人")]))
    client = as_user("director")
    answer = client.post(reverse("roster-transfers", args=[sent.pk]), {"which": "all"}, follow=True)
    assert not Transfer.objects.exists()
    assert "1 人没有申请" in answer.content.decode()


def test_people_of_the_own_area_pass_only_where_that_was_chosen(course, world, registered):
    data = roster_file([person(0), person(2)])
    silent = course.written(data)
    assert silent.report["within"] == 1
    registered[0].refresh_from_db()
    assert registered[0].organisation == world.neighbour_village
    sent = course.send(roster_file([person(0), person(3)]))
    steps.begin_confirming(sent, by=world.clerk, take_in=True, post=False)
    sent.refresh_from_db()
    run_now(sent.job)
    sent.refresh_from_db()
    registered[0].refresh_from_db()
    assert (sent.state, sent.report["taken_in"]) == (State.DONE, 1)
    assert (registered[0].organisation, registered[0].org_path) == (world.village, world.village.path)
    assert Transfer.objects.get().state == "accepted"
    record = ChangeRecord.objects.filter(label="ledgers.disabledperson", object_id=registered[0].pk).last()
    assert "organisation" in record.changes


def test_the_confirming_page_offers_the_choice_to_who_may_decide(course, as_user, world, registered):
    sent = course.send(roster_file([person(0), person(2)]))
    page = as_user("clerk").get(reverse("roster-confirm", args=[sent.pk])).content.decode()
    assert "同时转入本范围内的人（1 人）" in page
    page = as_user("administrator").get(reverse("roster-confirm", args=[sent.pk])).content.decode()
    assert "同时转入" not in page
    with pytest.raises(RosterRefused, match="没有办理转入的权限"):
        services.ask_for_rows(sent, rows=None, at_once=True, by=world.administrator)


def test_a_file_of_people_from_elsewhere_alone_says_so(course, as_user, registered):
    sent = course.send(roster_file([person(0), person(1)]))
    assert not sent.may_be_confirmed
    page = as_user("clerk").get(reverse("roster-detail", args=[sent.pk])).content.decode()
    assert "有 2 人在别处登记，没有改动" in page
    as_user("clerk").post(reverse("roster-transfers", args=[sent.pk]), {"which": "all", "at_once": "1"})
    assert Transfer.objects.filter(state="accepted").count() == 2


# --- what a change shows ------------------------------------------------------------------------------


def test_every_changed_field_is_shown_in_words_and_masked(course, as_user):
    first = {"残疾类别": "多重", "多重残疾包含": "视力、肢体", "联系电话": "13900000011", "残疾人证号": None}
    course.written(roster_file([person(0, **first)]))
    now = {"多重残疾包含": "听力、肢体", "联系电话": "13911110011", "文化程度": "初中", "现住址": "新家园 5 号"}
    sent = course.send(roster_file([person(0, **first | now)]))
    page = as_user("clerk").get(reverse("roster-detail", args=[sent.pk]) + "?show=changed").content.decode()
    for words in ("视力、肢体 → 听力、肢体", "小学 → 初中", "东山村0号 → 新家园 5 号", "（遮盖的几位有变化）"):
        assert words in page
    assert "13911110011" not in page


# --- words for headings -------------------------------------------------------------------------------


def test_an_unknown_heading_is_made_known_and_the_file_checked_again(course, as_user, world):
    row = person(0)
    row["何种残疾"] = row.pop("残疾类别")
    sent = course.send(roster_file([row]))
    assert ["何种残疾", ""] in sent.report["unknown"]
    link = f"{reverse('roster-synonym-add')}?import={sent.pk}&heading=0"
    detail = reverse("roster-detail", args=[sent.pk])
    assert link.replace("&", "&amp;") not in as_user("clerk").get(detail).content.decode()
    client = as_user("administrator")
    assert link.replace("&", "&amp;") in client.get(detail).content.decode()
    form = client.get(link).context["form"]
    assert form["word"].value() == "何种残疾"
    answer = client.post(link, {"column": "persons.category", "word": "何种残疾"})
    assert answer.url == detail
    steps.check_again(sent, by=world.clerk, post=False)
    sent.refresh_from_db()
    run_now(sent.job)
    sent.refresh_from_db()
    assert (sent.state, sent.report["unknown"]) == (State.CHECKED, [])
    course.confirm(sent)
    assert DisabledPerson.objects.get().category == "4"


@pytest.mark.parametrize(
    ("field", "word", "reason"),
    [
        ("category", "姓 名", "已经是“姓名”的写法"),
        ("category", "残疾类别：", "已经认得"),
        ("category", "错误", "总是跳过"),
        ("category", " ＊ ", "没有写表头"),
        ("no_such", "何种残疾", "没有这一列"),
    ],
)
def test_a_word_that_means_something_already_is_refused(world, field, word, reason):
    with pytest.raises(ValidationError, match=reason):
        add_synonym(roster=roster_of(PERSONS), field=field, word=word, by=world.administrator)
    assert not RosterSynonym.objects.exists()


def test_one_added_word_means_one_column(world):
    add_synonym(roster=roster_of(PERSONS), field="category", word="何种残疾", by=world.administrator)
    with pytest.raises(ValidationError, match="已经是“残疾类别”的写法"):
        add_synonym(roster=roster_of(PERSONS), field="cause", word="何种 残疾", by=world.administrator)
    add_synonym(roster=roster_of("members"), field="name", word="何种残疾", by=world.administrator)


def test_a_word_is_listed_and_deleted_with_an_entry(as_user, world):
    word = add_synonym(roster=roster_of(PERSONS), field="category", word="何种残疾", by=world.administrator)
    client = as_user("administrator")
    url = f"{reverse('roster-synonym-delete')}?word={word.pk}"
    page = client.get(f"{reverse('roster-synonyms')}?kind=persons").content.decode()
    assert "何种残疾" in page
    assert url in page
    assert client.get(url).status_code == 200
    client.post(url)
    assert not RosterSynonym.objects.exists()
    assert AuditEntry.objects.filter(action="shared.rostersynonym.deleted").count() == 1
    assert as_user("clerk").get(reverse("roster-synonyms")).status_code == 403


def test_a_word_that_the_program_has_since_learned_for_another_column_is_no_conflict(course, world):
    RosterSynonym.objects.create(kind=PERSONS, field="cause", word="残疾类型", compared="残疾类型")
    row = person(0)
    row["残疾类型"] = row.pop("残疾类别")
    course.written(roster_file([row]))
    assert DisabledPerson.objects.get().category == "4"


# --- how long an import can be taken back ----------------------------------------------------------------


def test_after_ninety_days_an_import_is_not_taken_back_and_the_page_says_why(course, as_user, world):
    done = course.written(roster_file([person(0)]))
    RosterImport.objects.update(confirmed_at=timezone.now() - datetime.timedelta(days=91))
    kept = next(kept for kept in retention.all_kept() if kept.name == "rosters.written")
    assert kept.due_now().count() == 1
    assert kept.remove(kept.due_now()) == 1
    assert not StagedBlock.objects.exists()
    assert kept.due_now().count() == 0
    with pytest.raises(RosterRefused, match="已超过 90 天"):
        steps.begin_undoing(done, by=world.clerk, post=False)
    page = as_user("clerk").get(reverse("roster-detail", args=[done.pk])).content.decode()
    assert "已超过 90 天" in page
    assert reverse("roster-undo", args=[done.pk]) not in page
    assert "内容已按规定期限删除" in page
    assert DisabledPerson.objects.count() == 1


def test_until_then_it_is(course):
    done = course.written(roster_file([person(0)]))
    RosterImport.objects.update(confirmed_at=timezone.now() - datetime.timedelta(days=89))
    kept = next(kept for kept in retention.all_kept() if kept.name == "rosters.written")
    assert kept.remove(kept.due_now()) == 0
    assert course.undo(done).state == State.UNDONE
