"""The forms of everybody registered in a village as one PDF: a job of small parts, fetched once within a day."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from federation.shared import audit, pdf, sealed_files
from federation.shared.export_files import FOLDER, FileKind, facts_of, file_number, hand_over, may_have, register_kind
from federation.shared.export_files import sealing as sealed_export
from federation.shared.export_kinds import TAKE_PERSONAL
from federation.shared.exports import register_beginner
from federation.shared.jobs import ChunkSpec, JobKind, JobRefused, enqueue
from federation.shared.models import ExportFile
from federation.shared.models.jobs import Chunk
from federation.shared.pdf_join import join
from federation.shared.sealed import SealedField
from ledgers.consent import WITHDRAWN
from ledgers.documents.person_form import TITLE, PersonSheet
from ledgers.documents.printing import STYLE, Purpose, photo_address, photos_of
from ledgers.models import DisabledPerson

VIEW, REVEAL = "persons.view", "persons.reveal"
ASKED, MADE = "ledgers.forms.asked", "ledgers.forms.made"
KIND = register_kind(FileKind("forms", VIEW, REVEAL, TAKE_PERSONAL))
# Laid out in about five seconds.
AT_ONCE = 10
MOST = 600
State = ExportFile.State


def forms_of(user, body):
    """Who is registered now at `body` or below it, in the order of the pile of paper.

    Without those who took their consent back: as in every list that leaves the system. One by one their forms can
    be printed, for what the law still asks.
    """
    rows = DisabledPerson.objects.visible_to(user, VIEW).under(body.path).still_registered().exclude(WITHDRAWN)
    return rows.order_by("org_path", "name_pinyin", "name", "id")


def ask_for_forms(*, by, body, purpose: str, whole: bool = False) -> ExportFile:
    """Begin to print the forms of a village; with whole numbers when a second person has agreed.

    Raises ValidationError with a sentence, and PermissionDenied where the rights do not reach.
    """
    count = forms_of(by, body).count()
    if not count:
        raise ValidationError(f"{body} 现在没有在册的残疾人，没有可以打印的登记表。")
    if count > MOST:
        raise ValidationError(f"{body} 有 {count} 份登记表，一次最多打印 {MOST} 份。请按村（社区）打印。")
    export = ExportFile(
        kind=KIND.name,
        title=f"{body.label}登记表",
        organisation=body,
        org_path=body.path,
        created_by=by,
        format="pdf",
        purpose=purpose,
        row_count=count,
        is_whole=whole,
        state=State.WAITING if whole else State.RUNNING,
    )
    if not may_have(by, export):
        raise PermissionDenied("您的账号没有成批打印的权限。需要时请向县残联管理员申请。")
    with transaction.atomic():
        export.save()
        if not whole:
            export.job = begin(export)
            export.save(update_fields=["job", "updated_at"])
        audit.record(ASKED, actor=by, target=export, reason=purpose, details=facts_of(export))
    return export


def begin(export: ExportFile):
    return enqueue(
        "ledgers.forms",
        requested_by=export.created_by,
        payload={"export": export.pk},
        idempotency_key=f"forms:{export.pk}",
        organisation=export.organisation,
        title=f"打印登记表：{export.organisation.label}",
    )


register_beginner(KIND.name, begin)


def _export(job) -> ExportFile:
    return ExportFile.objects.select_related("organisation", "created_by").get(pk=job.payload["export"])


def plan(job) -> list[ChunkSpec]:
    export = _export(job)
    persons = list(forms_of(job.requested_by, export.organisation).values_list("pk", flat=True))
    return [
        ChunkSpec(
            {"persons": persons[start : start + AT_ONCE], "first": start + 1, "of": len(persons)},
            len(persons[start : start + AT_ONCE]),
            f"第 {start + 1} 份起",
        )
        for start in range(0, len(persons), AT_ONCE)
    ]


def _aad(export, number: int) -> bytes:
    return f"forms|{export.uid}|{number}".encode()


def work(ctx):
    """Lay out the forms of one part and keep them, sealed, until the last part is there."""
    export, user = _export(ctx.job), ctx.requested_by
    if pdf.fault():
        raise JobRefused(pdf.fault()[:400])
    if not may_have(user, export):
        raise JobRefused("发起人现在没有打印这些登记表的权限，没有打印。")
    if export.is_whole and export.decided_by_id is None:
        raise JobRefused("完整号码的打印要由另一个人同意，没有打印。")
    rows = forms_of(user, export.organisation).filter(pk__in=ctx.payload["persons"])
    persons = list(rows.select_related("organisation", "member_in_charge"))
    stored_path = ""
    if persons:
        stored_path = sealed_files.keep(FOLDER, _laid_out(export, persons, ctx), _aad(export, ctx.chunk.number))
    try:
        with ctx.committing():
            payload = ctx.payload | {"stored": stored_path, "printed": len(persons)}
            Chunk.objects.filter(pk=ctx.chunk.pk).update(payload=payload)
    except BaseException:
        sealed_files.remove(stored_path)
        raise


def _laid_out(export, persons, ctx) -> bytes:
    user = ctx.requested_by
    pictures = photos_of(persons)
    shows_addresses = user.has_scope(REVEAL)
    purpose = Purpose(user, export.purpose, export.is_whole)
    sheets = [
        PersonSheet(
            person,
            numbers=_opened(person) if export.is_whole else None,
            show_addresses=shows_addresses,
            photo_url=photo_address(person) if photo_address(person) in pictures else "",
            foot=purpose.foot(f"{file_number(export)}（第 {place} 份，共 {ctx.payload['of']} 份）"),
        )
        for place, person in enumerate(persons, ctx.payload["first"])
    ]
    page = render_to_string("print/document.html", {"title": TITLE, "sheets": sheets})
    (document,) = pdf.documents([page], style=STYLE, pictures=pictures)
    return pdf.part(document)


def _opened(person) -> dict[str, str]:
    """All numbers of one person; asking for them and the second person's yes are in the log."""
    fields = [field.name for field in person._meta.concrete_fields if isinstance(field, SealedField)]
    values = {name: getattr(person, name) for name in fields}
    return {name: value.open_plain() for name, value in values.items() if value and value.is_readable()}


def finish(job):
    """Put the parts together and hand the file over, in the transaction that ends the job."""
    export = _export(job)
    parts = [payload for payload in _parts(job) if payload.get("stored")]
    if not parts:
        export.state, export.refusal = State.FAILED, "名单里的人都已不在册，没有可以打印的登记表。"
        export.save(update_fields=["state", "refusal", "updated_at"])
        return
    joined = join(sealed_files.read(part["stored"], _aad(export, part["number"])) for part in parts)
    with sealed_export(export, attempt=1) as file:
        file.write(joined)
        hand_over(export, file, rows=sum(part["printed"] for part in parts))
        audit.record(MADE, actor=job.requested_by, target=export, reason=export.purpose, details=facts_of(export))
    sealed_files.remove_on_commit(*(part["stored"] for part in parts))


def _parts(job) -> list[dict]:
    rows = Chunk.objects.filter(job=job, number__gt=0).order_by("number").values_list("number", "payload")
    return [payload | {"number": number} for number, payload in rows]


def give_up(job):
    told = job.error or "任务已被取消。"
    ExportFile.objects.filter(pk=job.payload["export"], state=State.RUNNING).update(
        state=State.FAILED, refusal=told[:300], updated_at=timezone.now()
    )
    sealed_files.remove_on_commit(*(part.get("stored", "") for part in _parts(job)))


JOB = JobKind(
    name="ledgers.forms",
    label="打印一个村的登记表",
    unit="份",
    plan=plan,
    work=work,
    finish=finish,
    on_failure=give_up,
    permission=VIEW,
    result_url=lambda job: reverse("export-detail", args=[job.payload["export"]]),
)
