"""Photo and scans of a person: what is taken, what is refused in a sentence, who sees what, and where it lies."""

import contextlib
import io
import zlib
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from federation.shared.backup import pack_media
from federation.shared.models import AuditEntry, ChangeRecord
from federation.shared.reveal import ACTION
from federation.shared.rotation import BLOBS
from federation.shared.scans import ScanRefused, read_scan
from federation.shared.scans.reader import shown_name
from ledgers.attachments import add_attachment, delete_attachments, photo_data, photo_of, reseal_attachments
from ledgers.models import Attachment
from tests.ledgers.hostile_scans import HOSTILE, jar, jpeg_with_place, pdf, picture, stream

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def person(make_person):
    return make_person(name="王国华")


def file(data=None, name="身份证 正面.jpg"):
    return SimpleUploadedFile(name, picture() if data is None else data)


def send(client, person, kind="photo", upload=None, **more):
    return client.post(
        reverse("person-attachments", args=[person.uid]),
        {"kind": kind, "file": file() if upload is None else upload, **more},
    )


def kept_files(settings) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


# --- what is taken ----------------------------------------------------------------------------------


def test_a_photo_is_kept_sealed_outside_the_web_root_and_shown_on_the_page_of_the_person(as_user, person, settings):
    client = as_user("member")
    answer = send(client, person)
    assert answer.status_code == 302
    (stored,) = kept_files(settings)
    raw = stored.read_bytes()
    assert b"JFIF" not in raw and not raw.startswith(b"\xff\xd8")
    assert stored.stat().st_mode & 0o077 == 0
    address = reverse("person-photo", args=[person.uid])
    assert address in client.get(reverse("person-detail", args=[person.uid])).content.decode()
    shown = client.get(address)
    assert shown.content.startswith(b"\xff\xd8\xff") and shown["Content-Type"] == "image/jpeg"
    assert shown["X-Content-Type-Options"] == "nosniff" and "sandbox" in shown["Content-Security-Policy"]
    assert "default-src 'none'" in shown["Content-Security-Policy"] and "no-store" in shown["Cache-Control"]
    assert shown["Content-Disposition"].startswith("inline")


def test_a_picture_is_drawn_anew_upright_and_without_place_time_or_camera(person, world):
    row = add_attachment(person=person, kind="photo", title="", upload=file(jpeg_with_place()), by=world.member)
    data = photo_data(row)
    drawn = Image.open(io.BytesIO(data))
    assert drawn.size == (400, 600)  # 900 × 600 taken sideways, the longest side 600
    assert not drawn.getexif() and "comment" not in drawn.info and b"SECRET" not in data


def test_a_scan_keeps_two_thousand_dots_a_photo_six_hundred():
    large = file(picture((3000, 2400)))
    assert Image.open(io.BytesIO(read_scan(large, longest_side=2000, takes_pdf=True).data)).size == (2000, 1600)
    assert Image.open(io.BytesIO(read_scan(large, longest_side=600, takes_pdf=False).data)).size == (600, 480)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("PNG", "1"),
        ("PNG", "LA"),
        ("PNG", "I;16"),
        ("JPEG", "CMYK"),
        ("JPEG", "L"),
        ("WEBP", "RGBA"),
    ],
)
def test_pictures_of_every_usual_make_are_taken(kind, mode):
    drawn = picture((300, 400), kind, mode, 0 if mode in ("P", "1", "L", "I;16") else None)
    assert Image.open(io.BytesIO(read_scan(file(drawn), longest_side=600, takes_pdf=False).data)).format == "JPEG"


def test_a_photo_with_a_program_behind_it_is_kept_without_the_program():
    kept = read_scan(file(picture() + jar()), longest_side=600, takes_pdf=False)
    assert b"PK" not in kept.data[-200:] and b"Evil.class" not in kept.data


def test_a_plain_pdf_is_taken_as_a_scan_and_not_as_a_photo(person, world):
    row = add_attachment(person=person, kind="consent", title="", upload=file(pdf(), "同意书.pdf"), by=world.member)
    assert row.content_type == "application/pdf"
    with pytest.raises(ScanRefused, match="“同意书.pdf”是 PDF，照片要用"):
        read_scan(file(pdf(), "同意书.pdf"), longest_side=600, takes_pdf=False)


# Who made it, with what and when: in a dictionary, beside it, packed among other objects, as a text of its own.
INFO = b"<</Title(SECRET \\(TITLE\\) >> (nested))/Author<534543524554>/Producer 6 0 R/CreationDate(D:20260101SECRET)>>"
ABOUT = b"<x:xmpmeta>SECRETXMP</x:xmpmeta>"


def telling_pdf(picture: bytes) -> bytes:
    drawn = b"<</Type/XObject/Subtype/Image/Filter/DCTDecode/Length %d>>\nstream\n" % len(picture)
    objects = [
        stream(b"BT (seen) Tj ET"),
        INFO,
        b"(SECRETPRODUCER)",
        stream(b"11 0 10 9 <</B 1>> <</Author(SECRETAUTHOR)/Title(SECRETTITLE)>>", b"/Type/ObjStm/N 2/First 10"),
        stream(ABOUT, b"/Type/Metadata/Subtype/XML"),
        b"<</Type/Metadata/Subtype/XML/Length %d>>\nstream\n" % len(ABOUT) + ABOUT + b"\nendstream",
        drawn + picture + b"\nendstream",
    ]
    numbered = pdf(*objects)
    # The dictionary is object 5 and, in an older state of the file, 10, which lies packed in object 7.
    return numbered.replace(b"trailer<</Root 1 0 R>>", b"trailer<</Root 1 0 R/Info 5 0 R>>trailer<</Info 10 0 R>>")


def inflated(data: bytes) -> bytes:
    """The file with every stream in it that can be opened."""
    parts = [data]
    for part in data.split(b"stream\n")[1:]:
        with contextlib.suppress(zlib.error):
            parts.append(zlib.decompressobj().decompress(part))
    return b"".join(parts)


def test_a_pdf_is_kept_without_who_made_it_and_its_pictures_without_place_and_camera():
    picture = jpeg_with_place()
    data = telling_pdf(picture)
    told = inflated(data)
    for secret in (b"SECRET \\(", b"534543524554", b"SECRETPRODUCER", b"SECRETAUTHOR", b"SECRETXMP", b"SECRETPHONE"):
        assert secret in told
    kept = read_scan(file(data, "同意书.pdf"), longest_side=2000, takes_pdf=True).data
    assert len(kept) == len(data), "nothing has moved"
    left = inflated(kept)
    assert b"SECRET" not in left and b"534543524554" not in left and b"Exif" not in left
    assert b"BT (seen) Tj ET" in left and b"<</B 1>>" in left and b"/Root 1 0 R" in left
    at = kept.index(b"\xff\xd8\xff")
    shown = Image.open(io.BytesIO(kept[at : at + len(picture)]))
    assert shown.tobytes() == Image.open(io.BytesIO(picture)).tobytes() and not shown.getexif()


def test_facts_that_cannot_be_taken_out_of_a_pdf_refuse_it():
    packed = stream(jpeg_with_place(), b"/Subtype/Image").replace(b"/FlateDecode", b"[/FlateDecode/DCTDecode]")
    with pytest.raises(ScanRefused, match="拍摄地点"):
        read_scan(file(pdf(packed), "同意书.pdf"), longest_side=2000, takes_pdf=True)


# --- what is refused --------------------------------------------------------------------------------


def test_there_are_many_hostile_files():
    assert len(HOSTILE) >= 35


@pytest.mark.parametrize(("fault", "name", "data", "words"), HOSTILE, ids=[each[0] for each in HOSTILE])
def test_a_hostile_file_is_refused_by_name_with_the_fault_and_the_remedy(fault, name, data, words):
    with pytest.raises(ScanRefused) as refusal:
        read_scan(file(data, name), longest_side=2000, takes_pdf=True)
    sentence = str(refusal.value)
    assert f"“{name}”" in sentence and words in sentence
    assert "请" in sentence and sentence.endswith("。")


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd.jpg", "C:\\Windows\\x.jpg", "a\0b.jpg", "x" * 250 + ".jpg", "gpj.\u202eexe", "<script>.jpg"],
)
def test_the_name_of_an_upload_never_becomes_a_path(person, world, settings, name):
    upload = file(name="plain.jpg")
    upload._name = name
    add_attachment(person=person, kind="other", title="", upload=upload, by=world.member)
    (stored,) = kept_files(settings)
    assert stored.parent == Path(settings.MEDIA_ROOT) / "attachments" and stored.suffix == ".sealed"
    assert len(shown_name(name)) <= 60 and "\u202e" not in shown_name(name) and "<" not in shown_name(name)


def test_a_refused_upload_keeps_what_was_typed_and_stores_nothing(as_user, person, settings):
    answer = send(as_user("member"), person, "identity", file(b"MZ" + b"\0" * 99, "证件.jpg"), title="正面 第一页")
    page = answer.content.decode()
    assert answer.status_code == 422 and "“证件.jpg”是程序，不是照片" in page
    assert "正面 第一页" in page and 'value="identity" id="id_kind_1"' in page.replace(" required", "")
    assert not Attachment.objects.exists() and kept_files(settings) == []


# --- one photo, history, removal --------------------------------------------------------------------


def test_a_second_photo_takes_the_place_of_the_first_and_the_change_is_on_record(
    person, world, settings, django_capture_on_commit_callbacks
):
    first = add_attachment(person=person, kind="photo", title="", upload=file(), by=world.member)
    with django_capture_on_commit_callbacks(execute=True):
        add_attachment(person=person, kind="photo", title="", upload=file(picture((500, 500))), by=world.director)
    assert Attachment.objects.get(person=person).pk == first.pk and len(kept_files(settings)) == 1
    record = ChangeRecord.objects.of(first).first()
    assert record.by == world.director and "sha256" in record.changes
    assert AuditEntry.objects.filter(action="ledgers.attachment.changed").count() == 1


def test_the_database_itself_allows_one_photo_a_person(person, world):
    from django.db import IntegrityError, transaction

    add_attachment(person=person, kind="photo", title="", upload=file(), by=world.member)
    second = Attachment(person=person, organisation=world.village, kind="photo", size=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save()


def test_deleting_asks_first_and_the_file_goes_with_the_row(
    as_user, person, settings, django_capture_on_commit_callbacks
):
    client = as_user("member")
    send(client, person, "certificate")
    row = Attachment.objects.get()
    address = reverse("attachment-delete", args=[person.uid, row.pk])
    assert "找不回来" in client.get(address).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address)
    assert not Attachment.objects.exists() and kept_files(settings) == []
    assert AuditEntry.objects.filter(action="ledgers.attachment.deleted").count() == 1


def test_all_of_a_person_goes_at_once_and_nothing_of_anybody_else(
    person, make_person, world, settings, django_capture_on_commit_callbacks
):
    other = make_person(name="别人")
    for kind in ("photo", "identity", "consent"):
        add_attachment(person=person, kind=kind, title="", upload=file(), by=world.member)
    kept = add_attachment(person=other, kind="photo", title="", upload=file(), by=world.member)
    with django_capture_on_commit_callbacks(execute=True):
        assert delete_attachments(person=person, by=world.leader) == 3
    assert [path.name for path in kept_files(settings)] == [Path(kept.stored_path).name]


def test_a_transaction_that_fails_leaves_neither_row_nor_file(person, world, settings, monkeypatch):
    from ledgers import attachments

    def fails(*args, **kwargs):
        raise RuntimeError("the audit log is locked")

    monkeypatch.setattr(attachments, "create_versioned", fails)
    with pytest.raises(RuntimeError):
        add_attachment(person=person, kind="photo", title="", upload=file(), by=world.member)
    assert kept_files(settings) == [] and not Attachment.objects.exists()


# --- who sees what ----------------------------------------------------------------------------------


@pytest.fixture
def scan(person, world):
    return add_attachment(person=person, kind="identity", title="正面", upload=file(), by=world.member)


def ways(person, scan):
    return {
        "list": reverse("person-attachments", args=[person.uid]),
        "open": reverse("attachment-open", args=[person.uid, scan.pk]),
        "photo": reverse("person-photo", args=[person.uid]),
    }


@pytest.mark.django_db(transaction=True)
def test_a_scan_is_opened_for_a_reason_and_the_opening_is_logged_as_a_reveal(as_user, person, scan, world):
    client = as_user("member")
    address = ways(person, scan)["open"]
    assert "查看理由" in client.get(address).content.decode()
    refused = client.post(address, {"reason": "看"})
    assert refused.status_code == 422 and not AuditEntry.objects.filter(action=ACTION).exists()
    opened = client.post(address, {"reason": "核对身份证原件"})
    assert opened.content.startswith(b"\xff\xd8\xff") and "no-store" in opened["Cache-Control"]
    entry = AuditEntry.objects.get(action=ACTION)
    assert (entry.actor_id, entry.reason, entry.target_id) == (world.member.pk, "核对身份证原件", str(scan.pk))
    assert entry.details == {"what": "attachment:identity"}


@pytest.mark.django_db(transaction=True)
def test_a_scanned_pdf_is_handed_over_and_never_shown_inside_the_site(as_user, person, world):
    row = add_attachment(person=person, kind="consent", title="", upload=file(pdf(), "同意书.pdf"), by=world.member)
    opened = as_user("member").post(ways(person, row)["open"], {"reason": "核对同意书"})
    assert opened["Content-Disposition"].startswith("attachment") and opened.content == pdf()


@pytest.mark.parametrize("name", ["officer", "viewer", "administrator", "auditor"])
def test_masked_readers_see_the_photo_and_get_no_scan(as_user, person, scan, world, name):
    add_attachment(person=person, kind="photo", title="", upload=file(), by=world.member)
    client = as_user(name)
    assert client.get(ways(person, scan)["photo"]).status_code == 200
    page = client.get(ways(person, scan)["list"]).content.decode()
    assert "只有能看完整号码的人可以打开" in page and ways(person, scan)["open"] not in page
    for answer in (
        client.get(ways(person, scan)["open"]),
        client.post(ways(person, scan)["open"], {"reason": "看一看吧"}),
    ):
        assert answer.status_code == 403 and b"\xff\xd8\xff" not in answer.content


@pytest.mark.parametrize("name", ["neighbour", "other_clerk"])
def test_out_of_scope_there_is_no_photo_no_list_and_no_scan(as_user, person, scan, world, name):
    add_attachment(person=person, kind="photo", title="", upload=file(), by=world.member)
    client = as_user(name)
    assert {client.get(address).status_code for address in ways(person, scan).values()} == {404}


def test_an_association_officer_does_not_see_the_photo_of_another_category(as_user, make_person, world):
    blind = make_person(category="1")
    add_attachment(person=blind, kind="photo", title="", upload=file(), by=world.member)
    assert as_user("officer").get(reverse("person-photo", args=[blind.uid])).status_code == 404
    assert not Attachment.objects.visible_to(world.officer).exists()


def test_a_scan_is_not_found_under_another_person(as_user, person, scan, make_person):
    other = make_person()
    assert as_user("member").get(reverse("attachment-open", args=[other.uid, scan.pk])).status_code == 404


def test_the_scan_of_a_reader_who_may_not_edit_can_be_opened_and_not_deleted(as_user, person, scan):
    client = as_user("leader")
    assert client.get(ways(person, scan)["open"]).status_code == 200
    assert client.get(reverse("attachment-delete", args=[person.uid, scan.pk])).status_code == 403
    assert send(client, person, "other").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_a_file_that_was_exchanged_on_the_disk_is_not_shown(as_user, person, scan, make_person, world, settings):
    other = add_attachment(person=make_person(), kind="identity", title="", upload=file(), by=world.member)
    root = Path(settings.MEDIA_ROOT)
    (root / scan.stored_path).write_bytes((root / other.stored_path).read_bytes())
    answer = as_user("member").post(ways(person, scan)["open"], {"reason": "核对身份证原件"})
    assert answer.status_code == 422 and "改动过" in answer.content.decode()


# --- backup, rotation -------------------------------------------------------------------------------


def test_attachments_are_in_the_backup(person, world, tmp_path):
    import tarfile

    row = add_attachment(person=person, kind="photo", title="", upload=file(), by=world.member)
    assert pack_media(tmp_path / "media.tar") == 1
    with tarfile.open(tmp_path / "media.tar") as archive:
        assert archive.getnames() == [row.stored_path]


def test_a_change_of_the_sealing_key_seals_attachments_again(person, world, settings):
    from federation.shared.sealed import key_number

    row = add_attachment(person=person, kind="photo", title="", upload=file(), by=world.member)
    path = Path(settings.MEDIA_ROOT) / row.stored_path
    before, data = key_number(path.read_bytes()), photo_data(row)
    settings.KEYS.add_sealing_key()
    assert reseal_attachments in BLOBS.values()
    assert (reseal_attachments(), reseal_attachments()) == ((1, 0), (0, 0))
    assert key_number(path.read_bytes()) != before and photo_data(photo_of(person)) == data


def test_the_upload_works_without_script_and_asks_phones_for_the_camera(as_user, person):
    page = as_user("member").get(reverse("person-attachments", args=[person.uid])).content.decode()
    assert 'enctype="multipart/form-data"' in page and 'capture="environment"' in page
    assert 'name="submission_key"' in page and "onclick" not in page
