"""The forms of a village as one PDF: a job of parts, masked, sealed on the disk, fetched once by who asked."""

import re
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import Http404
from django.urls import reverse

from federation.shared import pdf
from federation.shared.export_files import fetch_once, file_number
from federation.shared.exports import decide
from federation.shared.jobs import engine, run_now
from federation.shared.models import AuditEntry, ExportFile, Job
from federation.shared.models.jobs import JobState
from federation.shared.pdf_join import NotOurPdf, join
from ledgers.attachments import add_attachment
from ledgers.documents import village_forms
from ledgers.documents.village_forms import ask_for_forms
from ledgers.models import DisabledPerson, Erasure, PersonDraft
from tests.ledgers.hostile_scans import picture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(village_forms, "AT_ONCE", 2)


def kept_files(settings):
    return sorted(path.name for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())


def printed(by, body) -> ExportFile:
    export = ask_for_forms(by=by, body=body, purpose="归档留存")
    job = run_now(export.job)
    assert job.state == JobState.DONE, job.error
    export.refresh_from_db()
    return export


def test_everybody_in_the_village_is_printed_in_one_file_that_is_fetched_once(world, make_person, settings):
    people = [make_person(name=f"人{number}") for number in range(5)]
    make_person(world.neighbour_village, name="邻村")
    make_person(name="已迁出", moved_away_on="2026-01-01")
    upload = SimpleUploadedFile("a.jpg", picture((300, 400)))
    add_attachment(person=people[0], kind="photo", title="", upload=upload, by=world.member)
    export = printed(world.member, world.village)
    assert (export.state, export.row_count, export.format) == (ExportFile.State.READY, 5, "pdf")
    sealed = [name for name in kept_files(settings) if str(export.uid) in name]
    assert len(sealed) == 1 and len(kept_files(settings)) == 2, "the file and the photo; the parts are gone"
    assert b"%PDF" not in (Path(settings.MEDIA_ROOT) / export.stored_path).read_bytes()
    answer = fetch_once(world.member, export.pk)
    data = b"".join(answer.streaming_content)
    answer.close()
    assert data.startswith(b"%PDF-") and len(re.findall(rb"/Type /Page\b(?!s)", data)) == 5
    assert b"/Count 5" in data and data.count(b"/DCTDecode") == 1
    with pytest.raises(Http404):
        fetch_once(world.member, export.pk)


def test_the_log_says_who_printed_how_many_and_the_number_of_the_file(world, make_person):
    make_person()
    export = printed(world.member, world.village)
    asked, made = (AuditEntry.objects.get(action=f"ledgers.forms.{verb}") for verb in ("asked", "made"))
    assert asked.reason == made.reason == "归档留存"
    assert made.details["rows"] == 1 and made.details["file_number"] == file_number(export)
    assert made.details["sha256"] == export.sha256 and made.details["whole"] is False


def test_each_sheet_carries_the_number_of_the_file_its_place_and_masked_numbers(world, make_person, monkeypatch):
    person = make_person(phone="13912345678")
    pages = []
    laid_out = pdf.documents
    monkeypatch.setattr(pdf, "documents", lambda texts, **more: laid_out([pages.append(t) or t for t in texts], **more))
    export = printed(world.member, world.village)
    (page,) = pages
    assert f"打印编号：{file_number(export)}（第 1 份，共 1 份）" in page and "打印人：周委员" in page
    assert "13912345678" not in page and person.id_number.open_plain() not in page and "号码已遮盖" in page


def test_who_is_left_out_and_why_stands_on_the_page_with_the_file_and_on_every_sheet(
    as_user, world, make_person, monkeypatch
):
    for number in range(3):
        make_person(name=f"人{number}")
    make_person(name="已迁出", moved_away_on="2026-01-01")
    make_person(name="已故", deceased_on="2026-01-01")
    make_person(name="撤回", consent_withdrawn_on="2026-01-01", consented_on=None)
    Erasure.objects.create(organisation=world.village, person_hash="x", reason="retention")
    for author in (world.member, world.director):
        PersonDraft.objects.create(organisation=world.village, created_by=author, payload="name=甲")
    pages = []
    laid_out = pdf.documents
    monkeypatch.setattr(pdf, "documents", lambda texts, **more: laid_out([pages.append(t) or t for t in texts], **more))
    why = ("已迁出、死亡或注销 2 人", "已撤回同意 1 人", "已按规定删除个人信息 1 人", "您存着还没提交的草稿 1 人")
    left = f"没有打印 5 人：{'，'.join(why)}"
    client = as_user("member")
    assert left in client.get(reverse("village-print", args=[world.village.pk])).content.decode()
    export = printed(world.member, world.village)
    assert export.row_count == 3 and "".join(pages).count(f"共 3 份；{left}") == 3
    assert f"在册 3 人，每人一张；{left}" in client.get(reverse("export-detail", args=[export.pk])).content.decode()
    answer = fetch_once(world.member, export.pk)
    data = b"".join(answer.streaming_content)
    answer.close()
    assert len(re.findall(rb"/Type /Page\b(?!s)", data)) == 3, "a longer foot takes no second page"


def test_who_leaves_while_the_forms_are_printed_is_told_with_the_file(world, make_person):
    people = [make_person() for _ in range(3)]
    export = ask_for_forms(by=world.member, body=world.village, purpose="归档留存")
    engine.work_on(engine.claim(export.job_id))
    DisabledPerson.objects.filter(pk=people[0].pk).update(moved_away_on="2026-01-01")
    run_now(Job.objects.get(pk=export.job_id))
    export.refresh_from_db()
    assert export.row_count == 2 and "打印期间有 1 人不再在册" in export.refusal


def test_nobody_else_fetches_the_file(world, make_person):
    make_person()
    export = printed(world.member, world.village)
    for other in (world.director, world.neighbour, world.clerk, world.administrator):
        with pytest.raises(Http404):
            fetch_once(other, export.pk)


def test_who_lost_the_right_meanwhile_gets_no_file(world, make_person):
    make_person()
    export = ask_for_forms(by=world.member, body=world.village, purpose="归档留存")
    world.member.assignments.all().delete()
    run_now(Job.objects.get(pk=export.job_id))
    export.refresh_from_db()
    assert export.state == ExportFile.State.FAILED and "权限" in export.refusal


def test_what_is_left_of_a_cancelled_job_is_removed(world, make_person, settings):
    from federation.shared.jobs.services import cancel

    for _ in range(4):
        make_person()
    export = ask_for_forms(by=world.member, body=world.village, purpose="归档留存")
    for _ in range(2):  # the plan and the first part
        engine.work_on(engine.claim(export.job_id))
    assert len(kept_files(settings)) == 1
    cancel(job=Job.objects.get(pk=export.job_id))
    export.refresh_from_db()
    assert export.state == ExportFile.State.FAILED and kept_files(settings) == []


def test_an_empty_village_and_too_large_an_area_are_refused_in_a_sentence(world, make_person, monkeypatch):
    with pytest.raises(ValidationError, match="没有可以打印的登记表"):
        ask_for_forms(by=world.member, body=world.village, purpose="归档留存")
    monkeypatch.setattr(village_forms, "MOST", 1)
    for _ in range(2):
        make_person()
    with pytest.raises(ValidationError, match="请按村（社区）打印"):
        ask_for_forms(by=world.member, body=world.village, purpose="归档留存")


def test_an_association_officer_does_not_print_a_village(world, make_person):
    make_person()
    with pytest.raises(PermissionDenied):
        ask_for_forms(by=world.officer, body=world.village, purpose="归档留存")


def test_the_page_says_how_many_and_leads_to_the_job_once_however_often_it_is_sent(as_user, world, make_person):
    make_person()
    client = as_user("member")
    address = reverse("village-print", args=[world.village.pk])
    assert "在册 1 人" in client.get(address).content.decode()
    sent = {"purpose": "归档留存", "numbers": "masked", "submission_key": "5f0f3d52-64c4-4a52-9c8e-3b1f3a0d8a11"}
    answers = [client.post(address, sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302] and answers[0].url == answers[1].url
    assert ExportFile.objects.count() == 1
    assert client.get(reverse("village-print", args=[world.neighbour_village.pk])).status_code == 404
    assert as_user("auditor").get(address).status_code == 403


def test_whole_numbers_of_a_village_wait_for_a_second_person(world, make_person, monkeypatch):
    person = make_person(phone="13912345678")
    pages = []
    laid_out = pdf.documents
    monkeypatch.setattr(pdf, "documents", lambda texts, **more: laid_out([pages.append(t) or t for t in texts], **more))
    export = ask_for_forms(by=world.member, body=world.village, purpose="归档留存", whole=True)
    assert (export.state, export.job_id) == (ExportFile.State.WAITING, None)
    with pytest.raises(ValidationError, match="另一个人"):
        decide(export=export, by=world.member, agrees=True)
    with transaction.atomic():
        decide(export=export, by=world.director, agrees=True)
    export.refresh_from_db()
    assert run_now(export.job).state == JobState.DONE
    assert "13912345678" in pages[0] and person.id_number.open_plain() in pages[0] and "含完整号码" in pages[0]
    assert AuditEntry.objects.get(action="ledgers.forms.made").details["whole"] is True


def test_the_page_offers_whole_numbers_to_who_may_reveal_them(as_user, world, make_person):
    make_person()
    client = as_user("member")
    address = reverse("village-print", args=[world.village.pk])
    answer = client.post(address, {"purpose": "归档留存", "numbers": "whole"})
    assert answer.url == reverse("export-detail", args=[ExportFile.objects.get().pk])
    assert "等待第二人同意" in client.get(answer.url).content.decode()
    assert 'name="numbers"' not in as_user("viewer").get(address).content.decode()


def test_only_what_we_wrote_is_put_together():
    for bad in (b"", b"%PDF-1.4\n%%EOF", b"%PDF-1.7\nstartxref\n9\n%%EOF\n"):
        with pytest.raises(NotOurPdf):
            join([bad])
