"""A person's own copy: all that is on file in plain words, for who showed who they are, logged and given once."""

import io
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from federation.shared import pdf
from federation.shared.history import save_versioned
from federation.shared.models import AuditEntry
from federation.shared.reveal import ACTION
from ledgers.attachments import add_attachment
from ledgers.documents.own_copy import Asked, copy_as_pdf, own_copy
from ledgers.households import create_household
from ledgers.models import DisabledPerson, PersonRequest
from ledgers.requests import receive_request
from ledgers.transfers import offer_person
from tests.ledgers.hostile_scans import picture

pytestmark = pytest.mark.django_db(transaction=True)
SENT = {"asker": "本人", "identity": "核对了居民身份证原件", "reason": "复制本人信息"}


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def person(make_person, world):
    made = make_person(name="王国华", phone="13912345678", current_address="会师镇东山村三社 12 号")
    made.cause = "外伤"
    save_versioned(made, by=world.director)
    upload = SimpleUploadedFile("a.jpg", picture())
    add_attachment(person=made, kind="consent", title="第一页", upload=upload, by=world.member)
    return made


def asked(world):
    return Asked(by=world.member, **SENT)


def test_the_copy_holds_every_number_every_change_who_handled_it_and_what_is_kept(person, world):
    copy = own_copy(person=person, asked=asked(world))
    said = dict(row for _heading, rows in copy.sections for row in rows)
    assert said["身份证号"] == person.id_number.open_plain() and said["联系电话"] == "13912345678"
    assert said["现住址"] == "会师镇东山村三社 12 号" and said["致残原因"] == "外伤"
    assert any("孙理事长" in by and "外伤" in what for _at, by, what in copy.changes)
    assert {"孙理事长", "周委员"} <= {who for _at, who, _what, _why in copy.handling}
    assert [each[:2] for each in copy.material] == [("同意书扫描件", "第一页")]
    assert "核对了居民身份证原件" in copy.foot and "周委员" in copy.foot


def test_the_copy_tells_of_transfers_requests_consent_and_household_too(person, world):
    upload = SimpleUploadedFile("b.jpg", picture(colour="#cc0000"))
    add_attachment(person=person, kind="photo", title="", upload=upload, by=world.member)
    create_household(first=person, address="东山村三社", size=4, by=world.member)
    person = DisabledPerson.objects.get(pk=person.pk)
    offer_person(
        person=person, to_body=world.other_village, moved_on=date(2026, 3, 1), reason="随子女居住", by=world.member
    )
    asks = PersonRequest(
        person=person, kind="correction", asker="person", identity_check="known", received_on=date(2026, 4, 1),
        content="电话换了",
    )  # fmt: skip
    receive_request(request=asks, by=world.member)
    copy = own_copy(person=person, asked=asked(world))
    said = dict(row for _heading, rows in copy.sections for row in rows)
    assert said["家庭户"] == "1 号家庭，东山村三社，4 人" and said["个人信息同意"] == "还没有登记"
    (transfer,) = copy.transfers
    assert transfer[0] == "2026 年 3 月 1 日" and transfer[2:] == (
        world.other_village.name, "随子女居住", "等待对方处理",
    )  # fmt: skip
    assert copy.requests == [("2026 年 4 月 1 日", "更正、补充", "本人", "电话换了", "等待办理")]
    page = copy_as_pdf(copy)
    assert b"/Subtype /Image" in page or b"/Subtype/Image" in page, "the photo is printed"


def test_giving_a_copy_is_logged_with_who_asked_and_how_they_were_known(as_user, person, world):
    answer = as_user("member").post(reverse("person-copy", args=[person.uid]), {**SENT, "action": "pdf"})
    assert answer.content.startswith(b"%PDF-") and "no-store" in answer["Cache-Control"]
    assert answer["Content-Disposition"].startswith("attachment")
    entry = AuditEntry.objects.get(action="ledgers.person.copy_given")
    assert entry.details == {"asker": "本人", "identity": "核对了居民身份证原件"} and entry.reason == "复制本人信息"
    assert AuditEntry.objects.get(action=ACTION).details == {"what": "copy"}


def test_the_same_as_a_workbook(as_user, person):
    answer = as_user("member").post(reverse("person-copy", args=[person.uid]), {**SENT, "action": "xlsx"})
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    assert book.sheetnames == ["登记内容", "修改记录", "查看和办理", "照片和材料", "转移", "个人信息请求"]
    cells = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row}
    assert {"13912345678", person.id_number.open_plain(), "会师镇东山村三社 12 号"} <= cells


def test_the_pdf_has_a_foot_on_every_page(person, world):
    for number in range(40):
        person.cause = f"外伤{number}"
        save_versioned(person, by=world.director)
    raw = copy_as_pdf(own_copy(person=person, asked=asked(world)))
    assert raw.startswith(b"%PDF-") and len(raw) > 20_000


def test_without_how_the_person_was_known_no_copy_is_given(as_user, person):
    answer = as_user("member").post(reverse("person-copy", args=[person.uid]), {**SENT, "identity": ""})
    assert answer.status_code == 422 and "怎样核对身份" in answer.content.decode()
    assert not AuditEntry.objects.filter(action__in=["ledgers.person.copy_given", ACTION]).exists()


@pytest.mark.parametrize(("name", "status"), [("viewer", 403), ("officer", 403), ("auditor", 403), ("neighbour", 404)])
def test_who_may_not_reveal_gives_no_copy(as_user, person, name, status):
    client = as_user(name)
    address = reverse("person-copy", args=[person.uid])
    assert (client.get(address).status_code, client.post(address, SENT).status_code) == (status, status)


def test_where_no_pdf_can_be_made_the_workbook_is_offered(as_user, person, monkeypatch):
    monkeypatch.setattr(pdf.ctypes.util, "find_library", lambda name: None)
    pdf.fault.cache_clear()
    try:
        client = as_user("member")
        page = client.get(reverse("person-copy", args=[person.uid])).content.decode()
        assert "apt-get install" in page and 'value="xlsx"' in page and 'value="pdf"' not in page
    finally:
        monkeypatch.undo()
        pdf.fault.cache_clear()
