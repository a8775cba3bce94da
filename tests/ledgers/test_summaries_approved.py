"""表一 handed in: submitted, approved or returned by somebody else, fixed from then on, compared with today."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from federation.shared.history import history_of
from federation.shared.models import AuditEntry
from ledgers.models import RosterSummary, SummaryState
from ledgers.summaries import triggers
from ledgers.summaries.definition import TOTAL
from ledgers.summaries.past import figures_on
from ledgers.summaries.services import (
    approve_summary,
    broken_summaries,
    digest_of,
    return_summary,
    still_fits,
    submit_summary,
    whole_body,
)

DAY = date(2026, 6, 30)


@pytest.fixture
def waiting(world, make_person):
    """The township's figures of the day, with two people, submitted by its member."""
    make_person()
    make_person(sex="2")
    return submit_summary(organisation=world.township, day=DAY, by=world.township_member)


@pytest.fixture
def approved(world, waiting):
    return approve_summary(summary=waiting, by=world.director, version=waiting.version)


def without_triggers():
    # What a test has written waits for its constraints; PostgreSQL changes no table meanwhile.
    connection.check_constraints()
    triggers.drop(connection)


def decide(client, summary, decision, **more):
    given = {"decision": decision, "seen": summary.version} | more
    return client.post(reverse("summary-decide", args=[summary.uid]), given)


def test_submitting_counts_the_body_at_that_moment(world, waiting, make_person):
    assert waiting.figures == figures_on(whole_body(world.township), DAY)
    assert waiting.figures[TOTAL] == 2
    assert (waiting.state, waiting.year, waiting.submitted_by) == ("submitted", 2026, world.township_member)
    make_person()
    again = submit_summary(organisation=world.township, day=DAY, by=world.township_member)
    assert (again.pk, again.figures[TOTAL]) == (waiting.pk, 3)
    assert again.digest != waiting.digest


def test_a_day_to_come_has_no_figures_to_submit(world):
    with pytest.raises(ValidationError, match="今天以后"):
        submit_summary(
            organisation=world.township, day=timezone.localdate() + timedelta(days=1), by=world.township_member
        )


def test_who_submitted_does_not_approve_and_neither_does_who_submitted_before(world, waiting):
    with pytest.raises(ValidationError, match="由别人审定"):
        approve_summary(summary=waiting, by=world.township_member, version=waiting.version)
    again = submit_summary(organisation=world.township, day=DAY, by=world.director)
    for user in (world.director, world.township_member):
        with pytest.raises(ValidationError, match="由别人审定"):
            approve_summary(summary=again, by=user, version=again.version)
    assert approve_summary(summary=again, by=world.leader, version=again.version).state == "approved"


def test_figures_submitted_again_meanwhile_are_not_approved_unseen(world, waiting, make_person):
    make_person()
    submit_summary(organisation=world.township, day=DAY, by=world.township_member)
    with pytest.raises(ValidationError, match="重新提交"):
        approve_summary(summary=waiting, by=world.director, version=waiting.version)


def test_what_was_returned_is_submitted_again_with_the_reason_gone(world, waiting):
    with pytest.raises(ValidationError):
        return_summary(summary=waiting, by=world.director, version=waiting.version, reason="  ")
    returned = return_summary(summary=waiting, by=world.director, version=waiting.version, reason="西山村没有报全")
    assert (returned.state, returned.returned_reason) == (SummaryState.RETURNED, "西山村没有报全")
    with pytest.raises(ValidationError, match="已退回"):
        approve_summary(summary=returned, by=world.director, version=returned.version)
    again = submit_summary(organisation=world.township, day=DAY, by=world.township_member)
    assert (again.state, again.returned_reason) == (SummaryState.SUBMITTED, "")
    assert len(history_of(again)) == 3


def test_approved_figures_stay_whatever_happens_to_people(world, approved, make_person):
    make_person()
    stored = RosterSummary.objects.get(pk=approved.pk)
    assert stored.figures[TOTAL] == 2
    assert still_fits(stored)
    for user in (world.township_member, world.clerk):
        with pytest.raises(ValidationError, match="已经审定"):
            submit_summary(organisation=world.township, day=DAY, by=user)
    for act in (approve_summary, lambda **given: return_summary(**given, reason="改一下")):
        with pytest.raises(ValidationError, match="已审定"):
            act(summary=stored, by=world.leader, version=stored.version)
    assert RosterSummary.objects.get(pk=approved.pk).figures == approved.figures


def test_every_step_leaves_its_entry(world, approved):
    actions = list(
        AuditEntry.objects.filter(action__startswith="summary.").order_by("pk").values_list("action", flat=True)
    )
    assert actions == ["summary.submitted", "summary.approved"]


def test_a_body_has_one_summary_a_day_and_none_is_approved_by_nobody(world, approved):
    with pytest.raises(IntegrityError), transaction.atomic():
        RosterSummary.objects.create(organisation=world.township, as_of=DAY, year=2026)
    with pytest.raises(IntegrityError), transaction.atomic():
        RosterSummary.objects.create(organisation=world.village, as_of=DAY, year=2026, state="approved")


def test_figures_changed_past_the_system_are_found_by_command_and_page(as_user, world, approved):
    call_command("verify_summaries")
    assert broken_summaries() == []
    without_triggers()
    RosterSummary.objects.filter(pk=approved.pk).update(figures={**approved.figures, TOTAL: 200})
    with pytest.raises(CommandError, match=str(approved.uid)):
        call_command("verify_summaries")
    text = as_user("leader").get(reverse("summary-detail", args=[approved.uid])).content.decode()
    assert "数字和摘要对不上" in text


def test_who_changes_the_digest_as_well_is_found_by_the_log_and_the_first_is_named(world, approved):
    later = submit_summary(organisation=world.township, day=date(2026, 4, 30), by=world.township_member)
    approve_summary(summary=later, by=world.director, version=later.version)
    without_triggers()
    for row in RosterSummary.objects.order_by("-pk"):
        row.figures = {**row.figures, TOTAL: 300}
        RosterSummary.objects.filter(pk=row.pk).update(figures=row.figures, digest=digest_of(row))
    assert [each.summary.pk for each in broken_summaries()] == [approved.pk, later.pk]
    assert all("审计日志" in each.sentence for each in broken_summaries())
    with pytest.raises(CommandError, match=rf"2 份.*第一份：\n.*{approved.uid}"):
        call_command("verify_summaries")


def test_a_trigger_that_is_missing_is_named(world, approved):
    without_triggers()
    with pytest.raises(CommandError, match="summary_no_change"):
        call_command("verify_summaries")
    triggers.create(connection)
    call_command("verify_summaries")


CHANGES = {
    "figures": {"total": 9}, "digest": "0" * 64, "state": "submitted", "as_of": date(2020, 1, 1), "year": 2020,
    "returned_reason": "改", "version": 99, "decided_by": None, "decided_at": None, "submitted_by": None,
    "submitted_at": None, "updated_at": datetime(2020, 1, 1, tzinfo=UTC), "uid": uuid.UUID(int=1),
    "created_at": datetime(2020, 1, 1, tzinfo=UTC),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_the_database_refuses_every_change_of_an_approved_summary(world, approved, name):
    with pytest.raises(DatabaseError), transaction.atomic():
        RosterSummary.objects.filter(pk=approved.pk).update(**{name: CHANGES[name]})
    assert again_is(approved)


def test_the_database_refuses_to_remove_or_replace_one(world, approved):
    with pytest.raises(DatabaseError), transaction.atomic():
        RosterSummary.objects.filter(pk=approved.pk).delete()
    if connection.vendor == "sqlite":
        columns = ", ".join(f'"{field.column}"' for field in RosterSummary._meta.concrete_fields)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT OR REPLACE INTO {triggers.TABLE} ({columns}) SELECT {columns} FROM {triggers.TABLE}"  # noqa: S608
            )
    assert again_is(approved)


def again_is(approved) -> bool:
    stored = RosterSummary.objects.get(pk=approved.pk)
    return (stored.state, stored.figures, stored.digest) == ("approved", approved.figures, approved.digest)


def test_an_approved_summary_still_moves_with_the_tree(world, approved):
    assert RosterSummary.objects.filter(pk=approved.pk).update(org_path=world.neighbour_township.path) == 1


def test_what_is_approved_is_what_was_submitted(world):
    waiting = submit_summary(organisation=world.village, day=DAY, by=world.member)
    decided = {"state": "approved", "decided_by": world.leader, "decided_at": datetime(2026, 5, 1, tzinfo=UTC)}
    rows = RosterSummary.objects.filter(pk=waiting.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(**decided, figures={"total": 9})
    rows.update(state="returned")
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(**decided)
    rows.update(state="submitted")
    assert rows.update(**decided) == 1


def test_the_triggers_know_every_column():
    columns = {field.column for field in RosterSummary._meta.concrete_fields}
    assert set(triggers.COLUMNS) == columns - {triggers.MOVES_WITH_THE_TREE}


def test_the_page_says_what_changed_since_the_approval(as_user, world, approved, make_person):
    address = reverse("summary-detail", args=[approved.uid])
    assert "每个数字都和表上相同" in as_user("director").get(address).content.decode()
    make_person(registered_on=date(2026, 6, 1))
    text = as_user("director").get(address).content.decode()
    assert "按同一天重新统计是 3 人" in text
    assert "登记有改动的 1 人" in text


def test_the_way_from_the_table_to_the_approval_over_the_pages(as_user, world, make_person):
    make_person()
    client = as_user("township_member")
    table = client.get(reverse("summary-current")).content.decode()
    assert reverse("summary-submit", args=[world.township.pk]) in table
    answer = client.post(reverse("summary-submit", args=[world.township.pk]), {"day": DAY.isoformat()})
    summary = RosterSummary.objects.get()
    assert answer.url == reverse("summary-detail", args=[summary.uid])
    assert decide(client, summary, "approve").status_code == 403
    director = as_user("director")
    assert "审定或退回" in director.get(answer.url).content.decode()
    assert decide(director, summary, "return").status_code == 422
    assert decide(director, summary, "return", reason="核对年龄").status_code == 302
    as_user("township_member").post(reverse("summary-submit", args=[world.township.pk]), {"day": DAY.isoformat()})
    summary.refresh_from_db()
    assert decide(as_user("director"), summary, "approve").status_code == 302
    summary.refresh_from_db()
    assert summary.state == SummaryState.APPROVED
    again = as_user("township_member").post(
        reverse("summary-submit", args=[world.township.pk]), {"day": DAY.isoformat()}
    )
    assert again.status_code == 422
    assert "已经审定" in again.content.decode()


def test_the_list_is_narrowed_by_state_and_shows_the_own_area(as_user, world, waiting):
    submit_summary(organisation=world.other_county, day=DAY, by=world.other_clerk)
    client = as_user("leader")
    text = client.get(reverse("summary-list"), {"state": "submitted"}).content.decode()
    assert "会师镇残疾人联合会" in text and "景泰县" not in text
    assert "没有符合条件的记录" in client.get(reverse("summary-list"), {"state": "approved"}).content.decode()


def test_the_workbook_of_an_approved_summary_carries_its_digest(as_user, world, approved):
    import io

    from openpyxl import load_workbook

    answer = as_user("director").get(reverse("summary-saved-table", args=[approved.uid]))
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert f"已审定，摘要 {approved.digest[:16]}" in sheet["A3"].value


def test_a_summary_of_elsewhere_is_no_page(as_user, world, approved):
    client = as_user("other_clerk")
    for page in ("summary-detail", "summary-decide", "summary-saved-table"):
        assert client.get(reverse(page, args=[approved.uid])).status_code in (403, 404)
    assert client.get(reverse("summary-detail", args=[approved.uid])).status_code == 404
