"""The appraisal form of one member: what stands on it, one page, and who gets it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from assessments import documents, objections
from assessments.models import MemberPoints, MemberResult
from federation.shared import pdf
from federation.shared.models import AuditEntry
from tests.assessments.members import appraised, engage, published, result_of, score

pytestmark = pytest.mark.django_db
needs_pdf = pytest.mark.skipif(bool(pdf.fault()), reason="no pango or Chinese font here")


@pytest.fixture
def result(world) -> MemberResult:
    """Of a published appraisal: objected to and put right."""
    member = engage(world.village, "甲某")
    worker = member.tenure.worker
    worker.sex, worker.ethnicity, worker.political_status, worker.education = "2", "汉族", "群众", "高中"
    worker.save()
    score(result_of(appraised(world.county, world.clerk), member), world.clerk, "10.00")
    result = result_of(published(world, fresh(member).appraisal), member)
    raised = objections.raise_objection(result=result, text="评议的人没有到齐", by=world.director, is_own=False)
    objections.decide_objection(
        objection=raised, is_corrected=True, reason="补计两票", by=world.leader, points={"M6": Decimal(14)}
    )
    return fresh(member)


def fresh(member) -> MemberResult:
    return MemberResult.objects.select_related("appraisal").get(appointment=member)


def pages(result, **more) -> int:
    """Of the PDF, with other words on the sheet."""
    rows = MemberResult.objects.select_related(
        "worker", "organisation", "appointment__tenure", "appraisal__standard", "appraisal__published_by"
    )
    sheet = documents.sheet_of(rows.get(pk=result.pk))
    return len(documents.laid_out(replace(sheet, **more)).pages)


def test_the_page_tells_the_member_the_items_the_band_the_opinions_and_the_objection(world, result, as_user):
    page = as_user("clerk").get(reverse("member-result-sheet", args=[result.pk])).content.decode()
    assert "2026 年度残疾人专职委员考核表" in page
    for words in (
        "甲某", "女", "汉族", "群众", "高中", "东山村残疾人协会", "M5 培训", "18 人满意", "工作认真",
        "14.00 分：补计两票", "等次暂不评定", "评议的人没有到齐", "复核：已更正。补计两票", "更正前", "更正后",
        "钱理事长",
    ):  # fmt: skip
        assert words in page, words


def test_before_publication_the_form_says_so(world, as_user):
    member = engage(world.village, "甲某")
    result = result_of(appraised(world.county, world.clerk), member)
    page = as_user("clerk").get(reverse("member-result-sheet", args=[result.pk])).content.decode()
    assert "考核结果还没有公布" in page and "还没有评分" in page


@needs_pdf
def test_the_pdf_is_one_page_and_its_fetching_stands_in_the_log(world, result, as_user):
    answer = as_user("leader").get(reverse("member-result-sheet-pdf", args=[result.pk]))
    assert answer["Content-Type"] == "application/pdf" and answer["Cache-Control"] == "no-store, private"
    assert answer.content.startswith(b"%PDF") and pages(result) == 1
    entry = AuditEntry.objects.get(action="appraisal.sheet_printed")
    assert (entry.actor_id, entry.target_id) == (world.leader.pk, str(result.pk))


@needs_pdf
def test_the_longest_words_go_on_to_another_page(world, result):
    notes = {"people_note": "群众" * 150, "township_note": "乡镇" * 150, "reason": "理由" * 150}
    given = [MemberPoints(item_code="M6", scored_by=world.clerk, scored_at=timezone.now(), **notes)]
    assert pages(result, given=given) == 2
    assert pages(result, given=given, objections=[["异议" * 500, "复核" * 500]] * 3) >= 3


def test_the_member_gets_the_own_form_alone_and_only_once_published(world, result, as_user):
    other = result_of(result.appraisal, result.appointment)
    unpublished = appraised(world.township, world.clerk)
    User.objects.filter(pk=world.member.pk).update(worker=result.worker_id)
    client = as_user("member")
    page = client.get(reverse("appraisal-own-result", args=[result.pk])).content.decode()
    assert reverse("appraisal-own-sheet", args=[result.pk]) in page
    assert "补计两票" in client.get(reverse("appraisal-own-sheet", args=[result.pk])).content.decode()
    if not pdf.fault():
        assert client.get(reverse("appraisal-own-sheet-pdf", args=[result.pk])).content.startswith(b"%PDF")
    draft = MemberResult.objects.get(appraisal=unpublished)
    for name in ("appraisal-own-sheet", "appraisal-own-sheet-pdf"):
        assert client.get(reverse(name, args=[draft.pk])).status_code == 404
    assert client.get(reverse("member-result-sheet", args=[result.pk])).status_code == 403
    User.objects.filter(pk=world.member.pk).update(worker=None)
    for name in ("appraisal-own-sheet", "appraisal-own-sheet-pdf"):
        assert as_user("member").get(reverse(name, args=[other.pk])).status_code == 404


def test_outside_the_scope_there_is_no_form(world, result, as_user):
    for name in ("member-result-sheet", "member-result-sheet-pdf"):
        assert as_user("other_clerk").get(reverse(name, args=[result.pk])).status_code == 404


def test_where_no_pdf_can_be_made_the_page_says_why(world, result, as_user, monkeypatch):
    monkeypatch.setattr(pdf, "fault", lambda: "服务器上没有中文字体。")
    address = reverse("member-result-sheet-pdf", args=[result.pk])
    answer = as_user("clerk").get(address)
    assert answer.status_code == 302 and not AuditEntry.objects.filter(action="appraisal.sheet_printed").exists()
    page = as_user("clerk").get(reverse("member-result-sheet", args=[result.pk])).content.decode()
    assert "服务器上没有中文字体" in page and address not in page
