"""More rows of every model at one body, and the addresses that are read there: for what counts queries."""

import contextlib
import uuid
from collections import Counter
from copy import copy
from datetime import date, timedelta

from django.db import IntegrityError, transaction

from accounts.models import ApiKey, Assignment, User
from assessments.models import (
    AreaResult,
    BodyResult,
    ManualScore,
    MemberPoints,
    MemberResult,
    Nomination,
    NominationOpinion,
    Objection,
)
from committees.models import (
    Appointment,
    PastContract,
    SubsidyLine,
    SubsidyMonth,
    SubsidyPayment,
    SubsidyPeriod,
    SubsidyStandard,
    TrainingAttendance,
)
from federation.roles import API_RESOURCES, Role
from federation.shared import audit
from federation.shared.models import ChangeRecord, Chunk, ExportFile, Job, RosterSynonym
from federation.shared.permissions import MACHINE
from ledgers.models import (
    DisabledPerson,
    DistinctPair,
    ErasureProposal,
    Household,
    RosterSummary,
    SavedFilter,
    Transfer,
)
from orgs.models import Organisation, SecondPostPermit, Tenure, Worker
from tests.access.conftest import rolled_back
from tests.access.rows import DAY, Place, make, owned_models
from tests.access.test_matrix import Cell
from tests.access.urls import PAGES

# Who is asked, in turn, until somebody may open the page.
READERS = ("clerk", "director", "administrator", "member", "viewer", "machine")
PLACES = ("village", "township", "county")
# Of these there is one a person, an appointment or a member: they hang on the parents made in the same step, every
# other row on those the pages are asked for.
ONE_A_PARENT = (
    Tenure, Appointment, SubsidyLine, SubsidyPayment, TrainingAttendance, Transfer, ErasureProposal, MemberResult,
    MemberPoints, Nomination, NominationOpinion,
)  # fmt: skip
# One a body: they stand at the villages that are made beside.
ONE_A_BODY = (BodyResult, AreaResult, ManualScore)
# In the order of their keys to each other; what is not named comes after.
FIRST = (Worker, Household, DisabledPerson, Tenure, Appointment, Nomination)


def grow(grid, number: int, start: int) -> Counter:
    """`number` further rows of every model at the village; gives how many were made of each, by label."""
    place, made = grid.places["village"], Counter()
    models = [model for model in owned_models() if model not in (User, Assignment, ApiKey, *FIRST)]
    for at in range(start, start + number):
        _body(grid.world.county, f"新{at}镇", 4, "federation", f"620422{100 + at}000")
        body = _body(grid.world.township, f"新{at}村", 5, "village_association", f"62042210{at:04d}")
        fresh = Place(place.key, place.organisation, dict(place.rows))
        for model in (*FIRST, *models):
            parents = fresh if model in ONE_A_PARENT else place
            given = _given(grid, model, at, body)
            try:
                with transaction.atomic():
                    row = make(model, parents, grid.aviary, **given)
            except IntegrityError as error:
                raise AssertionError(f"no further row could be made of {model._meta.label}: {error}") from error
            if model in FIRST:
                fresh.rows[model._meta.model_name] = row
            made[model._meta.label_lower] += 1
        _beside(grid, place, fresh, body, at)
    return made


def _given(grid, model, at: int, body) -> dict:
    """What tells the row of this step from those of the others."""
    given = {"year": 1900 + at} if any(each.name == "year" for each in model._meta.concrete_fields) else {}
    if model._meta.label_lower in ("ledgers.persondraft", "shared.exportfile"):
        given["created_by"] = grid.world.clerk
    if model is Job:
        given["requested_by"] = grid.world.clerk
    if model in ONE_A_BODY:
        given["organisation"] = body
    place = grid.places["village"]
    return given | {
        DisabledPerson: {"household": place.household, "member_in_charge": place.worker},
        Household: {"number": 1000 + at},
        RosterSummary: {"as_of": DAY - timedelta(days=1 + at)},
        SubsidyPeriod: {"from_year": 1900 + at},
        SubsidyStandard: {"valid_from": date(1900 + at, 1, 1), "valid_to": date(1900 + at, 12, 31)},
        PastContract: {"contract_from": date(1900 + at, 1, 1), "contract_to": date(1900 + at, 12, 31)},
        SecondPostPermit: {"organisation": body},
        # Over, so that the member is to be warned of.
        Appointment: {"contract_to": DAY},
        BodyResult: {"position": 1000 + at},
        SubsidyPayment: {"number": 1000 + at},
        # One against a result is open; those before were answered.
        Objection: {"state": "kept"},
    }.get(model, {})


def _body(above, short_name: str, level: int, kind: str, code: str) -> Organisation:
    words = {"federation": "残疾人联合会", "village_association": "残疾人协会"}
    fields = {"name": short_name + words[kind], "short_name": short_name, "level": level, "body_kind": kind}
    parent = Organisation.objects.get(pk=above.pk)
    return Organisation.objects.add_child(parent, fields | {"code": code, "established_on": date(2010, 1, 1)})


def _beside(grid, place, fresh, body, at: int):
    """What has no column of a body, and further rows of another state or of other parents."""
    account = User.objects.create(username=f"more-{at}", display_name=f"账号{at}")
    for user, where in ((account, place.organisation), (place.user, body)):
        Assignment.objects.create(user=user, role=Role.VILLAGE_MEMBER, organisation=where, since=DAY)
    ApiKey.issue(
        name=f"钥{uuid.uuid4()}", organisation=grid.places["county"].organisation, resources=list(API_RESOURCES),
        expires_on=date(2030, 1, 1),
    )  # fmt: skip
    audit.record("access.tested", actor=place.user, target=place.organisation)
    SavedFilter.objects.create(user=grid.world.clerk, name=f"条件{at}", conditions="category=4")
    DistinctPair.objects.create(lower=place.disabledperson, higher=fresh.disabledperson, reason="当面核对过")
    # Of a household and a member of their own, and waiting for approval.
    own = {"household": fresh.household, "member_in_charge": fresh.worker}
    make(DisabledPerson, place, grid.aviary, state="submitted", **own)
    # One request of a person is open; those before were answered.
    make(Transfer, place, grid.aviary, state="refused")
    make(ExportFile, place, grid.aviary, state="waiting", created_by=account)
    for key in ("disabledperson", "organisation"):
        row = place.rows[key]
        ChangeRecord.objects.create(
            label=row._meta.label_lower, object_id=row.pk, version=1000 + at, at=row.created_at, by=account, via="form",
            changes={"remark": ["", "改"]},
        )  # fmt: skip
    Chunk.objects.create(job=place.job, number=1000 + at, error="读不出")
    RosterSynonym.objects.create(kind="persons", field="name", word=f"名{at}", compared=f"名{at}")
    standard = copy(place.standard)
    standard.pk, standard.code = None, f"edition_{at}"
    standard.save(force_insert=True)
    SubsidyMonth.objects.create(
        line=place.subsidyline, appointment=fresh.appointment, standard=place.subsidystandard, month=DAY, amount=1
    )


def reading(grid):
    """(page, client, address) of everything that is answered 200 to one of the readers."""
    clients = {name: grid.client(grid.subjects[name]) for name in READERS}
    for page in PAGES:
        if page.methods is not None and "get" not in page.methods:
            continue
        for name in READERS if page.permission != MACHINE else ("machine",):
            found = None
            for key in PLACES if page.arguments else PLACES[:1]:
                cell = Cell(grid, grid.subjects[name], page, "get", "", grid.places[key])
                with rolled_back(), contextlib.suppress(AttributeError):
                    answer = clients[name].get(cell.address)
                    if answer.status_code == 200 and not answer.streaming:
                        found = cell.address
                        break
            if found:
                yield page, clients[name], found
                break
