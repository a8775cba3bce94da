"""Photo and scans of a new entry: taken in with the form and once, refused in a sentence, everything typed kept."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ledgers.attachments import photo_data, photo_of
from ledgers.models import Attachment, DisabledPerson
from tests.ledgers.conftest import id_of
from tests.ledgers.hostile_scans import jar, jpeg_with_place, pdf, picture
from tests.ledgers.test_attachments import kept_files
from tests.ledgers.test_pages import form_data, url

pytestmark = pytest.mark.django_db
ADD = "/persons/add/"


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def upload(data=None, name="我的照片.jpg"):
    return SimpleUploadedFile(name, picture() if data is None else data)


def test_a_plain_form_takes_the_photo_along(as_user, world):
    client = as_user("member")
    page = client.get(ADD).content.decode()
    assert 'enctype="multipart/form-data"' in page and 'type="file" name="photo"' in page
    assert client.post(ADD, form_data(world.village, photo=upload(jpeg_with_place()))).status_code == 302
    person = DisabledPerson.objects.get()
    photo = photo_of(person)
    assert photo.created_by == world.member
    assert b"SECRET" not in photo_data(photo)
    assert client.get(url("person-photo", person)).status_code == 200


def test_a_file_that_is_no_photo_leaves_nothing_behind_and_says_why(as_user, world, settings):
    refused = as_user("member").post(ADD, form_data(world.village, name="王大山", photo=upload(jar(), "照片.jpg")))
    page = refused.content.decode()
    assert refused.status_code == 422 and "照片没有收下" in page and 'value="王大山"' in page
    assert "刚才选的照片和扫描件要在页面下面重新选" in page
    assert not DisabledPerson.objects.exists() and kept_files(settings) == []


def test_an_entry_that_is_refused_for_something_else_keeps_no_file(as_user, world, settings):
    refused = as_user("member").post(ADD, form_data(world.village, sex="2", photo=upload()))
    assert refused.status_code == 422 and kept_files(settings) == []


def test_sent_twice_under_one_key_it_is_kept_once(as_user, world, settings):
    client, key = as_user("member"), str(uuid.uuid4())
    for _ in range(2):
        answer = client.post(ADD, form_data(world.village, photo=upload(), submission_key=key))
        assert answer.status_code == 302
    assert Attachment.objects.count() == 1 and len(kept_files(settings)) == 1


def test_the_photo_waits_for_the_answer_that_it_is_somebody_else(as_user, world, make_person, settings):
    known = make_person(id_number=id_of("19680403", 11))
    client = as_user("member")
    data = form_data(world.village, id_number=id_of("19680403", 41))
    asked = client.post(ADD, {**data, "photo": upload()})
    assert asked.status_code == 422 and kept_files(settings) == []
    answer = {"action": "distinct", "distinct_from": str(known.uid), "distinct_reason": "孪生兄弟", "photo": upload()}
    assert client.post(ADD, {**data, **answer}).status_code == 302
    assert photo_of(DisabledPerson.objects.exclude(pk=known.pk).get()) is not None


def test_scans_come_along_as_pictures_or_pdf_and_lie_sealed_under_their_kind(as_user, world, settings):
    client = as_user("member")
    files = {
        "photo": upload(),
        "identity_scan": upload(picture((3000, 2000)), "正面.jpg"),
        "certificate_scan": upload(pdf(), "残疾人证.pdf"),
        "consent_scan": upload(picture(kind="PNG"), "同意书.png"),
    }
    assert client.post(ADD, form_data(world.village, **files)).status_code == 302
    kept = {row.kind: row for row in Attachment.objects.all()}
    assert set(kept) == {"photo", "identity", "certificate", "consent"}
    assert kept["certificate"].content_type == "application/pdf"
    assert {row.created_by for row in kept.values()} == {world.member}
    sealed = b"".join(path.read_bytes() for path in kept_files(settings))
    assert b"JFIF" not in sealed and b"%PDF" not in sealed and len(kept_files(settings)) == 4
    page = client.get(reverse("person-attachments", args=[DisabledPerson.objects.get().uid])).content.decode()
    assert all(word in page for word in ("身份证扫描件", "残疾人证扫描件", "同意书扫描件"))


@pytest.mark.parametrize("name", ["identity_scan", "certificate_scan", "consent_scan"])
def test_a_scan_that_is_refused_says_so_at_its_own_field_and_nothing_is_kept(as_user, world, settings, name):
    data = form_data(world.village, name="王大山", photo=upload(), **{name: upload(jar(), "扫描.pdf")})
    refused = as_user("member").post(ADD, data)
    page = refused.content.decode()
    assert refused.status_code == 422 and "扫描件没有收下：“扫描.pdf”是压缩包" in page and f'href="#id_{name}"' in page
    assert not DisabledPerson.objects.exists() and kept_files(settings) == []


def test_a_photo_of_an_apple_phone_is_refused_with_what_to_set_on_the_phone(as_user, world):
    heic = b"\0\0\0\x18ftypheic\0\0\0\0" + b"\0" * 600
    page = as_user("member").post(ADD, form_data(world.village, photo=upload(heic, "IMG_0001.HEIC"))).content.decode()
    assert "“设置”—“相机”—“格式”中选“兼容性最佳”" in page and "截屏" in page


def test_a_change_of_a_file_has_no_field_for_it(as_user, make_person):
    page = as_user("member").get(url("person-edit", make_person())).content.decode()
    assert 'type="file"' not in page and "multipart" not in page


def test_the_blank_form_and_the_worker_bring_what_the_photo_needs(as_user):
    client = as_user("member")
    page = client.get(reverse("person-blank")).content.decode()
    assert 'name="photo"' in page and "multipart/form-data" in page and "js/photo" in page
    assert "js/photo" in client.get("/sw.js").content.decode()
