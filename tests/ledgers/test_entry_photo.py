"""The photo of a new entry: taken in with the form and once, refused in a sentence with everything typed kept."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ledgers.attachments import photo_data, photo_of
from ledgers.models import Attachment, DisabledPerson
from tests.ledgers.conftest import id_of
from tests.ledgers.hostile_scans import jar, jpeg_with_place, picture
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
    assert "刚才选的照片要在页面下面重新选" in page
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


def test_a_change_of_a_file_has_no_field_for_it(as_user, make_person):
    page = as_user("member").get(url("person-edit", make_person())).content.decode()
    assert 'name="photo"' not in page and "multipart" not in page


def test_the_blank_form_and_the_worker_bring_what_the_photo_needs(as_user):
    client = as_user("member")
    page = client.get(reverse("person-blank")).content.decode()
    assert 'name="photo"' in page and "multipart/form-data" in page and "js/photo" in page
    assert "js/photo" in client.get("/sw.js").content.decode()
