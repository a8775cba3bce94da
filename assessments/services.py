"""The course of a run: asked for, computed part by part, reviewed, published."""

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from assessments import scoring, storing
from assessments.bodies import Part, batches_of, bodies_of_parts, judged, parts_of
from assessments.computing import Scorer
from assessments.courses import Course, definition_of, window_of
from assessments.models import AreaResult, BodyResult, ManualScore, Run, Standard
from assessments.standards import check
from federation.shared import audit
from federation.shared.collecting import collector_paused
from federation.shared.fields import paths_now
from orgs.models import Organisation

JOB = "assessments.run"
# So many bodies are computed at once where no job cuts the work: a province, some 100 MB.
BATCH = 25_000


class RunRefused(ValidationError):
    """The run cannot be made or changed; the message says why and what to do."""


COURSE = Course(model=Run, word="run", job=JOB, refused=RunRefused, remedy="申诉", unit="个机构")


def check_question(*, standard: Standard, area, year: int, as_of: datetime.date, today: datetime.date | None = None):
    """Refuse, in a sentence, what cannot be assessed."""
    if standard.subject != Standard.Subject.BODY:
        raise RunRefused(f"《{standard.title}》考核的是个人，请在“专职委员考核”里发起。这里请选择考核机构的标准。")
    check(standard.definition)
    COURSE.check_days(standard, year, as_of, today)
    if not judged(standard, area.path, as_of).exists():
        raise RunRefused(
            f"{area.label}在 {as_of.isoformat()} 没有《{standard.title}》所考核的机构。请换一个地区或日期。"
        )


def prepare_run(*, standard: Standard, area, year: int, as_of: datetime.date, by) -> Run:
    """The run of this question, new or asked again, ready to be computed. A published one stays as it is."""
    check_question(standard=standard, area=area, year=year, as_of=as_of)
    question = {"standard": standard, "organisation": area, "year": year, "as_of": as_of}
    return COURSE.prepare(question, by)


def start_run(*, standard: Standard, area, year: int, as_of: datetime.date, by) -> Run:
    """Ask for a run in `area`; a job computes it. Asking the same again computes it again from today's facts."""
    check_question(standard=standard, area=area, year=year, as_of=as_of)
    return COURSE.start({"standard": standard, "organisation": area, "year": year, "as_of": as_of}, by)


def recompute_run(*, run: Run, by) -> Run:
    """Compute a run again after corrections in the facts."""
    return COURSE.recompute(run, by)


# --- computing, part by part ------------------------------------------------------------------
@collector_paused()
def compute_parts(run: Run, parts: list[Part]) -> list[tuple[Part, list]]:
    """Each part with the scores of its bodies, all of them computed at once; reads only."""
    found = bodies_of_parts(run.standard, parts, run.as_of)
    scorer = Scorer(definition_of(run), window_of(run))
    bodies = [body for _part, some in found for body in some]
    by_pk = {score.body.pk: score for score in scorer.score(bodies, manual_points(run))} if bodies else {}
    return [(part, [by_pk[body.pk] for body in some]) for part, some in found]


def manual_points(run: Run) -> dict:
    rows = ManualScore.objects.filter(run=run).values_list("organisation_id", "item_code", "points")
    return {(organisation, code): points for organisation, code, points in rows}


@collector_paused()
def store_parts(run: Run, computed: list[tuple[Part, list]], is_whole: bool = False) -> list:
    """Write parts, in a transaction; the same facts again write nothing. Gives the scores as they were written.

    `is_whole` says that nothing of the run is left out.
    """
    computed = _held(run, computed)
    Run.objects.filter(pk=run.pk, state=Run.State.PLANNED).update(state=Run.State.COMPUTING)
    scores = [score for _part, some in computed for score in some]
    ranks: dict[int, int] = {}
    for _part, some in computed:
        ranks |= storing.ranks_of(some)
    storing.write_results(run, scores, ranks, storing.places_of(scores) if is_whole else None)
    paths = [part.path for part, _some in computed if not part.rest]
    if paths:
        storing.roll_up_parts(run, definition_of(run), paths, scores, window_of(run), is_whole=is_whole)
    return scores


def _held(run: Run, computed: list[tuple[Part, list]]) -> list[tuple[Part, list]]:
    """`computed`, none of whose bodies moves any more before the transaction ends.

    They were read before it began: where one was moved meanwhile, or a whole county, the parts are computed again
    from where they lie now. Asked before any row is locked, as a move does it.
    """
    while True:
        read = {score.body.pk: score.body.path for _part, some in computed for score in some}
        read |= {part.area: part.path for part, _some in computed}
        now = paths_now(Organisation, read)
        if now == read:
            return computed
        computed = compute_parts(run, [part._replace(path=now[part.area]) for part, _some in computed])


def finish_run(run: Run, written: list | None = None):
    """Everything that needs all parts: stale rows, ranks over the area, cities and provinces, the digest.

    `written` are all scores, with their places, where one process has computed and stored the whole.
    """
    still_judged = judged(run.standard, run.organisation.path, run.as_of)
    run.body_count = still_judged.count()
    if written is None:
        _write_missed(run, still_judged)
    # All that is judged has been written: more rows than that are of bodies that left.
    if BodyResult.objects.filter(run=run).count() != run.body_count:
        storing.drop_unjudged(run, still_judged)
    storing.drop_empty_areas(run, written)
    if written is None:
        storing.rank_area(run)
        rest = [part for part in parts_of(run) if part.rest]
        rest_scores = compute_parts(run, rest)[0][1] if rest else []
        storing.roll_up_upper(run, definition_of(run), rest_scores, window_of(run))
    run.facts_digest = storing.facts_digest(run, written)
    run.state = Run.State.COMPUTED
    run.computed_at = timezone.now()
    run.save(update_fields=["body_count", "facts_digest", "state", "computed_at", "updated_at"])


def _write_missed(run: Run, still_judged):
    """Bodies that were moved, while the run was computed, out of a part not yet read into one already written."""
    written = BodyResult.objects.filter(run=run).values("organisation")
    missed = list(still_judged.order_by().exclude(pk__in=written).values_list("path", flat=True))
    for part in parts_of(run) if missed else ():
        if any(path.startswith(part.path) for path in missed):
            store_parts(run, compute_parts(run, [part]))


def compute_now(run: Run) -> Run:
    """Compute the whole run in this process and transaction: for commands that act as the system."""
    with transaction.atomic():
        batches = list(batches_of(parts_of(run), BATCH))
        is_whole = len(batches) == 1
        for batch in batches:
            scores = store_parts(run, compute_parts(run, batch), is_whole=is_whole)
        finish_run(run, scores if is_whole else None)
    return run


# --- review and publication -------------------------------------------------------------------
def review_run(*, run: Run, by) -> Run:
    return COURSE.review(run, by)


def publish_run(*, run: Run, by) -> Run:
    """Freeze the run: its standard's text, its points, its digest. Nothing of it changes afterwards."""
    with transaction.atomic():
        run = COURSE.locked_for_publishing(run, BodyResult.objects.filter(run=run))
        return COURSE.publish(run, by, storing.facts_digest(run), bodies=run.body_count)


def score_manually(*, run: Run, organisation, item_code: str, points, reason: str, by) -> ManualScore:
    """Give a body the points of a manual item, with a reason, and total it again."""
    with transaction.atomic():
        run = COURSE.locked_for_scoring(run)
        COURSE.check_points(definition_of(run), item_code, points, reason)
        result = BodyResult.objects.get(run=run, organisation=organisation)
        given, _created = ManualScore.objects.update_or_create(
            run=run, organisation=organisation, item_code=item_code,
            defaults={"points": scoring.round_points(points), "reason": reason.strip(), "scored_by": by},
        )  # fmt: skip
        _total_again(run, result)
        audit.record(
            "run.scored", actor=by, target=given, organisation=organisation, reason=reason,
            details={"run": run.pk, "item": item_code, "points": given.points},
        )  # fmt: skip
    return given


def _total_again(run: Run, result: BodyResult):
    """The part the body belongs to, computed again: its total, and the ranks and averages it moves."""
    for part in parts_of(run):
        if result.org_path.startswith(part.path):
            store_parts(run, compute_parts(run, [part]))
    state, computed_at = run.state, run.computed_at
    finish_run(run)
    Run.objects.filter(pk=run.pk).update(state=state, computed_at=computed_at)


def hundred_percents(run: Run) -> dict:
    """{metric: (numerator, denominator)} of the run's area."""
    area = AreaResult.objects.filter(run=run, organisation=run.organisation_id).first()
    return {name: tuple(pair) for name, pair in area.rates.items()} if area else {}
