"""Consent, requests about one's own data, files whose period is over."""

import datetime

import pytest
from django.core.management import call_command
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from federation.shared import retention
from federation.shared.history import save_versioned
from federation.shared.models import AuditEntry, ChangeRecord, Submission
from ledgers import consent, requests
from ledgers.documents.village_forms import forms_of
from ledgers.exports import person_rows
from ledgers.merging import merge_persons
from ledgers.models import DisabledPerson, Erasure, ErasureProposal, PersonDraft, PersonRequest

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FEDERATION_ERASURE_LIST = tmp_path / "erasures.txt"


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def ask(person, by, kind="access", **more):
    given = {"asker": "person", "identity_check": "identity_card", "received_on": timezone.localdate(), **more}
    return requests.receive_request(request=PersonRequest(person=person, kind=kind, **given), by=by)


def boxes(name, value):
    return {f"{name}_year": value.year, f"{name}_month": value.month, f"{name}_day": value.day}


GIVEN = {"consent_kind": "person", "consented_on": day("2026-02-01")}


# --- the text and the consent -----------------------------------------------------------------------


def test_the_text_that_was_consented_to_is_the_one_of_that_day():
    policy = consent.edition_on(day("2026-05-01"))
    assert policy.edition == "privacy_2026" and policy.answer_days == 30
    assert consent.edition_on(day("2025-12-31")) is None
    assert [(rule.name, rule.years) for rule in policy.keeping] == [("deceased", 10), ("moved", 10), ("cancelled", 10)]


def test_a_policy_that_names_an_unknown_date_is_refused():
    words = dict.fromkeys(("title", "applies_from", "source", "purpose", "statement", "told"), "x")
    given = words | {
        "after_withdrawal": "x",
        "answer": {"days": 1, "source": "x"},
        "drafts": {"days": 1, "source": "x"},
    }
    rule = {"name": "a", "label": "a", "field": "born_at", "years": 1, "source": "x"}
    with pytest.raises(consent.PolicyBroken, match="born_at"):
        consent.read_policy(given | {"retention": [rule]}, "privacy_2099")
    with pytest.raises(consent.PolicyBroken, match="retention"):
        consent.read_policy(given, "privacy_2099")


@pytest.mark.parametrize(
    ("given", "has", "withdrawn"),
    [
        ({}, False, False),
        (GIVEN, True, False),
        ({**GIVEN, "consent_withdrawn_on": day("2026-03-01")}, False, True),
        ({**GIVEN, "consent_withdrawn_on": day("2026-01-01")}, True, False),
        ({"consent_kind": "person", "consent_withdrawn_on": day("2026-03-01")}, False, True),
    ],
)  # fmt: skip
def test_a_later_consent_outweighs_a_withdrawal_and_the_list_finds_who_has_none(
    make_person, as_user, given, has, withdrawn
):
    person = make_person(**given)
    assert (consent.has_consent(person), consent.is_withdrawn(person)) == (has, withdrawn)
    without = DisabledPerson.objects.filter(consent.WITHOUT_CONSENT).filter(pk=person.pk).exists()
    assert without is not has
    shown = as_user("clerk").get(reverse("person-list"), {"consent": "given" if has else "without"})
    assert person.name in shown.content.decode()


def test_the_page_of_a_body_counts_files_without_consent_by_village(world, make_person, as_user):
    make_person()
    make_person(world.village_second)
    make_person(world.village_second, consent_kind="person", consented_on=day("2026-02-01"))
    page = as_user("clerk").get(reverse("organisation-detail", args=[world.county.pk])).content.decode()
    assert "在册 3 份登记表" in page and "2 份</a>还没有登记" in page
    assert f"consent=without&amp;area={world.village_second.pk}" in page


def test_the_sheet_to_be_signed_says_purpose_rights_and_edition(world, make_person, as_user):
    person = make_person(name="王国华")
    page = as_user("member").get(reverse("person-consent-sheet", args=[person.uid])).content.decode()
    assert "王国华" in page and "privacy_2026" in page and "撤回同意" in page and "30 天内答复" in page
    blank = as_user("member").get(reverse("consent-sheet")).content.decode()
    assert "王国华" not in blank


def test_the_form_shows_the_purpose_of_the_policy(world, as_user):
    assert consent.policy_now().purpose[:30] in as_user("member").get(reverse("person-add")).content.decode()


# --- requests ---------------------------------------------------------------------------------------


def test_a_request_is_recorded_with_its_deadline_and_answered_by_the_level_above(world, make_person, as_user):
    person = make_person()
    data = {"kind": "access", "asker": "person", "identity_check": "identity_card"}
    data |= boxes("received_on", timezone.localdate())
    answer = as_user("member").post(reverse("person-request-add", args=[person.uid]), data)
    request = PersonRequest.objects.get()
    assert answer.status_code == 302 and request.created_by == world.member
    assert request.due_on == request.received_on + datetime.timedelta(days=30)
    decide = reverse("person-request-decide", args=[request.uid])
    assert as_user("member").get(decide).status_code == 403
    client = as_user("director")
    assert client.post(decide, {"decision": "grant", "answer": "", "version": 1}).status_code == 422
    client.post(decide, {"decision": "grant", "answer": "当面给本人看过", "version": 1})
    request.refresh_from_db()
    assert (request.state, request.decided_by) == ("granted", world.director)
    assert "当面给本人看过" in client.get(reverse("person-request-detail", args=[request.uid])).content.decode()
    assert client.get(decide).status_code == 404
    assert {"ledgers.request.received", "ledgers.request.granted"} <= set(
        AuditEntry.objects.values_list("action", flat=True)
    )


def test_a_refusal_needs_its_reason(world, make_person, as_user):
    request = ask(make_person(), world.member, "correction", content="出生日期应为 1969 年")
    decide = reverse("person-request-decide", args=[request.uid])
    refused = as_user("director").post(decide, {"decision": "refuse", "answer": "", "version": 1})
    assert refused.status_code == 422 and "不同意的，请写明理由" in refused.content.decode()
    as_user("director").post(decide, {"decision": "refuse", "answer": "与户口簿一致，不应更改", "version": 1})
    request.refresh_from_db()
    assert request.state == "refused"


def test_what_was_asked_in_words_is_hashed_in_the_log(world, make_person):
    ask(make_person(), world.member, "correction", content="绝密的内容")
    entry = AuditEntry.objects.get(action="ledgers.request.received")
    assert "hashed" in entry.after["content"] and "绝密" not in str(entry.after)


def test_the_withdrawal_of_a_consent_is_recorded_and_shown_with_what_follows(world, make_person, as_user):
    person = make_person(consent_kind="person", consented_on=day("2026-02-01"))
    request = ask(person, world.member, "withdrawal")
    requests.grant_request(request=request, answer="", by=world.director, kept_for="subsidy")
    person.refresh_from_db()
    assert person.consent_withdrawn_on == request.received_on
    # Nobody has filled in the form by that: see approval_history.last_submitters.
    assert ChangeRecord.objects.of(person).latest("version").via == "system"
    page = as_user("member").get(reverse("person-detail", args=[person.uid])).content.decode()
    assert "已撤回同意。" in page and "法律、法规要求保存的内容" in page
    assert AuditEntry.objects.filter(action="ledgers.consent.withdrawn", target_id=str(person.pk)).exists()


def test_a_withdrawal_is_granted_only_with_what_the_file_is_still_kept_for(world, make_person, as_user):
    person = make_person(**GIVEN)
    request = ask(person, world.member, "withdrawal")
    client, address = as_user("director"), reverse("person-request-decide", args=[request.uid])
    data = {"decision": "grant", "version": request.version}
    refused = client.post(address, data)
    assert refused.status_code == 422 and "凭什么继续保存" in refused.content.decode()
    assert client.post(address, data | {"kept_for": "other"}).status_code == 422
    assert client.post(address, data | {"kept_for": "certificate"}).status_code == 302
    page = client.get(reverse("person-detail", args=[person.uid])).content.decode()
    assert "已撤回同意，不得导出" in page and "继续保存的依据：残疾人证的核发和管理" in page


def test_what_is_kept_for_nothing_is_asked_to_be_erased(world, make_person):
    person = make_person(**GIVEN)
    request = ask(person, world.member, "withdrawal")
    requests.grant_request(request=request, answer="", by=world.director, kept_for="none")
    erasure = person.requests.get(kind="erasure")
    assert (erasure.state, erasure.content) == ("waiting", requests.NO_BASIS)
    requests.grant_erasure(request=erasure, by=world.leader)
    assert not DisabledPerson.objects.filter(pk=person.pk).exists()


def test_older_withdrawals_without_a_basis_are_a_task_until_there_is_one(world, make_person, as_user):
    person = make_person(**GIVEN)
    request = ask(person, world.member, "withdrawal")
    requests.grant_request(request=request, answer="", by=world.director, kept_for="subsidy")
    told = "1 份登记表撤回了同意，还没有写明凭什么继续保存"
    assert told not in as_user("director").get(reverse("home")).content.decode()
    PersonRequest.objects.filter(pk=request.pk).update(answer="")
    assert told in as_user("director").get(reverse("home")).content.decode()
    DisabledPerson.objects.filter(pk=person.pk).update(consented_on=timezone.localdate() + datetime.timedelta(days=1))
    assert told not in as_user("director").get(reverse("home")).content.decode()


def test_a_pile_of_forms_leaves_out_who_took_the_consent_back(world, make_person):
    make_person(name="同意的人", **GIVEN)
    make_person(name="撤回的人", **GIVEN, consent_withdrawn_on=day("2026-03-01"))
    assert [row.name for row in forms_of(world.clerk, world.village)] == ["同意的人"]


def test_who_took_the_consent_back_is_in_no_list_that_leaves(world, make_person):
    make_person(name="同意的人", **GIVEN)
    make_person(name="没登记同意的人")
    make_person(name="撤回的人", **GIVEN, consent_withdrawn_on=day("2026-03-01"))
    make_person(name="又同意的人", **GIVEN, consent_withdrawn_on=day("2026-01-01"))
    rows = person_rows(world.clerk, world.county, QueryDict(""))
    assert {row.name for row in rows} == {"同意的人", "没登记同意的人", "又同意的人"}


def test_relatives_ask_only_for_the_deceased(world, make_person, as_user):
    person = make_person()
    data = {"kind": "erasure", "asker": "relative", "identity_check": "authority"}
    data |= boxes("received_on", timezone.localdate())
    refused = as_user("member").post(reverse("person-request-add", args=[person.uid]), data)
    assert refused.status_code == 422 and "没有死亡日期" in refused.content.decode()


def test_an_erasure_on_request_is_granted_by_who_may_erase_and_leaves_its_record(
    world, make_person, as_user, django_capture_on_commit_callbacks
):
    person = make_person(name="欧阳绝迹")
    request = ask(person, world.member, "erasure", content="欧阳绝迹要求删除")
    erase = reverse("person-request-erase", args=[request.uid])
    assert as_user("director").get(erase).status_code == 403
    with django_capture_on_commit_callbacks(execute=True):
        done = as_user("leader").post(erase, {"decision": "erase", "version": 1})
    assert done.status_code == 302
    assert not DisabledPerson.objects.exists()
    request.refresh_from_db()
    assert (request.state, request.person, request.content) == ("granted", None, "")
    assert Erasure.objects.get().reason == "request"
    page = as_user("leader").get(reverse("person-request-detail", args=[request.uid])).content.decode()
    assert "（已删除）" in page and "欧阳绝迹" not in page


def test_an_erasure_is_refused_while_the_law_keeps_the_file_and_nobody_grants_the_own_record(
    world, make_person, as_user
):
    person = make_person(has_living_subsidy=True)
    request = ask(person, world.member, "erasure")
    erase = reverse("person-request-erase", args=[request.uid])
    refused = as_user("leader").post(erase, {"decision": "erase", "version": 1})
    assert refused.status_code == 422 and "困难残疾人生活补贴" in refused.content.decode()
    own = ask(make_person(), world.leader, "erasure")
    refused = as_user("leader").post(reverse("person-request-erase", args=[own.uid]), {"decision": "erase"})
    assert refused.status_code == 422 and "您自己登记的" in refused.content.decode()
    assert DisabledPerson.objects.count() == 2


def test_a_neighbour_sees_no_request_and_an_officer_those_of_the_own_category(world, make_person, as_user):
    request = ask(make_person(category="1"), world.member)
    assert as_user("neighbour").get(reverse("person-request-detail", args=[request.uid])).status_code == 404
    assert as_user("officer").get(reverse("person-request-detail", args=[request.uid])).status_code == 404
    own = ask(make_person(category="4"), world.member)
    assert as_user("officer").get(reverse("person-request-detail", args=[own.uid])).status_code == 200


# --- the night --------------------------------------------------------------------------------------


@pytest.fixture
def ended(make_person):
    today = timezone.localdate()
    old = today.replace(year=today.year - 11)
    recent = today.replace(year=today.year - 9)
    early = {"registered_on": day("2010-01-01")}
    return {
        "deceased": make_person(name="过世已久", deceased_on=old, **early),
        "both": make_person(name="两种情形", deceased_on=old, cancelled_on=old, **early),
        "recent": make_person(name="过世不久", deceased_on=recent, **early),
        "current": make_person(name="在册的人", **early),
    }


def test_the_night_lists_what_is_due_once_and_erases_nobody(ended, world):
    removed = retention.remove_due()
    assert removed["ledgers.deceased"] == 2
    assert {row.person.name for row in ErasureProposal.objects.all()} == {"过世已久", "两种情形"}
    assert DisabledPerson.objects.count() == 4
    again = retention.remove_due()
    assert again["ledgers.deceased"] == again["ledgers.cancelled"] == 0
    proposal = ErasureProposal.objects.get(person=ended["deceased"])
    assert proposal.due_on == ended["deceased"].deceased_on.replace(year=timezone.localdate().year - 1)
    assert proposal.organisation == world.village and proposal.org_path == world.village.path


def test_two_files_on_the_list_can_be_made_one(ended, world):
    retention.remove_due()
    kept, removed = (DisabledPerson.objects.get(pk=ended[name].pk) for name in ("deceased", "both"))
    merge_persons(kept=kept, removed=removed, choices={}, reason="重复登记", by=world.clerk)
    assert ErasureProposal.objects.get().person == kept


def test_who_came_back_on_the_register_leaves_the_list(ended, world):
    retention.remove_due()
    person = ended["deceased"]
    person.deceased_on = None
    save_versioned(person, by=world.clerk)
    assert retention.remove_due()["ledgers.not_due"] == 1
    assert not ErasureProposal.objects.filter(person=person).exists()


def test_the_command_says_what_it_lists_and_for_how_many_years(ended, capsys):
    call_command("retention", dry_run=True)
    out = capsys.readouterr().out
    assert "死亡人员的登记表：保存 10 年" in out and "将列入到期待删除 2 份" in out


def test_a_leader_confirms_or_puts_off_and_the_list_empties(ended, world, as_user, django_capture_on_commit_callbacks):
    retention.remove_due()
    client = as_user("leader")
    assert "过世已久" in client.get(reverse("erasure-list")).content.decode()
    confirm = reverse("erasure-confirm", args=[ended["deceased"].uid])
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(confirm, {"decision": "erase"}).status_code == 302
    assert not DisabledPerson.objects.filter(name="过世已久").exists()
    keep = reverse("erasure-confirm", args=[ended["both"].uid])
    assert client.post(keep, {"decision": "keep", "reason": "有争议"}).status_code == 422
    until = timezone.localdate() + datetime.timedelta(days=100)
    assert client.post(keep, {"decision": "keep", "reason": "有争议", **boxes("kept_until", until)}).status_code == 302
    page = client.get(reverse("erasure-list")).content.decode()
    assert "两种情形" not in page
    assert "两种情形" in client.get(reverse("erasure-list"), {"all": 1}).content.decode()
    done = client.get(reverse("erasure-done")).content.decode()
    assert "保存期满" in done and "过世已久" not in done
    assert as_user("clerk").get(reverse("erasure-list")).status_code == 403


def test_drafts_nobody_submits_and_keys_of_forms_go_after_their_time(world):
    draft = PersonDraft(organisation=world.village, created_by=world.member)
    draft.payload = "name=x"
    draft.save()
    key = Submission.objects.create(user=world.member)
    assert (retention.remove_due()["ledgers.drafts"], Submission.objects.count()) == (0, 1)
    old = timezone.now() - datetime.timedelta(days=181)
    PersonDraft.objects.update(updated_at=old)
    Submission.objects.filter(pk=key.pk).update(created_at=old)
    removed = retention.remove_due()
    assert removed["ledgers.drafts"] == 1 and removed["shared.submissions"] == 1


# --- the register on its page -----------------------------------------------------------------------


@pytest.mark.parametrize("who", ["auditor", "administrator", "leader", "clerk"])
def test_the_register_of_fields_is_open_to_who_answers_for_it(as_user, who):
    page = as_user(who).get(reverse("field-register")).content.decode()
    assert "身份证号" in page and "只显示前 6 位和后 4 位" in page and "死亡人员的登记表 10 年" in page
    table = as_user(who).get(reverse("field-register-table"))
    assert table.status_code == 200 and b"".join(table.streaming_content)[:2] == b"PK"
