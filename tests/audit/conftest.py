"""A person and a worker with sealed numbers. Region 629999 was never issued, so no number is anyone's."""

import datetime

import pytest

from ledgers.models import DisabledPerson
from orgs.models import Post, Tenure, Worker

ID_NUMBER = "629999199001011238"
OTHER_ID_NUMBER = "629999198512120015"
CERTIFICATE = "62999919900101123844"
PHONE = "13900000001"


@pytest.fixture
def person(world) -> DisabledPerson:
    return DisabledPerson.objects.create(
        organisation=world.village,
        name="甲某",
        sex="1",
        id_number=ID_NUMBER,
        certificate_number=CERTIFICATE,
        phone=PHONE,
        category="4",
        grade="2",
        registered_on=datetime.date(2024, 5, 6),
    )


@pytest.fixture
def worker(world) -> Worker:
    worker = Worker.objects.create(
        name="乙某", id_number=OTHER_ID_NUMBER, phone=PHONE, payment_account="6217000000000001234"
    )
    Tenure.objects.create(
        worker=worker, organisation=world.village, post=Post.COMMITTEE_MEMBER, started_on=datetime.date(2022, 1, 1)
    )
    return worker
