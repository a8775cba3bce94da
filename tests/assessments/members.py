"""Committee members of the cast's county, edge days among them, to be appraised."""

import random
from datetime import date, timedelta
from decimal import Decimal

from django.core.management import call_command

from assessments import appraisals
from assessments.members import parts_of
from assessments.models import Appraisal, MemberResult, Standard
from committees.models import Appointment
from federation.shared.jobs import run_now
from orgs.models import Tenure, Worker

AS_OF = date(2026, 11, 20)
YEAR = 2026


def engage(body, name, started_on=date(2020, 1, 1), ended_on=None, role=None) -> Appointment:
    worker = Worker.objects.create(name=name, identity="disabled")
    role = role or ("township_member" if body.level == 4 else "village_member")
    post = "sunshine_tutor" if role == "sunshine_tutor" else "committee_member"
    tenure = Tenure.objects.create(
        organisation=body, worker=worker, post=post, started_on=started_on, ended_on=ended_on
    )
    return Appointment.objects.create(tenure=tenure, organisation=body, role=role, contract_from=started_on)


def engage_many(world, seed=1) -> list[Appointment]:
    """Members all over both counties; some came or left on the very day, or the day before or after."""
    chance = random.Random(seed)
    found, day = [], timedelta(days=1)
    for key, body in sorted(world.orgs.items()):
        if body.level < 4 or key == "association":
            continue
        for number in range(chance.randint(2, 5)):
            started = chance.choice([date(2020, 1, 1), AS_OF - day, AS_OF, AS_OF + day])
            ended = chance.choice([None, None, None, AS_OF - day, AS_OF, AS_OF + day])
            if ended is not None and ended < started:
                ended = None
            role = chance.choice([None, None, None, "sunshine_tutor"])
            found.append(engage(body, f"{body.short_name}{number}", started, ended, role))
    return found


def standard_for_members() -> Standard:
    call_command("load_standards", verbosity=0)
    return Standard.objects.get(code="member_2012")


def appraised(area, by, standard=None, **more) -> Appraisal:
    """An appraisal of `area`, computed by its job in this process."""
    question = {"standard": standard or standard_for_members(), "area": area, "year": YEAR, "as_of": AS_OF} | more
    appraisal = appraisals.start_appraisal(**question, by=by)
    run_now(appraisal.job)
    appraisal.refresh_from_db()
    return appraisal


def appraised_by_parts(area, standard=None, as_of=AS_OF) -> Appraisal:
    """An appraisal of several counties, part by part as the job does it; no role of the cast starts one there."""
    standard = standard or standard_for_members()
    question = {"standard": standard, "organisation": area, "year": YEAR, "as_of": as_of}
    appraisal, _created = Appraisal.objects.get_or_create(**question, defaults={"definition": standard.definition})
    for part in parts_of(appraisal):
        appraisals.store_scores(appraisal, appraisals.compute_part(appraisal, part))
    appraisals.finish_appraisal(appraisal)
    return appraisal


def result_of(appraisal, appointment) -> MemberResult:
    rows = MemberResult.objects.select_related("appraisal", "worker")
    return rows.get(appraisal=appraisal, appointment=appointment)


def score(result, by, points="12.00", **more) -> MemberResult:
    texts = {"reason": "查看了评议表", "people_note": "20 人参加，18 人满意", "township_note": "工作认真"} | more
    appraisals.score_member(result=result, item_code="M6", points=Decimal(points), by=by, **texts)
    return MemberResult.objects.select_related("appraisal", "worker").get(pk=result.pk)


def published(world, appraisal) -> Appraisal:
    """Every member scored by the clerk, then published by the leader."""
    for result in MemberResult.objects.filter(appraisal=appraisal, pending__gt=0).select_related("appraisal"):
        score(result, world.clerk)
    return appraisals.publish_appraisal(appraisal=appraisal, by=world.leader)
