"""How long an address waits that was refused too often."""

from datetime import timedelta

import pytest
import time_machine
from django.test import RequestFactory
from django.utils import timezone

from accounts import attempts

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("minutes", "waits"), [(14, True), (16, False)])
def test_an_address_waits_a_quarter_of_an_hour_after_its_last_refusal(minutes, waits):
    request = RequestFactory().post("/login/")
    for _ in range(attempts.ALLOWED):
        attempts.count_refusal("login", request)
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        assert attempts.is_waiting("login", request) == waits
