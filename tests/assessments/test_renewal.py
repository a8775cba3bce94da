"""Who was found 不称职 in the last published appraisal is not renewed."""

from datetime import date

import pytest

from accounts.models import Assignment
from assessments import appraisals
from assessments.models import MemberResult
from committees import services
from committees.models import Appointment, PastContract, RenewalPermit
from committees.services import renew_contract, why_not_renewed
from federation.shared.history import history_of
from federation.shared.models import AuditEntry
from orgs.services import TenureRefused
from tests.assessments.members import appraised, engage, published, result_of, score
from tests.orgs.conftest import boxes, browse

pytestmark = pytest.mark.django_db
LAST_YEAR = date(2025, 12, 31)


def banded(world, member, band, **more) -> MemberResult:
    """A computed result with a band given by the leader; not published yet."""
    result = score(result_of(appraised(world.county, world.clerk, **more), member), world.clerk)
    return appraisals.give_band(
        result=result, band=band, reason="全年表现", by=world.leader, expected_version=result.version
    )


def test_only_a_published_lowest_band_bars(world):
    member, other = engage(world.village, "甲"), engage(world.village, "乙")
    result = banded(world, member, "不称职")
    assert why_not_renewed(member) == ""
    published(world, result.appraisal)
    Appointment.objects.filter(pk=member.pk).update(contract_from=date(2025, 1, 1), contract_to=date(2026, 12, 31))
    with pytest.raises(TenureRefused, match="按规定不予续聘"):
        renew_contract(
            appointment=member, contract_from=date(2027, 1, 1), contract_to=date(2027, 12, 31), document_number="",
            by=world.clerk, expected_version=1,
        )  # fmt: skip
    assert "不称职" in why_not_renewed(member) and "异议" in why_not_renewed(member)
    assert why_not_renewed(other) == ""


def test_a_later_better_one_lifts_it(world):
    member = engage(world.village, "甲")
    published(world, banded(world, member, "不称职", year=2025, as_of=LAST_YEAR).appraisal)
    assert why_not_renewed(member)
    published(world, banded(world, member, "称职").appraisal)
    assert why_not_renewed(member) == ""


@pytest.mark.parametrize("band", ["优秀", "称职", "基本称职"])
def test_other_bands_do_not_bar(world, band):
    member = engage(world.village, "甲")
    published(world, banded(world, member, band).appraisal)
    assert why_not_renewed(member) == ""


# --- permitted all the same -----------------------------------------------------------------------------
__all__ = ["browse"]
CONTRACT = {"contract_from": date(2025, 1, 1), "contract_to": date(2026, 12, 31)}
NOTE = {"reason": "该村无人可聘，本人已整改", "document_number": "会残联纪要 3 号"}


@pytest.fixture
def barred(world) -> Appointment:
    """Somebody of the village whose last published band is the lowest."""
    member = engage(world.village, "甲")
    published(world, banded(world, member, "不称职").appraisal)
    Appointment.objects.filter(pk=member.pk).update(**CONTRACT)
    return Appointment.objects.select_related("tenure__worker").get(pk=member.pk)


def renewal(first, last):
    return {**boxes("contract_from", first), **boxes("contract_to", last), "document_number": ""}


NEXT = (date(2027, 1, 1), date(2027, 12, 31))
AFTER = (date(2028, 1, 1), date(2028, 12, 31))


def test_the_refusal_names_whom_to_ask(browse, world, barred):
    answer = browse("director").post("appointment-renew", barred.pk, **renewal(*NEXT))
    assert answer.status_code == 422
    words = str(answer.context["form"].errors)
    assert "请会宁县的系统管理员（陈管理员）写明原因准许" in words
    assert "不予续聘" in browse("director").get("appointment-renew", barred.pk).content.decode()
    Assignment.objects.filter(user=world.administrator).update(until=date(2025, 12, 31))
    assert "请系统管理员写明原因准许" in why_not_renewed(barred)


@pytest.mark.parametrize("name", ["director", "clerk", "leader", "township_member", "viewer", "auditor", "member"])
def test_nobody_but_an_administrator_permits_it(browse, barred, name):
    assert browse(name).post("renewal-permit-add", barred.pk, **NOTE).status_code == 403
    assert not RenewalPermit.objects.exists()


def test_an_administrator_of_elsewhere_does_not_find_it(browse, world, barred):
    Assignment.objects.filter(user=world.administrator).update(
        organisation=world.other_county, org_path=world.other_county.path
    )
    assert browse("administrator").post("renewal-permit-add", barred.pk, **NOTE).status_code == 404


def test_a_permit_takes_a_reason_and_lifts_the_bar_for_one_renewal(browse, world, barred):
    worker = barred.tenure.worker
    page = browse("administrator").get("member-detail", worker.uid).content.decode()
    assert "准许续聘" in page
    assert "按规定不予续聘" in browse("administrator").get("renewal-permit-add", barred.pk).content.decode()
    assert browse("administrator").post("renewal-permit-add", barred.pk, reason=" ").status_code == 422
    assert browse("administrator").post("renewal-permit-add", barred.pk, **NOTE).status_code == 302
    again = browse("administrator").post("renewal-permit-add", barred.pk, **NOTE)
    assert again.status_code == 422 and "已经准许过" in str(again.context["form"].errors)
    assert "该村无人可聘" in browse("director").get("appointment-renew", barred.pk).content.decode()
    assert browse("director").post("appointment-renew", barred.pk, **renewal(*NEXT)).status_code == 302
    permit = RenewalPermit.objects.get()
    assert permit.past_contract == PastContract.objects.get() and permit.created_by == world.administrator
    page = browse("director").get("member-detail", worker.uid).content.decode()
    assert (
        "系统管理员准许：该村无人可聘，本人已整改（用于 2026 年 12 月 31 日聘期结束后的续聘，会残联纪要 3 号）" in page
    )
    # The next one is another.
    answer = browse("director").post("appointment-renew", barred.pk, **renewal(*AFTER))
    assert answer.status_code == 422 and "不予续聘" in str(answer.context["form"].errors)
    used = browse("administrator").post("renewal-permit-withdraw", permit.pk)
    assert used.status_code == 422 and "不能取消" in str(used.context["form"].errors)


def test_permit_and_use_stand_in_the_log_and_in_the_history(world, barred):
    (permit,) = services.permit_renewal(appointment=barred, by=world.administrator, **NOTE)
    renew_contract(
        appointment=barred, contract_from=NEXT[0], contract_to=NEXT[1], document_number="", by=world.director,
        expected_version=1,
    )  # fmt: skip
    acts = AuditEntry.objects.order_by("pk").values_list("action", "actor_id")
    assert [act for act in acts if "renew" in act[0]] == [
        ("committees.renewal.permitted", world.administrator.pk),
        ("committees.renewal.permit_used", world.director.pk),
        ("committees.contract.renewed", world.director.pk),
    ]
    assert AuditEntry.objects.get(action="committees.contract.renewed").reason == "按系统管理员的准许续聘"
    assert [record.by for record in history_of(permit)] == [world.director, world.administrator]


def test_a_permit_is_for_this_appraisal_and_no_later_one(world):
    member = engage(world.village, "甲")
    published(world, banded(world, member, "不称职", year=2025, as_of=LAST_YEAR).appraisal)
    services.permit_renewal(appointment=member, by=world.administrator, **NOTE)
    assert why_not_renewed(member) == ""
    published(world, banded(world, member, "不称职").appraisal)
    assert "不予续聘" in why_not_renewed(member)


def test_an_unused_permit_is_taken_back(browse, world, barred):
    (permit,) = services.permit_renewal(appointment=barred, by=world.administrator, **NOTE)
    assert "取消续聘的准许" in browse("administrator").get("member-detail", barred.tenure.worker.uid).content.decode()
    assert browse("clerk").post("renewal-permit-withdraw", permit.pk).status_code == 403
    assert browse("administrator").post("renewal-permit-withdraw", permit.pk).status_code == 302
    assert not RenewalPermit.objects.exists() and "不予续聘" in why_not_renewed(barred)
    assert AuditEntry.objects.filter(action="committees.renewal.permit_withdrawn").count() == 1


def test_where_nothing_speaks_against_it_nothing_is_permitted(browse, world):
    member = engage(world.village, "甲")
    answer = browse("administrator").post("renewal-permit-add", member.pk, **NOTE)
    assert answer.status_code == 422 and "不需要准许" in str(answer.context["form"].errors)
