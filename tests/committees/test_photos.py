"""The photo of a worker: drawn anew, kept sealed, shown to who may see the person and to nobody else."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from federation.shared.models import AuditEntry
from orgs.worker_photos import photo_data, reseal_photos


def jpeg(size=(900, 1200)) -> SimpleUploadedFile:
    buffer = io.BytesIO()
    Image.new("RGB", size, "navy").save(buffer, "JPEG", comment=b"secret place")
    return SimpleUploadedFile("IMG_2026.jpg", buffer.getvalue(), content_type="image/jpeg")


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def worker(member):
    return member("village", name="张三").tenure.worker


def test_a_photo_is_kept_small_and_sealed_and_shown_in_scope(browse, worker, settings):
    answer = browse("director").post("member-photo-edit", worker.uid, photo=jpeg(), version=1)
    assert answer.status_code == 302
    worker.refresh_from_db()
    stored = (settings.MEDIA_ROOT / worker.photo_path).read_bytes()
    assert b"JFIF" not in stored
    picture = Image.open(io.BytesIO(photo_data(worker)))
    assert max(picture.size) == 600 and b"secret place" not in photo_data(worker)
    shown = browse("member").get("member-photo", worker.uid)
    assert shown.status_code == 200 and shown["Content-Type"] == "image/jpeg" and "no-store" in shown["Cache-Control"]
    assert (
        reverse("member-photo", args=[worker.uid])
        in browse("director").get("member-detail", worker.uid).content.decode()
    )
    assert browse("neighbour").get("member-photo", worker.uid).status_code == 404
    assert AuditEntry.objects.filter(action="orgs.worker.photo_changed").count() == 1


def test_another_photo_takes_its_place_and_it_can_be_taken_away(
    browse, worker, settings, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        browse("director").post("member-photo-edit", worker.uid, photo=jpeg(), version=1)
        worker.refresh_from_db()
        first = settings.MEDIA_ROOT / worker.photo_path
        browse("director").post("member-photo-edit", worker.uid, photo=jpeg((300, 400)), version=2)
    assert not first.exists()
    assert reseal_photos() == (0, 0)
    with django_capture_on_commit_callbacks(execute=True):
        browse("director").post("member-photo-edit", worker.uid, remove="on", version=3)
    worker.refresh_from_db()
    assert (worker.photo_path, worker.photo_at) == ("", None)
    assert not list((settings.MEDIA_ROOT / "workers").iterdir())
    assert browse("director").get("member-photo", worker.uid).status_code == 404


def test_what_is_no_picture_and_a_stale_form_are_refused(browse, worker):
    text = SimpleUploadedFile("photo.jpg", b"MZ not a picture", content_type="image/jpeg")
    answer = browse("director").post("member-photo-edit", worker.uid, photo=text, version=1)
    assert answer.status_code == 422 and "照片没有收下" in answer.content.decode()
    assert browse("director").post("member-photo-edit", worker.uid, version=1).status_code == 422
    browse("director").post("member-photo-edit", worker.uid, photo=jpeg(), version=1)
    assert browse("director").post("member-photo-edit", worker.uid, photo=jpeg(), version=1).status_code == 409
    assert browse("member").post("member-photo-edit", worker.uid, photo=jpeg(), version=2).status_code == 403
