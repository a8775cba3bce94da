"""The audit log's pages: in scope, readable, searchable."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from federation.shared import audit
from federation.shared.history import save_versioned
from federation.shared.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def entries(world):
    return {
        "own": audit.record("orgs.plaque.hung", actor=world.member, target=world.village),
        "foreign": audit.record("orgs.plaque.hung", actor=world.other_clerk, target=world.other_village),
        "nobody": audit.record("shared.backup.made", actor=None),
    }


def numbers(response):
    return {row["object"].pk for row in response.context["table"].rows}


def test_the_auditor_reads_the_entries_of_the_own_county_and_no_others(as_user, entries):
    client = as_user("auditor")
    assert numbers(client.get(reverse("audit-list"))) >= {entries["own"].pk}
    assert not numbers(client.get(reverse("audit-list"))) & {entries["foreign"].pk, entries["nobody"].pk}
    assert client.get(reverse("audit-detail", args=[entries["own"].pk])).status_code == 200
    for name in ("foreign", "nobody"):
        assert client.get(reverse("audit-detail", args=[entries[name].pk])).status_code == 404


def test_entries_of_no_body_are_read_at_the_top_of_the_tree(world, entries):
    from accounts.models import Assignment, User
    from federation.roles import Role

    top = User.objects.create_user("top")
    Assignment.objects.create(user=top, role=Role.AUDITOR, organisation=world.province, since="2020-01-01")
    assert set(AuditEntry.objects.visible_to(top)) >= set(entries.values())


@pytest.mark.parametrize("name", ["clerk", "leader", "member", "viewer", "administrator"])
def test_only_the_auditor_reads_the_log(as_user, entries, name):
    assert as_user(name).get(reverse("audit-list")).status_code == 403


def test_the_list_speaks_chinese_and_names_the_actor(as_user, world, entries, person):
    save_versioned(type(person).objects.get(pk=person.pk), by=world.member)
    person.grade = "1"
    save_versioned(person, by=world.member)
    text = as_user("auditor").get(reverse("audit-list")).content.decode()
    for words in ("修改残疾人登记表", "周委员", "东山村残疾人协会"):
        assert words in text


def test_an_entry_shows_the_fields_changed_and_hides_what_identifies_a_person(as_user, world, person):
    person.current_address = "某村某号"
    save_versioned(person, by=world.member)
    world.village.short_name = "新东山村"
    save_versioned(world.village, by=world.clerk)
    client = as_user("auditor")
    of_person, of_body = AuditEntry.objects.filter(action__endswith=".changed").order_by("pk")
    text = client.get(reverse("audit-detail", args=[of_person.pk])).content.decode()
    assert "现住址" in text and "某村某号" not in text and "只登记校验值" in text
    assert "东山村 → 新东山村" in client.get(reverse("audit-detail", args=[of_body.pk])).content.decode()


def test_the_list_is_narrowed_by_account_action_and_day(as_user, world, entries):
    client, url = as_user("auditor"), reverse("audit-list")
    own = entries["own"].pk
    assert own in numbers(client.get(url, {"username": "member"}))
    assert own not in numbers(client.get(url, {"username": "director"}))
    assert own not in numbers(client.get(url, {"action": "accounts.logout"}))
    assert own not in numbers(client.get(url, {"until": "2020-01-01"}))
    assert own in numbers(client.get(url, {"since": "2020-01-01"}))
    assert own in numbers(client.get(url, {"target": str(world.village.pk)}))
    assert numbers(client.get(url, {"since": "2020-13-01"})) == set()


def test_a_login_tried_in_somebodys_name_is_found_under_that_name(as_user, world, client):
    client.post(reverse("login"), {"username": "member", "password": "wrong"})
    failed = AuditEntry.objects.get(action="accounts.login.failed")
    assert failed.pk in numbers(as_user("auditor").get(reverse("audit-list"), {"username": "member"}))


def test_the_queries_of_the_list_do_not_grow_with_its_rows(as_user, world):
    client, url = as_user("auditor"), reverse("audit-list")

    def count():
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        return len(queries)

    for _ in range(5):
        audit.record("orgs.plaque.hung", actor=world.member, target=world.village)
    count()  # the first request of a login also writes its session
    few = count()
    for _ in range(40):
        audit.record("orgs.plaque.hung", actor=world.director, target=world.township)
    assert count() == few
