"""The course of a run: asked for, computed part by part, reviewed, published."""

import datetime

from django.db import transaction
from django.utils import timezone

from assessments import scoring, storing
from assessments.bodies import Part, batches_of, bodies_of_parts, judged, parts_of
from assessments.computing import Scorer
from assessments.models import AreaResult, BodyResult, ManualScore, Run, Standard
from assessments.standards import Definition, check, parse
from federation.shared import audit
from federation.shared.collecting import collector_paused
from federation.shared.fields import paths_now
from federation.shared.jobs import JobRefused, enqueue
from federation.shared.metrics import Window
from orgs.models import Organisation

JOB = "assessments.run"
# So many bodies are computed at once where no job cuts the work: a province, some 100 MB.
BATCH = 25_000


class RunRefused(ValueError):
    """The run cannot be made or changed; the message says why and what to do."""


def check_question(*, standard: Standard, area, year: int, as_of: datetime.date, today: datetime.date | None = None):
    """Refuse, in a sentence, what cannot be assessed."""
    today = today or timezone.localdate()
    if standard.subject != Standard.Subject.BODY:
        raise RunRefused(f"《{standard.title}》考核的是个人，不能对一个地区发起。请选择考核机构的标准。")
    check(standard.definition)
    if year > today.year:
        raise RunRefused(f"{year} 年还没有到，不能考核。请选择 {today.year} 年或更早的年度。")
    if year < standard.applies_from:
        raise RunRefused(f"《{standard.title}》从 {standard.applies_from} 年起用，不能用来考核 {year} 年。")
    if as_of.year != year:
        raise RunRefused(f"截止日 {as_of.isoformat()} 不在 {year} 年内。请选择 {year} 年内的日期。")
    if as_of > today:
        raise RunRefused(f"截止日 {as_of.isoformat()} 还没有到。最晚可以选今天（{today.isoformat()}）。")
    if not judged(standard, area.path, as_of).exists():
        raise RunRefused(
            f"{area.label}在 {as_of.isoformat()} 没有《{standard.title}》所考核的机构。请换一个地区或日期。"
        )


def latest_day(year: int) -> datetime.date:
    """The day a run of `year` is usually as of: today, at most 31 December."""
    return min(timezone.localdate(), datetime.date(year, 12, 31))


def prepare_run(*, standard: Standard, area, year: int, as_of: datetime.date, by) -> Run:
    """The run of this question, new or asked again, ready to be computed. A published one stays as it is."""
    check_question(standard=standard, area=area, year=year, as_of=as_of)
    question = {"standard": standard, "organisation": area, "year": year, "as_of": as_of}
    with transaction.atomic():
        Run.objects.get_or_create(**question, defaults={"created_by": by})
        run = (
            Run.objects.select_for_update(of=("self",))
            .select_related("organisation", "standard", "job")
            .get(**question)
        )
        return _begin(run, by)


def start_run(*, standard: Standard, area, year: int, as_of: datetime.date, by) -> Run:
    """Ask for a run in `area`; a job computes it. Asking the same again computes it again from today's facts."""
    with transaction.atomic():
        run = prepare_run(standard=standard, area=area, year=year, as_of=as_of, by=by)
        return _hand_over(run, by)


def recompute_run(*, run: Run, by) -> Run:
    """Compute a run again after corrections in the facts."""
    with transaction.atomic():
        run = (
            Run.objects.select_for_update(of=("self",)).select_related("organisation", "standard", "job").get(pk=run.pk)
        )
        return _hand_over(_begin(run, by), by)


def _begin(run: Run, by) -> Run:
    if run.state == Run.State.PUBLISHED:
        raise RunRefused(f"{run}已经公布，不能重新计算。需要更正时，请按申诉程序办理。")
    if run.job is not None and run.job.is_open:
        raise RunRefused(f"{run}正在计算，请等它算完再发起。")
    run.state = Run.State.PLANNED
    run.attempt += 1
    run.definition = run.standard.definition
    run.content_hash = run.standard.content_hash
    run.failure = ""
    run.save(update_fields=["state", "attempt", "definition", "content_hash", "failure", "updated_at"])
    audit.record(
        "run.started", actor=by, target=run, organisation=run.organisation,
        details={"standard": run.standard.code, "year": run.year, "as_of": run.as_of, "attempt": run.attempt},
    )  # fmt: skip
    return run


def _hand_over(run: Run, by) -> Run:
    run.job = enqueue(
        JOB,
        requested_by=by,
        payload={"run": run.pk, "attempt": run.attempt},
        idempotency_key=f"{JOB}:{run.pk}:{run.attempt}",
        organisation=run.organisation,
        title=str(run),
    )
    run.save(update_fields=["job"])
    return run


# --- computing, part by part ------------------------------------------------------------------
def definition_of(run: Run) -> Definition:
    return parse(run.definition or run.standard.definition)


def window_of(run: Run) -> Window:
    return Window(run.year, run.as_of)


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
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=run.pk)
        if run.state != Run.State.COMPUTED:
            raise RunRefused(f"{run}现在是“{run.get_state_display()}”，算完以后才能标记为已核对。")
        run.state = Run.State.REVIEWED
        run.save(update_fields=["state", "updated_at"])
        audit.record("run.reviewed", actor=by, target=run, organisation=run.organisation)
    return run


def publish_run(*, run: Run, by) -> Run:
    """Freeze the run: its standard's text, its points, its digest. Nothing of it changes afterwards."""
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=run.pk)
        if run.state not in (Run.State.COMPUTED, Run.State.REVIEWED):
            raise RunRefused(f"{run}现在是“{run.get_state_display()}”，不能公布。请先计算并核对。")
        pending = BodyResult.objects.filter(run=run, pending__gt=0).count()
        if pending:
            raise RunRefused(f"还有 {pending} 个机构的人工评分项没有打分，不能公布。请先打分。")
        run.state = Run.State.PUBLISHED
        run.published_at = timezone.now()
        run.published_by = by
        run.facts_digest = storing.facts_digest(run)
        run.save(update_fields=["state", "published_at", "published_by", "facts_digest", "updated_at"])
        audit.record(
            "run.published", actor=by, target=run, organisation=run.organisation,
            details={"standard_hash": run.content_hash, "facts_digest": run.facts_digest, "bodies": run.body_count},
        )  # fmt: skip
    return run


def score_manually(*, run: Run, organisation, item_code: str, points, reason: str, by) -> ManualScore:
    """Give a body the points of a manual item, with a reason, and total it again."""
    with transaction.atomic():
        run = Run.objects.select_for_update(of=("self",)).select_related("standard", "organisation").get(pk=run.pk)
        if run.state not in (Run.State.COMPUTED, Run.State.REVIEWED):
            raise RunRefused(f"{run}现在是“{run.get_state_display()}”，不能打分。")
        item = definition_of(run).item(item_code)
        if item is None or item.scoring != "manual":
            raise RunRefused(f"{item_code} 不是人工评分项，分数由登记的事实算出。")
        if not reason.strip():
            raise RunRefused("请写明打分的理由。")
        if not 0 <= points <= item.points:
            raise RunRefused(f"{item.name}的分数应在 0 到 {item.points} 之间。")
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


def fail_run(run_id: int, attempt: int, sentence: str):
    """A job that ended without success leaves the run free to be asked again."""
    Run.objects.filter(pk=run_id, attempt=attempt, state__in=(Run.State.PLANNED, Run.State.COMPUTING)).update(
        state=Run.State.FAILED, failure=sentence[:500]
    )


def refuse_stale(run: Run, attempt: int):
    if run.attempt != attempt or run.state not in (Run.State.PLANNED, Run.State.COMPUTING):
        raise JobRefused("这次考核已经重新发起，旧的任务不再计算。")


def hundred_percents(run: Run) -> dict:
    """{metric: (numerator, denominator)} of the run's area."""
    area = AreaResult.objects.filter(run=run, organisation=run.organisation_id).first()
    return {name: tuple(pair) for name, pair in area.rates.items()} if area else {}
