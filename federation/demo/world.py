"""The demonstration county: real division names of 会宁县, everything else invented from one seed."""

import io
from datetime import date
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from accounts.models import ApiKey, User
from assessments.models import Standard
from assessments.services import start_run
from federation.demo.accounts import account_lines, create_accounts
from federation.demo.appraisals import appraise_members, select_the_excellent
from federation.demo.downloads import ask_for_list
from federation.demo.facts import FactsWriter
from federation.demo.neighbours import settle
from federation.demo.people import Population
from federation.demo.persons import people_of
from federation.demo.posts import let_posts_go_on
from federation.demo.privacy import ask_about_own_data
from federation.demo.subsidies import pay_members
from federation.demo.summaries import hand_in
from federation.demo.trainings import train_members
from federation.demo.waiting import put_on_their_way
from federation.roles import API_RESOURCES
from federation.shared.jobs import run_now
from ledgers.models import DisabledPerson
from orgs.division_files import read_divisions
from orgs.models import BodyKind, Division, Level, Organisation
from orgs.requirements import requirements_for
from orgs.services import load_divisions, set_up_association

SEED = 20120328
# Apart from those of bench/make_rosters.py, so that its rosters bring new people.
SEQUENCES = (900, 999)
COUNTY = "620422000000"
DIVISIONS = Path(settings.BASE_DIR) / "orgs" / "fixtures" / "divisions-huining.csv"
FINISHED = ("nine_haves_2012", "six_haves_2012", "township_2012", "village_2012")
WAITING = "association_2012"


class DemoExists(Exception):
    """There is data already; the demonstration is for an empty installation only."""


KEY_NAME = "省残联年报系统（演示）"


def is_demo() -> bool:
    """Whether this installation was filled by `build`."""
    return ApiKey.objects.filter(name=KEY_NAME).exists()


def build(persons: int) -> list[str]:
    """Everything in one transaction, then the assessments; lines for the reader of the screen."""
    if User.objects.exists() or Division.objects.exists():
        raise DemoExists("系统里已有数据，没有装入演示数据。要看演示，请另设数据文件夹（FEDERATION_DATA_DIR）。")
    today = timezone.localdate()
    with transaction.atomic():
        load_divisions(rows=read_divisions(DIVISIONS), by=None)
        county = Organisation.objects.get(code=COUNTY, level=Level.COUNTY)
        _associations(county)
        create_accounts(county, since=date(today.year, 1, 1))
        clerk = User.objects.get(username="clerk")
        population = Population(SEED, SEQUENCES)
        FactsWriter(county, population, today, clerk).write()
        villages = list(
            Organisation.objects.under(county.path)
            .of_kind(BodyKind.VILLAGE_ASSOCIATION)
            .live_on(today)
            .order_by("path")
        )
        rows = people_of(villages, persons, population, today, clerk)
        DisabledPerson.objects.bulk_create(rows, batch_size=500)
        persons += put_on_their_way(population, today)
        persons += settle(county, population, today)
        hand_in(county, today)
        ask_about_own_data(county, today)
        let_posts_go_on(county, today)
        province = Organisation.objects.get(level=Level.PROVINCE)
        ask_for_list(province)
        _, secret = ApiKey.issue(
            name=KEY_NAME,
            organisation=province,
            resources=list(API_RESOURCES),
            expires_on=date(today.year + 1, today.month, 1),
        )
    pay_members(county, today)
    train_members(county, today)
    _assess(county, today, clerk)
    appraise_members(county, today)
    select_the_excellent(county, today)
    townships = Organisation.objects.under(county.path).filter(level=Level.TOWNSHIP).count()
    lines = [f"已装入演示数据：{county.name}，{townships} 个乡镇，{len(villages)} 个村和社区，{persons} 名虚构残疾人。"]
    return [*lines, *account_lines(), f"演示接口密钥（只显示这一次）：{secret}"]


def _associations(county):
    for category in requirements_for(BodyKind.FEDERATION, Level.COUNTY, timezone.localdate().year).associations:
        set_up_association(federation=county, category=category, established_on=date(2011, 12, 1), by=None)


def _assess(county, today, clerk):
    """The finished ones are computed here; the last one waits for the worker, which shows its progress."""
    call_command("load_standards", verbosity=0, stdout=io.StringIO())
    for code in (*FINISHED, WAITING):
        standard = Standard.objects.get(code=code)
        run = start_run(standard=standard, area=county, year=today.year, as_of=today, by=clerk)
        if code in FINISHED:
            run_now(run.job)
