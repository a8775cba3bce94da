"""The sheet by which the bank pays: account and ID number opened for it, in a file that is fetched once.

The batch was approved by a third person, and nothing but what was approved goes into the sheet; so the file waits for
no further one. Who asks says what for, and the log keeps it.
"""

from collections.abc import Iterator
from decimal import Decimal

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Sum
from django.urls import reverse
from django.utils import timezone

from committees.models import SubsidyBatch, SubsidyPayment
from federation.shared import audit
from federation.shared.export_files import FileKind, facts_of, hand_over, may_have, register_kind, sealing
from federation.shared.export_kinds import TAKE_PERSONAL
from federation.shared.exports import watermark_of, write_sheet
from federation.shared.jobs import ChunkSpec, JobKind, JobRefused, enqueue
from federation.shared.models import ExportFile
from federation.shared.money import in_words
from federation.shared.sealed_blobs import unseal_many
from federation.shared.workbooks import Column, Sheet
from orgs.models import Worker

MAKE = "committees.bank_sheet"
MADE = "subsidy.bank_sheet_made"
KIND = register_kind(FileKind("subsidy-bank", "subsidies.edit", Worker.reveal_permission, TAKE_PERSONAL))
State = ExportFile.State
BLOCK = 2000
COLUMNS = (
    Column("批次号", 10), Column("序号", 8, "number"), Column("姓名", 12), Column("身份证号", 22), Column("账号", 24),
    Column("金额", 14, "money"),
)  # fmt: skip


def waiting_in(batch: SubsidyBatch, sheet: int):
    """The transfers of a sheet that the bank has not answered: what it may be asked for."""
    return SubsidyPayment.objects.filter(batch=batch, sheet=sheet).waiting().order_by("number")


def may_ask(user, batch: SubsidyBatch) -> bool:
    return may_have(user, _file(batch, user))


def _file(batch: SubsidyBatch, by, **more) -> ExportFile:
    return ExportFile(
        kind=KIND.name, organisation=batch.organisation, org_path=batch.org_path, created_by=by, is_whole=True,
        state=State.RUNNING, columns=[column.heading for column in COLUMNS], **more,
    )  # fmt: skip


def ask_for_sheet(*, batch: SubsidyBatch, sheet: int, by, file_format: str, purpose: str) -> ExportFile:
    """Begin to write a sheet of the batch. Raises ValidationError with a sentence, and PermissionDenied."""
    count = waiting_in(batch, sheet).count()
    if not count:
        raise ValidationError("这张代发表里没有等银行回单的人，不用再下载。")
    export = _file(batch, by, title=f"{batch}代发表{sheet}"[:100], format=file_format, purpose=purpose, row_count=count)
    if not may_have(by, export):
        raise PermissionDenied("您的账号没有显示完整账号的权限，不能下载银行代发表。需要时请向县残联管理员申请。")
    with transaction.atomic():
        export.save()
        export.job = enqueue(
            MAKE,
            requested_by=by,
            payload={"export": export.pk, "batch": batch.pk, "sheet": sheet},
            idempotency_key=f"bank:{export.pk}",
            organisation=batch.organisation,
            title=f"生成银行代发表：{batch}",
        )
        export.save(update_fields=["job", "updated_at"])
        details = facts_of(export) | {"batch": batch.pk, "sheet": sheet}
        audit.record("subsidy.bank_sheet_asked", actor=by, target=export, reason=purpose, details=details)
    return export


def _export(job) -> ExportFile:
    return ExportFile.objects.select_related("organisation", "created_by").get(pk=job.payload["export"])


def plan(job) -> list[ChunkSpec]:
    return [ChunkSpec(dict(job.payload), _export(job).row_count, "生成代发表")]


def work(ctx):
    export, user, sheet = _export(ctx.job), ctx.requested_by, ctx.payload["sheet"]
    batch = SubsidyBatch.objects.select_related("organisation").get(pk=ctx.payload["batch"])
    if not may_have(user, export):
        raise JobRefused("申请人现在没有显示完整账号的权限，没有生成。")
    if batch.state != SubsidyBatch.State.APPROVED:
        raise JobRefused(f"这个批次现在是“{batch.get_state_display()}”，不能生成银行代发表。")
    payments = waiting_in(batch, sheet)
    found = payments.order_by().aggregate(people=Count("pk"), total=Sum("amount"))
    if not found["people"]:
        raise JobRefused("这张代发表里没有等银行回单的人，没有生成。")
    written = Sheet(f"代发表{sheet}", COLUMNS, _rows(ctx, batch, payments), has_filter=False)
    written.above = (f"{batch}银行代发表（第 {sheet} 张）", total_words(found["people"], found["total"]))
    with sealing(export, attempt=ctx.chunk.fence) as file:
        write_sheet(file, written, export.format, watermark=watermark_of(export, user))
        with ctx.committing():
            if payments.count() != written.written:
                raise JobRefused("生成时银行回单有变化，没有生成。请重新申请。")
            hand_over(export, file, rows=written.written)
            details = facts_of(export) | {"batch": batch.pk, "sheet": sheet, "total": str(found["total"])}
            audit.record(MADE, actor=user, target=export, reason=export.purpose, details=details)


def total_words(people: int, total: Decimal) -> str:
    return f"合计 {people} 人，{total} 元，人民币{in_words(total)}"


def _rows(ctx, batch, payments) -> Iterator[tuple]:
    label = Worker._meta.label_lower
    names = ("number", "amount", "worker__name", "worker__uid", "worker__id_number", "worker__payment_account")
    stored = list(payments.values_list(*names))
    for start in range(0, len(stored), BLOCK):
        block = stored[start : start + BLOCK]
        numbers, amounts, people, uids, ids, accounts = zip(*block, strict=True)
        texts = [str(uid) for uid in uids]
        opened = unseal_many(ids, label, "id_number", texts), unseal_many(accounts, label, "payment_account", texts)
        for number, name, id_number, account, amount in zip(numbers, people, *opened, amounts, strict=True):
            yield str(batch.pk), number, name, id_number, account, amount
        ctx.check_cancelled()
        ctx.progress_while_reading(start + len(block))


def give_up(job):
    told = job.error or "任务已被取消。"
    ExportFile.objects.filter(pk=job.payload["export"], state=State.RUNNING).update(
        state=State.FAILED, refusal=told[:300], updated_at=timezone.now()
    )


JOB = JobKind(
    name=MAKE,
    label="生成银行代发表",
    unit="人",
    plan=plan,
    work=work,
    on_failure=give_up,
    permission="subsidies.edit",
    result_url=lambda job: reverse("export-detail", args=[job.payload["export"]]),
)
