"""Engagements of the demonstration that went on: renewed, moved on, acted for, and a second post that is permitted."""

from datetime import date, timedelta

from django.utils import timezone

from accounts.models import User
from accounts.services import link_worker, workers_for
from committees import services
from committees.models import Appointment
from orgs.models import BodyKind, Deputyship, Organisation, Post, SecondPostPermit
from orgs.open_vacancies import vacancies_of
from orgs.services import change_worker, permit_second_post, record_deputy

RENEWED = 6
_DAY = timedelta(days=1)


def let_posts_go_on(county: Organisation, today):
    """In the township whose director has an account: what each page about a post shows."""
    clerk, administrator = (User.objects.get(username=name) for name in ("clerk", "administrator"))
    township = User.objects.get(username="director").home_organisation
    in_post = Appointment.objects.under(county.path).current_on(today).order_by("org_path", "pk")
    in_post = in_post.select_related("tenure__worker", "tenure__organisation", "organisation")
    _renew(in_post, today, clerk)
    _say_whose_accounts(administrator)
    here = list(in_post.under(township.path).filter(organisation__body_kind=BodyKind.VILLAGE_ASSOCIATION)[:4])
    vacant = [each.organisation for each in _vacant_at(county, today)]
    if len(here) < 4 or len(vacant) < 2:
        return
    _act(here[0], here[1], vacant[0], today, clerk)
    permit = SecondPostPermit(
        organisation=vacant[0], worker=here[2].tenure.worker,
        reason="该村暂无符合条件的人选，县残联会议同意由其兼管", document_number="会残联发〔2026〕12 号（示例）",
    )  # fmt: skip
    permit_second_post(permit=permit, by=administrator)
    services.move_member(
        tenure=here[3].tenure, target=vacant[1], first_day=today - 10 * _DAY, appointment=Appointment(),
        reason="工作需要", by=clerk, expected_version=here[3].tenure.version,
    )  # fmt: skip


def _say_whose_accounts(administrator):
    """Who logs in as a member sees the own page filled, where somebody is in post there."""
    for name in ("village", "township"):
        account = User.objects.get(username=name)
        worker = workers_for(account).filter(tenures__post=Post.COMMITTEE_MEMBER).first()
        if worker is None:
            continue
        link_worker(account=account, worker=worker, by=administrator, expected_version=account.version)
        worker.name = account.display_name
        change_worker(worker=worker, by=administrator, expected_version=worker.version)
        _serves_long(worker, administrator)


def _serves_long(worker, by):
    """In post since the year before last, so that both half-years pay; the contract is soon to be renewed."""
    today = timezone.localdate()
    tenure = worker.tenures.select_related("organisation").get(post=Post.COMMITTEE_MEMBER, ended_on=None)
    since = date(today.year - 2, 1, 1)
    appointment = Appointment.objects.get(tenure=tenure)
    tenure.started_on = since
    appointment.tenure = tenure
    appointment.contract_from, appointment.contract_to = since, today + 40 * _DAY
    services.change_engagement(
        tenure=tenure, appointment=appointment, by=by, expected_version=appointment.version
    )  # fmt: skip


def _vacant_at(county, today):
    villages = Organisation.objects.under(county.path).of_kind(BodyKind.VILLAGE_ASSOCIATION).order_by("path")
    return vacancies_of(villages, today, post=Post.COMMITTEE_MEMBER)


def _renew(in_post, today, by):
    """Contracts that ran out have been renewed, but for some that are still to be warned of."""
    over = list(in_post.filter(contract_to__lt=today)[: 2 * RENEWED : 2])
    for appointment in over:
        services.renew_contract(
            appointment=appointment, contract_from=appointment.contract_to + _DAY,
            contract_to=appointment.contract_to + 730 * _DAY, document_number="会残联发〔2026〕15 号（示例）", by=by,
            expected_version=appointment.version,
        )  # fmt: skip


def _act(absent: Appointment, deputy: Appointment, vacant: Organisation, today, by):
    """One who is away is acted for; in a vacant post somebody acts until there is a successor."""
    for organisation, tenure, reason in ((absent.organisation, absent.tenure, "住院"), (vacant, None, "待聘")):
        row = Deputyship(
            organisation=organisation, post=Post.COMMITTEE_MEMBER, worker=deputy.tenure.worker, absent=tenure,
            started_on=today - 5 * _DAY, ended_on=today + 40 * _DAY, reason=reason,
        )  # fmt: skip
        record_deputy(deputyship=row, by=by)
