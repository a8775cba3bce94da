"""The demonstration county: every page has something to show, and no number in it can be anybody's."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Assignment, User
from assessments.models import Run
from federation.demo import PASSWORD, world
from federation.demo.downloads import ask_for_list
from federation.demo.people import Population, check_digit
from federation.roles import Role
from federation.shared.models import ExportFile
from federation.shared.normalise import id_number
from ledgers.consent import WITHOUT_CONSENT
from ledgers.models import DisabledPerson, PersonDraft, PersonRequest, RosterSummary
from ledgers.summaries.services import broken_summaries
from orgs.models import Level, Organisation, Tenure, Worker
from tests.access.conftest import kept_for_a_module


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker):
    with kept_for_a_module(django_db_blocker):
        yield world.build(persons=60)


@pytest.fixture
def demo(built, db):
    """The county, of which each test may change what it likes."""
    return built


def test_the_county_has_its_real_townships_villages_and_communities(demo):
    county = Organisation.objects.under(Organisation.objects.get(level=Level.COUNTY, federation=None).path)
    assert county.filter(level=Level.TOWNSHIP).count() == 28
    assert county.filter(level=Level.VILLAGE, place_kind="village").count() == 284
    assert county.filter(level=Level.VILLAGE, place_kind="community").count() == 38


def test_there_is_an_account_for_every_role_and_it_can_log_in(demo):
    assert set(Assignment.objects.values_list("role", flat=True)) == set(Role.values)
    for user in User.objects.all():
        assert user.check_password(PASSWORD)
        assert user.current_assignments, user.username


def test_most_files_carry_a_consent_and_somebody_asked_about_the_own_data(demo):
    assert 0 < DisabledPerson.objects.filter(WITHOUT_CONSENT).count() < DisabledPerson.objects.count() / 4
    assert sorted(PersonRequest.objects.values_list("state", flat=True)) == ["granted", "waiting"]


def test_posts_have_vacancies_and_facts_have_gaps(demo):
    assert Tenure.objects.filter(ended_on__isnull=False).exists()
    finished = Run.objects.exclude(job__state="queued")
    assert finished.count() == len(world.FINISHED)
    assert all(run.state == Run.State.COMPUTED for run in finished)


def test_forms_wait_for_the_township_come_back_to_the_village_and_lie_as_drafts(demo):
    states = DisabledPerson.objects.exclude(state="approved").values_list("state", flat=True)
    assert sorted(states) == ["returned", *["submitted"] * 5]
    assert PersonDraft.objects.get().created_by.username == "village"
    client = Client()
    client.force_login(User.objects.get(username="director"), backend="django.contrib.auth.backends.ModelBackend")
    assert "5 份等您审核" in client.get("/").content.decode()


def test_a_long_list_of_the_province_has_somebody_to_agree_to_it(demo, settings):
    settings.FEDERATION_EXPORT_SECOND_PERSON_ROWS = 10
    ask_for_list(Organisation.objects.get(level=Level.PROVINCE))
    export = ExportFile.objects.get()
    assert export.state == ExportFile.State.WAITING and export.row_count > 10
    client = Client()
    client.force_login(User.objects.get(username="province"), backend="django.contrib.auth.backends.ModelBackend")
    assert "核对全省残疾人登记情况" in client.get("/exports/waiting/").content.decode()
    answered = client.post(f"/exports/{export.pk}/answer/", {"action": "agree", "version": export.version})
    export.refresh_from_db()
    assert answered.status_code == 302 and export.state == ExportFile.State.RUNNING
    assert export.decided_by.username == "province" and export.job_id


def test_one_assessment_waits_for_the_worker(demo):
    assert Run.objects.filter(job__state="queued").count() == 1


def test_last_years_summaries_are_approved_and_one_of_today_waits(demo):
    states = RosterSummary.objects.order_by("as_of", "org_path").values_list("state", flat=True)
    assert list(states) == ["approved", "approved", "submitted"]
    assert broken_summaries() == []


def test_every_number_carries_the_region_that_was_never_issued(demo):
    rows = [*DisabledPerson.objects.all(), *Worker.objects.all()]
    assert len(rows) > 500
    for row in rows:
        number = row.id_number.open_plain()
        assert number.startswith("629999")
        assert id_number(number) == number


def test_a_second_load_is_refused_and_changes_nothing(demo):
    before = Organisation.objects.count(), DisabledPerson.objects.count()
    with pytest.raises(CommandError, match="已有数据"):
        call_command("demo")
    call_command("demo", if_empty=True)
    assert (Organisation.objects.count(), DisabledPerson.objects.count()) == before


def test_the_same_seed_gives_the_same_people():
    first, second = Population(7), Population(7)
    assert [first.draw() for _ in range(20)] == [second.draw() for _ in range(20)]


def test_the_check_digit_is_that_of_the_standard():
    assert check_digit("11010519491231002") == "X"


def test_the_clerk_sees_the_people_of_the_county_after_logging_in(demo):
    client = Client()
    client.force_login(User.objects.get(username="clerk"), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/persons/").status_code == 200
