"""What happens outside one's scope changes nothing one sees: two worlds that differ only there read alike.

Finds what canaries cannot: a total, a page number, a suggestion, a rank counted over foreign rows.
"""

from datetime import date

import pytest
from django.urls import reverse

from assessments.models import BodyResult
from federation.shared.permissions import LOGGED_IN, MACHINE, PUBLIC
from ledgers.models import DisabledPerson
from orgs.models import Plaque, Tenure, Worker
from tests.access.canaries import body_of
from tests.access.conftest import count, rolled_back
from tests.access.test_matrix import masked
from tests.access.urls import PAGES

pytestmark = pytest.mark.django_db

LISTS = sorted(page.name for page in PAGES if not page.arguments and page.permission != PUBLIC)
WHO = ["clerk", "leader", "director", "member", "officer", "administrator", "auditor", "county_machine"]
# They answer for the whole installation: nobody's rows are counted there.
NOT_OF_ROWS = {"logout", "password_change", "password_change_done"}
SEARCHES = [{}, {"q": "雀"}, {"q": "甲"}, {"sort": "-name"}]


def disturb(grid):
    """More of everything in the other county, and less of some."""
    for key in ("other_village", "other_village_second", "other_township", "other_county"):
        body = grid.places[key].organisation
        for number in range(7):
            person = DisabledPerson(organisation=body, name=f"甲{number}", registered_on=date(2026, 1, 1), category="4")
            person.save()
            worker = Worker.objects.create(name=f"甲{number}")
            Tenure.objects.create(
                organisation=body, worker=worker, post="committee_member", started_on=date(2020, 1, number + 1)
            )
            Plaque.objects.create(organisation=body, hung_on=date(2020, 1, 1))
        BodyResult.objects.filter(organisation=body).update(total=99)
        type(body).objects.filter(pk=body.pk).update(name="甲甲残疾人联合会", short_name="甲甲")
    grid.places["other_neighbour_village"].disabledperson.delete()
    grid.places["other_neighbour_village"].organisation.refresh_from_db()


@pytest.fixture
def clients(grid):
    """Logged in before the first reading: a login is something one sees (最近登录)."""
    return {who: grid.client(grid.subjects[who]) for who in WHO}


def readings(grid, clients, only=None) -> dict:
    found = {}
    for who, client in clients.items():
        is_machine = grid.subjects[who].is_machine
        for page in PAGES:
            if page.arguments or page.permission == PUBLIC or page.name in NOT_OF_ROWS:
                continue
            if only and page.name not in only:
                continue
            if (page.permission == MACHINE) != is_machine:
                continue
            # A refusal is written into the log, which the auditor reads.
            if not is_machine and page.permission != LOGGED_IN and not grid.holds(grid.subjects[who], page.permission):
                continue
            for search in [{}] if is_machine else SEARCHES:
                client.cookies.pop("messages", None)
                answer = client.get(reverse(page.name), search)
                found[who, page.name, str(search)] = (answer.status_code, masked(body_of(answer), ""))
                count("pages read in two worlds")
    return found


def test_what_happens_elsewhere_changes_nothing_one_sees(grid, clients):
    before = readings(grid, clients)
    with rolled_back():
        disturb(grid)
        after = readings(grid, clients)
    changed = [key for key in before if before[key] != after[key]]
    assert changed == []
    assert sum(status == 200 for status, _body in before.values()) > 100


def test_what_happens_here_is_seen(grid, clients):
    """The reading is not blind: a person more in one's own village changes the list of that village's readers."""
    before = readings(grid, clients, {"person-list"})
    with rolled_back():
        body = grid.places["village"].organisation
        DisabledPerson(organisation=body, name="甲", registered_on=date(2026, 1, 1), category="4").save()
        after = readings(grid, clients, {"person-list"})
    changed = {who for who, name, search in before if before[who, name, search] != after[who, name, search]}
    assert {"member", "director", "clerk"} <= changed
