"""Consent on most files, one request that waits and one that was answered."""

from datetime import timedelta

from django.db.models import F, Value
from django.db.models.functions import Greatest, Mod

from accounts.models import User
from ledgers.models import DisabledPerson, PersonRequest
from ledgers.models.dictionaries import ConsentKind
from ledgers.requests import grant_request, receive_request

ASKED_DAYS_AGO = 25
CONSENTED_DAYS_AGO = 90


def ask_about_own_data(county, today):
    """Every tenth file still lacks its consent."""
    rows = DisabledPerson.objects.under(county.path).alias(tenth=Mod("pk", 10)).exclude(tenth=3)
    day = today - timedelta(days=CONSENTED_DAYS_AGO)
    rows.update(consent_kind=ConsentKind.PERSON, consented_on=Greatest(F("registered_on"), Value(day)))
    clerk = User.objects.get(username="clerk")
    first, second = rows.still_registered().order_by("pk")[:2]
    waiting = {"kind": PersonRequest.Kind.CORRECTION, "content": "监护人电话换了，请改成新的号码。"}
    _ask(first, today - timedelta(days=ASKED_DAYS_AGO), clerk, **waiting)
    answered = _ask(second, today - timedelta(days=ASKED_DAYS_AGO), clerk, kind=PersonRequest.Kind.ACCESS)
    grant_request(request=answered, answer="当面给本人看过登记表，打印一份交给本人。", by=clerk)


def _ask(person, received_on, by, **more) -> PersonRequest:
    request = PersonRequest(
        person=person,
        asker=PersonRequest.Asker.PERSON,
        identity_check=PersonRequest.Check.IDENTITY_CARD,
        received_on=received_on,
        **more,
    )
    return receive_request(request=request, by=by)
