"""The course that a run over bodies and an appraisal of members share: asked, computed by a job, published."""

import datetime
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from assessments.models import Round
from assessments.standards import Definition, parse
from federation.shared import audit
from federation.shared.jobs import JobRefused, enqueue
from federation.shared.metrics import Window

State = Round.State


@dataclass(frozen=True)
class Course:
    """`word` begins the names of the acts in the log, `refused` is raised with a sentence, `remedy` is how what is
    published may still be put right."""

    model: type[Round]
    word: str
    job: str
    refused: type[Exception]
    remedy: str
    # What a round judges, as in "3 个机构".
    unit: str

    # --- the question -----------------------------------------------------------------------------------
    def check_days(self, standard, year: int, as_of: datetime.date, today: datetime.date | None = None):
        """Refuse a year or a day that cannot be judged by `standard`."""
        today = today or timezone.localdate()
        if year > today.year:
            raise self.refused(f"{year} 年还没有到，不能考核。请选择 {today.year} 年或更早的年度。")
        if year < standard.applies_from:
            raise self.refused(f"《{standard.title}》从 {standard.applies_from} 年起用，不能用来考核 {year} 年。")
        if as_of.year != year:
            raise self.refused(f"截止日 {as_of.isoformat()} 不在 {year} 年内。请选择 {year} 年内的日期。")
        if as_of > today:
            raise self.refused(f"截止日 {as_of.isoformat()} 还没有到。最晚可以选今天（{today.isoformat()}）。")

    def prepare(self, question: dict, by) -> Round:
        """The round of this question, new or asked again, ready to be computed. A published one stays as it is."""
        with transaction.atomic():
            self.model.objects.get_or_create(**question, defaults={"created_by": by})
            return self._begin(self.locked(**question), by)

    def start(self, question: dict, by) -> Round:
        with transaction.atomic():
            return self._hand_over(self.prepare(question, by), by)

    def recompute(self, round, by) -> Round:
        """Compute a round again after corrections in the facts."""
        with transaction.atomic():
            return self._hand_over(self._begin(self.locked(pk=round.pk), by), by)

    def locked(self, **lookup) -> Round:
        rows = self.model.objects.select_for_update(of=("self",)).select_related("organisation", "standard", "job")
        return rows.get(**lookup)

    def _begin(self, round, by) -> Round:
        if round.state == State.PUBLISHED:
            raise self.refused(f"{round}已经公布，不能重新计算。需要更正时，请按{self.remedy}程序办理。")
        if round.job is not None and round.job.is_open:
            raise self.refused(f"{round}正在计算，请等它算完再发起。")
        round.state = State.PLANNED
        round.attempt += 1
        round.definition = round.standard.definition
        round.content_hash = round.standard.content_hash
        round.failure = ""
        round.save(update_fields=["state", "attempt", "definition", "content_hash", "failure", "updated_at"])
        audit.record(
            f"{self.word}.started", actor=by, target=round, organisation=round.organisation,
            details={
                "standard": round.standard.code, "year": round.year, "as_of": round.as_of, "attempt": round.attempt,
            },
        )  # fmt: skip
        return round

    def _hand_over(self, round, by) -> Round:
        round.job = enqueue(
            self.job,
            requested_by=by,
            payload={self.word: round.pk, "attempt": round.attempt},
            idempotency_key=f"{self.job}:{round.pk}:{round.attempt}",
            organisation=round.organisation,
            title=str(round),
        )
        round.save(update_fields=["job"])
        return round

    # --- what the job asks ------------------------------------------------------------------------------
    def of_job(self, job) -> Round:
        """The round a job computes; refuses a job that a later asking has replaced."""
        round = self.model.objects.select_related("organisation", "standard").get(pk=job.payload[self.word])
        if round.attempt != job.payload["attempt"] or round.state not in (State.PLANNED, State.COMPUTING):
            raise JobRefused("这次考核已经重新发起，旧的任务不再计算。")
        return round

    def give_up(self, job):
        """A job that ended without success leaves the round free to be asked again."""
        asked = self.model.objects.filter(pk=job.payload[self.word], attempt=job.payload["attempt"])
        words = (job.error or job.get_state_display())[:500]
        asked.filter(state__in=(State.PLANNED, State.COMPUTING)).update(state=State.FAILED, failure=words)

    # --- review and publication -------------------------------------------------------------------------
    def review(self, round, by) -> Round:
        with transaction.atomic():
            round = self.locked(pk=round.pk)
            if round.state != State.COMPUTED:
                raise self.refused(f"{round}现在是“{round.get_state_display()}”，算完以后才能标记为已核对。")
            round.state = State.REVIEWED
            round.save(update_fields=["state", "updated_at"])
            audit.record(f"{self.word}.reviewed", actor=by, target=round, organisation=round.organisation)
        return round

    def locked_for_publishing(self, round, results) -> Round:
        """The round, locked, where it may be published: computed, and no item waits for somebody's points."""
        round = self.locked(pk=round.pk)
        if round.state not in (State.COMPUTED, State.REVIEWED):
            raise self.refused(f"{round}现在是“{round.get_state_display()}”，不能公布。请先计算并核对。")
        pending = results.filter(pending__gt=0).count()
        if pending:
            raise self.refused(f"还有 {pending} {self.unit}的人工评分项没有打分，不能公布。请先打分。")
        return round

    def publish(self, round, by, facts_digest: str, **details) -> Round:
        """Freeze a locked round: its standard's text, its points, its digest."""
        round.state = State.PUBLISHED
        round.published_at = timezone.now()
        round.published_by = by
        round.facts_digest = facts_digest
        round.save(update_fields=["state", "published_at", "published_by", "facts_digest", "updated_at"])
        audit.record(
            f"{self.word}.published", actor=by, target=round, organisation=round.organisation,
            details={"standard_hash": round.content_hash, "facts_digest": facts_digest, **details},
        )  # fmt: skip
        return round

    # --- points by hand ---------------------------------------------------------------------------------
    def locked_for_scoring(self, round) -> Round:
        round = self.locked(pk=round.pk)
        if round.state not in (State.COMPUTED, State.REVIEWED):
            raise self.refused(f"{round}现在是“{round.get_state_display()}”，不能打分。")
        return round

    def check_points(self, definition: Definition, code: str, points, reason: str):
        """The item, where these points with this reason may be given for it."""
        item = definition.item(code)
        if item is None or item.scoring != "manual":
            raise self.refused(f"{code} 不是人工评分项，分数由登记的事实算出。")
        if not reason.strip():
            raise self.refused("请写明打分的理由。")
        if not 0 <= points <= item.points:
            raise self.refused(f"{item.name}的分数应在 0 到 {item.points} 之间。")
        return item


def latest_day(year: int) -> datetime.date:
    """The day a round of `year` is usually as of: today, at most 31 December."""
    return min(timezone.localdate(), datetime.date(year, 12, 31))


def definition_of(round) -> Definition:
    return parse(round.definition or round.standard.definition)


def window_of(round) -> Window:
    return Window(round.year, round.as_of)
