"""Who is not to be renewed is not kept on by another name either: a corrected contract, a move, a promotion."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments import appraisals
from committees import services
from committees.models import Appointment, PastContract, RenewalPermit
from committees.renewal_bars import bars_of
from orgs.models import Tenure
from orgs.services import TenureRefused
from tests.assessments.members import appraised, engage, published, score
from tests.orgs.conftest import boxes
from tests.rosters.conftest import course  # noqa: F401  (a fixture)
from tests.rosters.people import roster_file
from tests.rosters.test_records import member as row

pytestmark = pytest.mark.django_db
FIRST, LAST, LATER = date(2025, 1, 1), date(2026, 12, 31), date(2029, 12, 31)
MOVED_ON = date(2026, 11, 22)


def bar(world, *members) -> Appointment:
    """The lowest of the bands, published, for these members; gives the first."""
    appraisal = appraised(world.county, world.clerk)
    for result in list(appraisal.results.all()):
        result = score(result, world.clerk)
        band = "不称职" if result.worker_id in {member.tenure.worker_id for member in members} else "称职"
        appraisals.give_band(
            result=result, band=band, reason="全年表现", by=world.leader, expected_version=result.version
        )
    published(world, appraisal)
    return Appointment.objects.select_related("tenure__worker", "tenure__organisation").get(pk=members[0].pk)


@pytest.fixture
def barred(world) -> Appointment:
    """Somebody of the village, under contract, whose last published band is the lowest."""
    member = engage(world.village, "甲")
    Appointment.objects.filter(pk=member.pk).update(contract_from=FIRST, contract_to=LAST)
    return bar(world, member)


def permitted(world, appointment):
    services.permit_renewal(appointment=appointment, reason="无人可聘", document_number="", by=world.administrator)


def corrected(appointment, contract_to, **more):
    until = boxes("contract_to", contract_to) if contract_to else {}
    return {
        "role": appointment.role, **boxes("started_on", appointment.tenure.started_on),
        **boxes("contract_from", FIRST), **until, "version": appointment.version, **more,
    }  # fmt: skip


def moving(place, contract_to=None):
    until = boxes("contract_to", contract_to) if contract_to else {}
    return {"organisation": place.code, **boxes("first_day", MOVED_ON), **boxes("contract_from", MOVED_ON), **until}


def refusal(answer, box) -> str:
    assert answer.status_code == 422
    return str(answer.context["form"].errors.get(box, ""))


# --- a corrected contract -------------------------------------------------------------------------------
@pytest.mark.parametrize("contract_to", [LATER, date(2027, 1, 1), None])
def test_a_correction_does_not_lengthen_the_contract(browse, barred, contract_to):
    answer = browse("director").post("appointment-edit", barred.pk, **corrected(barred, contract_to))
    assert services.why_not_renewed(barred) in refusal(answer, "contract_to")
    barred.refresh_from_db()
    assert barred.contract_to == LAST


@pytest.mark.parametrize("contract_to", [LAST, date(2026, 11, 30)])
def test_what_does_not_lengthen_it_is_corrected(browse, barred, contract_to):
    values = corrected(barred, contract_to, document_number="会残发〔2026〕9 号")
    assert browse("director").post("appointment-edit", barred.pk, **values).status_code == 302
    barred.refresh_from_db()
    assert (barred.contract_to, barred.document_number) == (contract_to, "会残发〔2026〕9 号")


def test_a_permit_is_used_by_renewing_not_by_correcting(browse, world, barred):
    permitted(world, barred)
    answer = browse("director").post("appointment-edit", barred.pk, **corrected(barred, LATER))
    assert "请用“续聘”办理" in refusal(answer, "contract_to")


def test_others_are_corrected_as_ever(browse, world):
    other = engage(world.village, "乙")
    Appointment.objects.filter(pk=other.pk).update(contract_from=FIRST, contract_to=LAST)
    assert browse("director").post("appointment-edit", other.pk, **corrected(other, LATER)).status_code == 302


# --- a move ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("contract_to", [LATER, None])
def test_a_move_does_not_lengthen_the_contract(browse, world, barred, contract_to):
    answer = browse("director").post("member-move", barred.tenure_id, **moving(world.village_second, contract_to))
    told = refusal(answer, "contract_to")
    assert services.why_not_renewed(barred) in told and "不能晚于现在的聘期止（2026 年 12 月 31 日）" in told
    assert Tenure.objects.count() == 1


def test_a_move_to_a_higher_level_is_refused(browse, world, barred):
    answer = browse("director").post("member-move", barred.tenure_id, **moving(world.township, LAST))
    assert services.why_not_renewed(barred) in refusal(answer, "organisation")
    assert Tenure.objects.get().ended_on is None


@pytest.mark.parametrize("contract_to", [LAST, date(2026, 11, 30)])
def test_a_move_within_what_was_agreed_is_allowed_and_takes_no_permit(browse, world, barred, contract_to):
    permitted(world, barred)
    answer = browse("director").post("member-move", barred.tenure_id, **moving(world.village_second, contract_to))
    assert answer.status_code == 302
    assert RenewalPermit.objects.get().past_contract is None


@pytest.mark.parametrize(("place", "contract_to"), [("township", LAST), ("village_second", LATER)])
def test_a_permit_lifts_it_once(browse, world, barred, place, contract_to):
    permitted(world, barred)
    answer = browse("director").post("member-move", barred.tenure_id, **moving(world.orgs[place], contract_to))
    assert answer.status_code == 302
    past = PastContract.objects.get()
    assert RenewalPermit.objects.get().past_contract == past
    assert (past.appointment, past.contract_from, past.contract_to) == (barred, FIRST, LAST)
    after = Appointment.objects.select_related("tenure").get(tenure__ended_on=None)
    assert after.contract_to == contract_to and services.why_not_renewed(after)
    with pytest.raises(TenureRefused, match="不予续聘"):
        services.renew_contract(
            appointment=after, contract_from=date(2030, 1, 1), contract_to=date(2030, 12, 31), document_number="",
            by=world.clerk, expected_version=after.version,
        )  # fmt: skip
    assert browse("director").get("member-detail", barred.tenure.worker.uid).status_code == 200


def test_a_permit_without_a_contract_says_what_to_record_first(browse, world, barred):
    Appointment.objects.filter(pk=barred.pk).update(contract_from=None)
    permitted(world, barred)
    answer = browse("director").post("member-move", barred.tenure_id, **moving(world.township, LAST))
    assert "还没有登记现在的聘期" in refusal(answer, "organisation")


# --- the roster -----------------------------------------------------------------------------------------
def test_a_roster_does_not_lengthen_the_contract(course, world):  # noqa: F811
    course.written(roster_file([row(0), row(1)]), kind="members")
    engaged = bar(world, Appointment.objects.get(tenure__worker__name=row(0)["姓名"]))
    longer = roster_file([row(0, 聘期止=str(LATER)), row(1, 聘期止=str(LATER))])
    refused = course.send(longer, kind="members")
    assert (refused.wrong_count, refused.changed_count) == (1, 1)
    (error,) = course.errors(refused)
    assert services.why_not_renewed(engaged) in str(error)
    permitted(world, engaged)
    (error,) = course.errors(course.send(longer, kind="members"))
    assert "请用“续聘”办理" in str(error), "only a renewal uses a permit up"
    shorter = course.send(roster_file([row(0, 聘期止="2026-06-30")]), kind="members")
    assert (shorter.wrong_count, shorter.changed_count) == (0, 1)


def test_many_contracts_are_asked_about_as_few_times_as_one(course, world):  # noqa: F811
    course.written(roster_file([row(serial) for serial in range(8)]), kind="members")
    engaged = list(Appointment.objects.select_related("tenure"))
    bar(world, *engaged[:3])
    counts = []
    for some in (engaged[:1], engaged):
        with CaptureQueriesContext(connection) as queries:
            found = bars_of(some)
        counts.append(len(queries))
    assert len(found) == 3 and counts[0] == counts[1]
