"""What the tests of bodies and posts share."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from federation.shared.normalise import id_check_digit
from orgs.models import Identity, Tenure, Worker

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


def id_number(serial: int, born: str = "19800101") -> str:
    """An ID number of a region that was never issued, with a valid check digit; odd serials are men's."""
    first = f"629999{born}{serial:03d}"
    return first + id_check_digit(first)


def boxes(name: str, day: date) -> dict:
    """A date as the three boxes of a form send it."""
    return {f"{name}_year": day.year, f"{name}_month": day.month, f"{name}_day": day.day}


def picture(name="王小明的牌子.png", content=PNG):
    return SimpleUploadedFile(name, content, content_type="image/png")


class Browser:
    """Opens and sends pages by their URL name."""

    def __init__(self, client):
        self.client = client

    def get(self, name, /, *args, **query):
        return self.client.get(reverse(name, args=args), query)

    def post(self, name, /, *args, **data):
        return self.client.post(reverse(name, args=args), data)


@pytest.fixture
def browse(as_user):
    return lambda username: Browser(as_user(username))


@pytest.fixture
def engage(world):
    """Somebody in a post: `engage("village", "committee_member")`."""

    def make(place, post, *, name="张三", number=None, since=date(2020, 1, 1), until=None, worker=None):
        if worker is None:
            worker = Worker.objects.create(
                name=name, id_number=number, identity=Identity.DISABLED, created_by=world.clerk
            )
        return Tenure.objects.create(
            organisation=world.orgs[place], worker=worker, post=post, started_on=since, ended_on=until
        )

    return make


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
