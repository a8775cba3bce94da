"""What was typed and not sent: kept as typed, own only, found again after days, told where two windows meet."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from federation.shared import retention
from federation.shared.models import AuditEntry, ChangeRecord
from ledgers.drafts import title_of, typed_in
from ledgers.models import DisabledPerson, PersonDraft
from tests.ledgers.test_pages import boxes, edit_data, form_data, url

pytestmark = pytest.mark.django_db

WRONG = {"id_number": "62999919680403", "born_on_year": "一九六八", "category_parts": ["1", "4"], "name": "王123"}


@pytest.fixture
def save(as_user):
    """Press 存草稿 as somebody on a page."""

    def press(role, page, data):
        return as_user(role).post(page, {**data, "action": "draft"})

    return press


def value_in(page, name):
    return page.context["form"][name].value()


def test_a_draft_keeps_exactly_what_was_typed_right_or_wrong(as_user, world, save):
    answer = save("member", reverse("person-add"), form_data(world.village, **WRONG))
    draft = PersonDraft.objects.get()
    assert answer["Location"] == f"{reverse('person-add')}?draft={draft.uid}"
    assert not DisabledPerson.objects.exists()
    page = as_user("member").get(answer["Location"])
    assert (value_in(page, "id_number"), value_in(page, "name")) == ("62999919680403", "王123")
    assert value_in(page, "category_parts") == ["1", "4"] and value_in(page, "born_on")[0] == "一九六八"
    html = page.content.decode()
    assert "存的草稿，还没有提交" in html and "field-error" not in html and page.status_code == 200


def test_a_draft_lies_sealed_and_neither_log_nor_history_holds_what_was_typed(world, save):
    save("member", reverse("person-add"), form_data(world.village, name="王国华"))
    draft = PersonDraft.objects.get()
    raw = bytes(draft.payload.token) + bytes(draft.name.token)
    assert "王国华".encode() not in raw and b"629999" not in raw
    entries = list(AuditEntry.objects.filter(action="ledgers.draft.kept"))
    assert len(entries) == 1 and "王国华" not in entries[0].canonical()
    assert not ChangeRecord.objects.filter(label="ledgers.persondraft").exists()


def test_an_empty_form_may_be_kept_too(world, save):
    assert save("member", reverse("person-add"), {}).status_code == 302
    draft = PersonDraft.objects.get()
    assert (title_of(draft), draft.organisation) == ("（还没有填姓名）", world.village)


def test_submitting_a_draft_registers_the_person_and_removes_it(as_user, world, save):
    save("member", reverse("person-add"), form_data(world.village, **WRONG))
    draft = PersonDraft.objects.get()
    data = form_data(world.village, draft=draft.uid, draft_version=draft.version)
    assert as_user("member").post(reverse("person-add"), data).status_code == 302
    assert DisabledPerson.objects.get().state == "submitted"
    assert not PersonDraft.objects.exists()
    assert AuditEntry.objects.filter(action="ledgers.draft.deleted").count() == 1


def test_a_refused_submission_leaves_the_draft(as_user, world, save):
    save("member", reverse("person-add"), form_data(world.village))
    draft = PersonDraft.objects.get()
    data = form_data(world.village, draft=draft.uid, draft_version=1, sex="2")
    page = as_user("member").post(reverse("person-add"), data)
    assert page.status_code == 422 and PersonDraft.objects.count() == 1
    assert value_in(page, "draft") == str(draft.uid)


def test_nobody_else_sees_opens_changes_or_deletes_a_draft(as_user, world, save):
    save("member", reverse("person-add"), form_data(world.village, name="王国华"))
    draft = PersonDraft.objects.get()
    for role in ("township_member", "director", "clerk"):
        client = as_user(role)
        assert "王国华" not in client.get(reverse("draft-list")).content.decode()
        page = client.get(f"{reverse('person-add')}?draft={draft.uid}").content.decode()
        assert "王国华" not in page and "没有找到这份草稿" in page
        assert client.post(reverse("draft-delete", args=[draft.uid])).status_code == 404
        sent = form_data(world.village, draft=draft.uid, draft_version=1, action="draft")
        assert client.post(reverse("person-add"), sent).status_code == 409
    assert (PersonDraft.objects.get().version, typed_in(PersonDraft.objects.get())["name"]) == (1, "王国华")


def test_the_own_list_opens_and_deletes(as_user, world, save, make_person):
    person = make_person()
    save("member", reverse("person-add"), form_data(world.village, name="安国华"))
    save("member", url("person-edit", person), edit_data(person, name="包国华"))
    client = as_user("member")
    page = client.get(reverse("draft-list")).content.decode()
    assert "安国华" in page and "包国华" in page and f"{url('person-edit', person)}?draft=" in page
    draft = PersonDraft.objects.get(person=None)
    assert client.post(reverse("draft-delete", args=[draft.uid]), {"sure": "yes"}).status_code == 302
    assert list(PersonDraft.objects.values_list("person", flat=True)) == [person.pk]


# --- of a file on record ----------------------------------------------------------------------------
def test_a_draft_of_a_change_leaves_the_file_alone_and_is_offered_when_it_is_opened(as_user, make_person, save):
    person = make_person()
    save("member", url("person-edit", person), edit_data(person, skills="编织"))
    person.refresh_from_db()
    assert (person.skills, person.version, person.state) == ("", 1, "approved")
    page = as_user("member").get(url("person-edit", person)).content.decode()
    draft = PersonDraft.objects.get()
    assert f'href="?draft={draft.uid}"' in page
    assert value_in(as_user("member").get(f"{url('person-edit', person)}?draft={draft.uid}"), "skills") == "编织"


def test_a_draft_of_days_ago_meets_the_conflict_page_when_the_file_was_changed_since(as_user, make_person, save):
    person = make_person()
    born = boxes("born_on", person.born_on)
    save("member", url("person-edit", person), edit_data(person, skills="编织", **born))
    as_user("clerk").post(url("person-edit", person), edit_data(person, grid="一网格", **born))
    draft = PersonDraft.objects.get()
    client = as_user("member")
    page = client.get(f"{url('person-edit', person)}?draft={draft.uid}")
    assert "提交时会请您核对两边的内容" in page.content.decode()
    assert page.context["form"].data["version"] == "1"
    data = edit_data(person, skills="编织", draft=draft.uid, draft_version=draft.version, **born)
    answer = client.post(url("person-edit", person), data)
    assert answer.status_code == 409 and "一网格" in answer.content.decode()
    assert PersonDraft.objects.count() == 1
    data |= {"version": 2, "base": 1, "resolving": "yes", "choice-skills": "mine", "choice-grid": "theirs"}
    assert client.post(url("person-edit", person), data).status_code == 302
    person.refresh_from_db()
    assert (person.skills, person.grid) == ("编织", "一网格")
    assert not PersonDraft.objects.exists()


# --- two windows ------------------------------------------------------------------------------------
def test_of_two_windows_on_one_draft_the_later_is_told_and_may_then_replace_it(as_user, world, save):
    save("member", reverse("person-add"), form_data(world.village, name="安国华"))
    uid = PersonDraft.objects.get().uid
    first = form_data(world.village, name="包国华", draft=uid, draft_version=1)
    later = form_data(world.village, name="陈国华", draft=uid, draft_version=1)
    assert save("member", reverse("person-add"), first).status_code == 302
    told = save("member", reverse("person-add"), later)
    assert told.status_code == 409 and "在另一个窗口里存过" in told.content.decode()
    assert value_in(told, "name") == "陈国华", "what was typed stays on the page"
    assert typed_in(PersonDraft.objects.get())["name"] == "包国华"
    later["draft_version"] = value_in(told, "draft_version")
    assert save("member", reverse("person-add"), later).status_code == 302
    assert typed_in(PersonDraft.objects.get())["name"] == "陈国华"


def test_a_second_draft_of_one_file_is_told_of_the_first(world, make_person, save):
    person = make_person()
    save("member", url("person-edit", person), edit_data(person, skills="编织"))
    told = save("member", url("person-edit", person), edit_data(person, skills="刺绣"))
    assert told.status_code == 409 and value_in(told, "draft") == str(PersonDraft.objects.get().uid)
    assert typed_in(PersonDraft.objects.get())["skills"] == "编织"


def test_a_draft_submitted_in_one_window_is_not_submitted_again_from_the_other(as_user, world, save):
    number = ""
    save("member", reverse("person-add"), form_data(world.village, id_number=number))
    draft = PersonDraft.objects.get()
    data = form_data(world.village, id_number=number, certificate_number="", draft=draft.uid, draft_version=1)
    client = as_user("member")
    assert client.post(reverse("person-add"), data).status_code == 302
    told = client.post(reverse("person-add"), data)
    assert told.status_code == 422 and "已在另一个窗口里提交或删除" in told.content.decode()
    assert DisabledPerson.objects.count() == 1
    data |= {"draft": value_in(told, "draft"), "action": "distinct", "distinct_reason": "同名同日出生"}
    data["distinct_from"] = str(DisabledPerson.objects.get().uid)
    assert client.post(reverse("person-add"), data).status_code == 302, "who insists is believed"


# --- while one types --------------------------------------------------------------------------------
def autosave(client, **data):
    return client.post(reverse("draft-save"), data)


def test_the_script_is_answered_with_the_number_and_what_to_say(as_user, world):
    client = as_user("member")
    first = autosave(client, name="王").json()
    assert first["text"].startswith("已自动保存 ") and first["draft_version"] == 1
    second = autosave(client, name="王国", draft=first["draft"], draft_version=1).json()
    assert (second["draft"], second["draft_version"]) == (first["draft"], 2)
    assert typed_in(PersonDraft.objects.get())["name"] == "王国"
    stale = autosave(client, name="王", draft=first["draft"], draft_version=1)
    assert stale.status_code == 409 and "在另一个窗口里存过" in stale.json()["text"]
    assert (stale.json()["draft"], stale.json()["draft_version"]) == (first["draft"], "2")


def test_saving_while_one_types_writes_one_entry_in_the_log(as_user, world):
    client = as_user("member")
    uid = autosave(client, name="王").json()["draft"]
    for version in range(1, 6):
        autosave(client, name="王" * version, draft=uid, draft_version=version)
    assert AuditEntry.objects.filter(action__startswith="ledgers.draft").count() == 1


def test_the_endpoint_keeps_to_the_scope_and_to_a_sensible_size(as_user, world, make_person):
    foreign = make_person(organisation=world.neighbour_village)
    client = as_user("member")
    assert autosave(client, name="王", person=foreign.uid).status_code == 404
    assert autosave(client, name="王", person="no-such").status_code == 404
    long = autosave(client, remark="长" * 40_000)
    assert long.status_code == 422 and "太长" in long.json()["text"]
    assert as_user("auditor").post(reverse("draft-save"), {"name": "王"}).status_code == 403
    assert not PersonDraft.objects.exists()


def test_a_draft_of_a_change_by_the_script_remembers_the_version_it_began_from(as_user, make_person):
    person = make_person()
    autosave(as_user("member"), name="王", person=person.uid, version=1)
    draft = PersonDraft.objects.get()
    assert (draft.person, draft.base_version, draft.organisation) == (person, 1, person.organisation)


def test_another_village_of_the_own_area_takes_the_draft_there(as_user, world):
    client = as_user("township_member")
    uid = autosave(client, name="王").json()["draft"]
    assert PersonDraft.objects.get().organisation == world.township
    autosave(client, name="王", organisation=world.village_second.pk, draft=uid, draft_version=1)
    assert PersonDraft.objects.get().org_path == world.village_second.path
    autosave(client, name="王", organisation=world.neighbour_village.pk, draft=uid, draft_version=2)
    assert PersonDraft.objects.get().organisation == world.township


def test_the_start_page_counts_drafts_and_there_is_a_limit_to_them(as_user, world, monkeypatch):
    monkeypatch.setattr("ledgers.drafts.MOST", 2)
    client = as_user("member")
    for name in ("安", "包"):
        assert autosave(client, name=name).status_code == 200
    assert "我的草稿：2 份" in client.get(reverse("home")).content.decode()
    assert "已有 2 份草稿" in autosave(client, name="陈").json()["text"]
    assert PersonDraft.objects.count() == 2
    assert "不要的在“处理”一列删除" in client.get(reverse("draft-list")).content.decode()


def test_few_places_left_are_told_of_before_the_limit(as_user, monkeypatch):
    monkeypatch.setattr("ledgers.drafts.MOST", 7)
    client = as_user("member")
    autosave(client, name="安")
    assert "还能再存" not in client.get(reverse("draft-list")).content.decode()
    autosave(client, name="包")
    assert "您还能再存 5 份" in client.get(reverse("draft-list")).content.decode()
    assert "您还能再存 5 份" in client.get(reverse("home")).content.decode()


def test_the_list_shows_the_days_left_and_the_start_page_warns_as_the_nightly_run_counts(as_user, world):
    client = as_user("member")
    autosave(client, name="安")
    autosave(client, name="包")
    page = client.get(reverse("draft-list")).content.decode()
    assert (
        page.count("180 天</span>") == 2 and "会自动删除</strong>" not in client.get(reverse("home")).content.decode()
    )
    first, second = PersonDraft.objects.order_by("pk")
    for draft, days in ((first, 170), (second, 181)):
        PersonDraft.objects.filter(pk=draft.pk).update(updated_at=timezone.now() - timedelta(days=days))
    page = client.get(reverse("draft-list")).content.decode()
    assert "10 天，请尽快提交" in page and "今晚删除，请尽快提交" in page
    assert "2 份 14 天内会自动删除" in client.get(reverse("home")).content.decode()
    due = {kept.name: number for kept, number in retention.counts_due()}
    assert due["ledgers.drafts"] == 1, "the one that the list says goes tonight"
