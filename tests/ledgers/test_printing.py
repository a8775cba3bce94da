"""表二 on paper: one A4 page, filled, blank or brimful; masked or whole; who, when and what for at its foot."""

import os
import re
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.urls import reverse

from federation.shared import pdf
from federation.shared.models import AuditEntry
from federation.shared.reveal import ACTION
from ledgers.attachments import add_attachment
from ledgers.documents.fitting import SIZES, fit, width_of
from ledgers.documents.person_form import LAYOUT, PHOTO_ROWS, PersonSheet
from ledgers.documents.printing import STYLE, photos_of
from ledgers.models import DisabledPerson
from tests.ledgers.conftest import person_fields
from tests.ledgers.hostile_scans import picture

pytestmark = pytest.mark.django_db
RARE = "𠮷䶮㛃𬱖"
ADDRESS = "会师镇东山村三社 12 号"


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def person(make_person):
    return make_person(name="王国华", phone="13912345678", current_address=ADDRESS)


def documents(*sheets, pictures=None):
    text = render_to_string("print/document.html", {"title": "表二", "sheets": sheets})
    return list(pdf.documents([text], style=STYLE, pictures=pictures))


def texts_of(box) -> str:
    """All text of a laid out page, in reading order, as it was drawn."""
    own = getattr(box, "text", "") or ""
    return own + "".join(texts_of(child) for child in getattr(box, "children", ()) or ())


def drawn(sheet, **more) -> str:
    (document,) = documents(sheet, **more)
    (page,) = document.pages
    return texts_of(page._page_box)


def brimful(world) -> DisabledPerson:
    """Every field at its greatest length, everything ticked that can be."""
    filled = {}
    for field in DisabledPerson._meta.concrete_fields:
        if field.get_internal_type() == "CharField" and not field.choices and field.editable:
            filled[field.name] = ("超长内容" * 100)[: field.max_length]
        elif field.choices:
            filled[field.name] = max((code for code, _ in field.choices), key=len)
        elif field.get_internal_type() == "BooleanField":
            filled[field.name] = True
        elif field.get_internal_type() == "DateField":
            filled[field.name] = date(2026, 12, 28)
    filled |= {"category": "7", "category_parts": "123456", "rehabilitation": "123456", "grid": "格" * 50}
    filled |= {"household_size": 32000, "household_disabled": 32000, "yearly_income": Decimal("99999999.99")}
    world.village.name = world.village.short_name = "名" * 50
    return DisabledPerson(organisation=world.village, pk=99_999_999, **{**person_fields(), **filled})


# --- one page ---------------------------------------------------------------------------------------


def test_the_blank_form_is_one_page_with_every_label_and_places_for_photo_signatures_and_seal():
    text = drawn(PersonSheet(None))
    wanted = [part[0] for line in LAYOUT for part in line if part != "photo"]
    assert [label for label in wanted if label not in text] == []
    for word in ("照　片", "登记人签字：", "审核人签字：", "本人（监护人）签字：", "（盖章）", "年　　月　　日"):
        assert word in text
    assert "√" not in text.replace("选项打“√”", "")


def test_every_row_of_the_form_fills_the_width_of_the_paper():
    for number, line in enumerate(LAYOUT):
        beside_photo = number < PHOTO_ROWS
        columns = sum(part[1] + part[3] for part in line if part != "photo")
        assert columns == (20 if beside_photo else 24), line
    assert "photo" in LAYOUT[0]


def test_a_filled_form_is_one_page_and_says_what_is_on_file(person):
    text = drawn(PersonSheet(person, show_addresses=True))
    for word in ("王国华", ADDRESS, "王小明", "1968 年 4 月 3 日".replace("1968", str(person.born_on.year))):
        assert word in text
    assert "√肢体" in text and "√二级" in text and "√视力" not in text


def test_the_form_with_every_field_at_its_greatest_length_is_still_one_page(world):
    full = brimful(world)
    sheet = PersonSheet(full, numbers={"phone": "9" * 20}, show_addresses=True, foot="印" * 200)
    (document,) = documents(sheet)
    assert len(document.pages) == 1
    text = texts_of(document.pages[0]._page_box)
    assert full.registered_address in text and full.remark in text and full.guardian_name in text
    assert "审核人签字" in text and "印印印" in text


@pytest.mark.parametrize("name", [RARE, "古丽娜尔·阿卜杜热合曼", "Ａ" * 50, "i" * 50])
def test_a_name_of_any_kind_is_printed_whole(make_person, name):
    assert name in drawn(PersonSheet(make_person(name=name)))


def test_rare_characters_have_a_glyph_of_a_chinese_font(make_person):
    (document,) = documents(PersonSheet(make_person(name=RARE)))
    raw = document.write_pdf(uncompressed_pdf=True)
    mapped = "".join(re.findall(r"<([0-9a-fA-F]{4,})>", raw.decode("latin-1"))).lower()
    assert [each for each in RARE if each.encode("utf-16-be").hex() not in mapped] == []


def test_twenty_forms_are_twenty_pages(make_person):
    (document,) = documents(*[PersonSheet(make_person(name=f"人{number}")) for number in range(20)])
    assert len(document.pages) == 20


@pytest.mark.parametrize("length", range(0, 400, 23))
def test_what_is_fitted_fits_its_box_by_the_measures_of_the_style_sheet(length):
    fitted = fit("字" * length, 65, 6.7)
    _, em, line = next(size for size in SIZES if size[0] == fitted.size)
    assert width_of(fitted.text) <= int(65 / em) * int(6.7 / line)
    assert fitted.text == "字" * length or fitted.text.endswith("……")


def test_the_sizes_are_those_of_the_style_sheet():
    from django.contrib.staticfiles import finders

    css = Path(finders.find(STYLE)).read_text(encoding="utf-8")
    for name, em, line in SIZES:
        points, millimetres = re.search(rf"\.{name} {{ font-size: ([\d.]+)pt; line-height: ([\d.]+)mm", css).groups()
        assert abs(float(points) * 0.3528 - em) < 0.02 and float(millimetres) == line


# --- numbers, addresses, photo ----------------------------------------------------------------------


def test_numbers_are_masked_unless_they_were_opened_for_the_reader(person):
    whole = person.id_number.open_plain()
    masked = drawn(PersonSheet(person))
    assert whole not in masked and "13912345678" not in masked and str(person.id_number) in masked
    assert ADDRESS not in masked and ADDRESS in drawn(PersonSheet(person, show_addresses=True))
    opened = drawn(PersonSheet(person, numbers={"id_number": whole}))
    assert whole in opened and "13912345678" not in opened


def test_the_photo_is_printed_in_its_place(person, world):
    upload = SimpleUploadedFile("照片.jpg", picture((300, 400)))
    add_attachment(person=person, kind="photo", title="", upload=upload, by=world.member)
    pictures = photos_of([person])
    (document,) = documents(PersonSheet(person, photo_url=next(iter(pictures))), pictures=pictures)
    raw = document.write_pdf(uncompressed_pdf=True)
    assert len(document.pages) == 1 and b"/Subtype /Image" in raw and b"/DCTDecode" in raw


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "http://127.0.0.1:9/x.jpg", "data:image/png;base64,AAAA", "print:photo/7"]
)
def test_a_document_fetches_nothing_but_the_pictures_it_was_handed(person, address):
    (document,) = documents(PersonSheet(person, photo_url=address), pictures={"print:photo/8": picture()})
    assert b"/Subtype /Image" not in document.write_pdf(uncompressed_pdf=True)


# --- pages ------------------------------------------------------------------------------------------


def url(person):
    return reverse("person-print", args=[person.uid])


def test_printing_says_what_for_and_leaves_an_entry_whose_number_is_at_the_foot(as_user, person, world):
    client = as_user("member")
    assert "归档留存" in client.get(url(person)).content.decode()
    page = client.post(url(person), {"purpose": "本人核对", "numbers": "masked"})
    entry = AuditEntry.objects.get(action="ledgers.person.printed")
    assert (entry.reason, entry.details, entry.target_id) == ("本人核对", {"whole": False}, str(person.pk))
    text = page.content.decode()
    assert f"-{entry.pk:06d}" in text and "用途：本人核对" in text and "打印人：周委员" in text and "东山村" in text
    assert person.id_number.open_plain() not in text and "no-store" in page["Cache-Control"]


def test_without_a_purpose_nothing_is_printed(as_user, person):
    answer = as_user("member").post(url(person), {"purpose": "无", "numbers": "masked"})
    assert answer.status_code == 422 and "用途至少写 4 个字" in answer.content.decode()
    assert not AuditEntry.objects.filter(action="ledgers.person.printed").exists()


@pytest.mark.django_db(transaction=True)
def test_whole_numbers_are_printed_for_who_may_reveal_and_logged_as_a_reveal(as_user, person):
    page = as_user("member").post(url(person), {"purpose": "归档留存", "numbers": "whole"}).content.decode()
    assert person.id_number.open_plain() in page and "13912345678" in page and "含完整号码" in page
    assert AuditEntry.objects.get(action=ACTION).details == {"what": "print"}


def test_masked_readers_are_not_offered_whole_numbers_and_do_not_get_them(as_user, person):
    client = as_user("viewer")
    assert "完整号码" not in client.get(url(person)).content.decode().split("<form")[-1]
    assert client.post(url(person), {"purpose": "归档留存", "numbers": "whole"}).status_code == 403
    page = client.post(url(person), {"purpose": "归档留存"}).content.decode()
    assert ADDRESS not in page and "号码已遮盖" in page


def test_a_neighbour_prints_nothing(as_user, person):
    client = as_user("neighbour")
    assert (client.get(url(person)).status_code, client.post(url(person), {"purpose": "归档留存"}).status_code) == (
        404,
        404,
    )


def test_the_pdf_is_handed_over_as_a_file(as_user, person):
    answer = as_user("member").post(url(person), {"purpose": "归档留存", "numbers": "masked", "action": "pdf"})
    assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF-")
    assert answer["Content-Disposition"].startswith("attachment") and "no-store" in answer["Cache-Control"]


def test_where_no_pdf_can_be_made_the_page_prints_by_the_browser_and_says_what_to_install(as_user, person, monkeypatch):
    monkeypatch.setattr(pdf.ctypes.util, "find_library", lambda name: None)
    pdf.fault.cache_clear()
    try:
        assert "fonts-noto-cjk" in pdf.fault()
        client = as_user("member")
        asked = client.get(url(person)).content.decode()
        assert "apt-get install" in asked and 'value="pdf"' not in asked
        page = client.post(url(person), {"purpose": "归档留存", "numbers": "masked", "action": "pdf"})
        assert page["Content-Type"].startswith("text/html") and "王国华" in page.content.decode()
    finally:
        monkeypatch.undo()
        pdf.fault.cache_clear()


def test_the_blank_form_is_a_page_and_a_pdf(as_user):
    client = as_user("member")
    address = reverse("person-print-blank")
    assert "残疾人基本状况个人登记表" in client.get(address).content.decode()
    assert client.get(f"{address}?pdf=1").content.startswith(b"%PDF-")


def test_nothing_of_weasyprint_is_loaded_before_a_pdf_is_asked_for():
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "federation.settings"}
    code = "import django, sys; django.setup(); import federation.urls; sys.exit('weasyprint' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, env=environment).returncode == 0
