"""Printed matter of many people as one PDF: a job of small parts, fetched once within a day.

An app says whom it prints, how some of them are laid out, and registers the job:

    FORMS = Printing(name="ledgers.forms", label="打印一个村的登记表", …)
    register(FORMS.kind())                       # in its tasks.py
    FORMS.begin(export)                          # the job of an ExportFile that was saved as RUNNING
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from federation.shared import audit, pdf, sealed_files
from federation.shared.export_files import FOLDER, facts_of, hand_over, may_have, sealing
from federation.shared.jobs import ChunkSpec, JobKind, JobRefused, enqueue
from federation.shared.models.exports import ExportFile
from federation.shared.models.jobs import Chunk
from federation.shared.pdf_join import join

State = ExportFile.State


@dataclass(frozen=True)
class Printing:
    """`people(user, export)` gives the keys of everybody to print now, in the order of the pile of paper.
    `lay_out(export, user, part)` gives those of part["persons"] who are still there as (PDF part, how many); the part
    also says which place the `first` of them has `of` how many, and what `more(user, export)` gave.
    `at_once()`: how many are laid out in about five seconds. `made`: the act in the log. `nothing` and `gone` (with
    the number) are told where nobody, or not everybody, was still there."""

    name: str
    label: str
    permission: str
    people: Callable
    lay_out: Callable
    at_once: Callable[[], int]
    made: str
    nothing: str
    gone: str
    more: Callable = lambda user, export: {}
    unit: str = "份"

    def kind(self) -> JobKind:
        return JobKind(
            name=self.name,
            label=self.label,
            unit=self.unit,
            plan=self.plan,
            work=self.work,
            finish=self.finish,
            on_failure=self.give_up,
            permission=self.permission,
            result_url=lambda job: reverse("export-detail", args=[job.payload["export"]]),
        )

    def begin(self, export: ExportFile, title: str):
        return enqueue(
            self.name,
            requested_by=export.created_by,
            payload={"export": export.pk},
            idempotency_key=f"{self.name}:{export.pk}",
            organisation=export.organisation,
            title=title,
        )

    def plan(self, job) -> list[ChunkSpec]:
        export, at_once = _export(job), self.at_once()
        keys, more = self.people(job.requested_by, export), self.more(job.requested_by, export)
        return [
            ChunkSpec(
                {"persons": keys[start : start + at_once], "first": start + 1, "of": len(keys)} | more,
                len(keys[start : start + at_once]),
                f"第 {start + 1} {self.unit}起",
            )
            for start in range(0, len(keys), at_once)
        ]

    def work(self, ctx):
        """Lay out one part and keep it, sealed, until the last part is there."""
        export, user = _export(ctx.job), ctx.requested_by
        if pdf.fault():
            raise JobRefused(pdf.fault()[:400])
        if not may_have(user, export):
            raise JobRefused("发起人现在没有打印这些内容的权限，没有打印。")
        if export.is_whole and export.decided_by_id is None:
            raise JobRefused("完整号码的打印要由另一个人同意，没有打印。")
        payload, stored_path = ctx.payload, ""
        content, printed = self.lay_out(export, user, payload)
        if printed:
            stored_path = sealed_files.keep(FOLDER, content, _aad(export, ctx.chunk.number))
        try:
            with ctx.committing():
                payload = payload | {"stored": stored_path, "printed": printed}
                Chunk.objects.filter(pk=ctx.chunk.pk).update(payload=payload)
        except BaseException:
            sealed_files.remove(stored_path)
            raise

    def finish(self, job):
        """Put the parts together and hand the file over, in the transaction that ends the job."""
        export = _export(job)
        planned = _parts(job)
        parts = [payload for payload in planned if payload.get("stored")]
        if not parts:
            export.state, export.refusal = State.FAILED, self.nothing
            export.save(update_fields=["state", "refusal", "updated_at"])
            return
        gone = sum(len(part["persons"]) - part["printed"] for part in planned)
        if gone:
            export.refusal = self.gone.format(gone)
            export.save(update_fields=["refusal", "updated_at"])
        joined = join(sealed_files.read(part["stored"], _aad(export, part["number"])) for part in parts)
        with sealing(export, attempt=1) as file:
            file.write(joined)
            hand_over(export, file, rows=sum(part["printed"] for part in parts))
            audit.record(
                self.made, actor=job.requested_by, target=export, reason=export.purpose, details=facts_of(export)
            )
        sealed_files.remove_on_commit(*(part["stored"] for part in parts))

    def give_up(self, job):
        told = job.error or "任务已被取消。"
        ExportFile.objects.filter(pk=job.payload["export"], state=State.RUNNING).update(
            state=State.FAILED, refusal=told[:300], updated_at=timezone.now()
        )
        sealed_files.remove_on_commit(*(part.get("stored", "") for part in _parts(job)))


def _export(job) -> ExportFile:
    return ExportFile.objects.select_related("organisation", "created_by").get(pk=job.payload["export"])


def _aad(export, number: int) -> bytes:
    return f"forms|{export.uid}|{number}".encode()


def _parts(job) -> list[dict]:
    rows = Chunk.objects.filter(job=job, number__gt=0).order_by("number").values_list("number", "payload")
    return [payload | {"number": number} for number, payload in rows]
