"""The notice that tells one person what a batch pays: a page of A4, one by one or as one pile for a whole batch."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.template.loader import render_to_string

from committees.models import SubsidyBatch, SubsidyLine
from federation.shared import audit, pdf
from federation.shared.export_files import FileKind, facts_of, may_have, register_kind
from federation.shared.export_kinds import TAKE_PERSONAL
from federation.shared.models import ExportFile
from federation.shared.money import in_words
from federation.shared.printed_parts import Printing
from orgs.models import Worker

VIEW = SubsidyBatch.view_permission
STYLE = "css/print-notice.css"
TITLE = "专职委员补贴发放通知"
ZERO = Decimal("0.00")
AT_ONCE, MOST = 20, 1000
KIND = register_kind(FileKind("subsidy-notices", VIEW, "", TAKE_PERSONAL))
PAYERS = (("county_share", "县财政"), ("township_share", "乡镇（街道）"), ("welfare_share", "公益性岗位资金"))


@dataclass
class Notice:
    """What one person is told: the lines of a batch, their sum, where the money goes."""

    batch: SubsidyBatch
    worker: Worker
    lines: list[SubsidyLine]

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), ZERO)

    @property
    def in_words(self) -> str:
        return in_words(self.total)

    @property
    def body(self) -> str:
        return self.lines[0].organisation.label

    @property
    def account(self) -> str:
        """Its first and last digits; the number itself is nobody's to read on a sheet of paper."""
        return str(self.worker.payment_account or "")

    @property
    def payers(self) -> list[tuple[str, Decimal]]:
        sums = [(label, sum((getattr(line, name) for line in self.lines), ZERO)) for name, label in PAYERS]
        return [(label, amount) for label, amount in sums if amount]

    @property
    def outcome(self) -> str:
        """One sentence: has it arrived, has it come back, or is it under way?"""
        said = {line.outcome for line in self.lines}
        line = self.lines[0]
        if said == {SubsidyLine.Outcome.PAID}:
            return f"已于 {line.outcome_on.year} 年 {line.outcome_on.month} 月 {line.outcome_on.day} 日发放。"
        if SubsidyLine.Outcome.GIVEN_UP in said:
            return "这一笔没有发成，以后的批次补发。"
        if SubsidyLine.Outcome.FAILED in said:
            return f"银行没有付成：{line.outcome_reason}。请核对账号，并告诉经办机构。"
        return "已审批，正在发放。"


def lines_of(batch: SubsidyBatch, user):
    """The lines of a batch that `user` sees, with what a notice says of them."""
    rows = SubsidyLine.objects.visible_to(user, VIEW).filter(batch=batch)
    rows = rows.select_related("organisation", "worker", "corrects__batch").prefetch_related("deductions")
    return rows.order_by("org_path", "worker__name", "worker", "pk")


def notices_of(batch: SubsidyBatch, lines: Iterable[SubsidyLine]) -> list[Notice]:
    found: dict[int, Notice] = {}
    for line in lines:
        found.setdefault(line.worker_id, Notice(batch, line.worker, [])).lines.append(line)
    return list(found.values())


def laid_out(notices: list[Notice]):
    """The notices as one document."""
    context = {"title": TITLE, "template": "committees/_notices.html", "notices": notices}
    (document,) = pdf.documents([render_to_string("print/list_document.html", context)], style=STYLE)
    return document


# --- a whole batch --------------------------------------------------------------------------------------
def _people(user, batch: SubsidyBatch) -> list[int]:
    return list(dict.fromkeys(lines_of(batch, user).values_list("worker", flat=True)))


def ask_for_notices(*, batch: SubsidyBatch, by, purpose: str) -> ExportFile:
    """Begin to print the notices of a batch. Raises ValidationError with a sentence, and PermissionDenied."""
    if not batch.is_final:
        raise ValidationError(f"这个批次现在是“{batch.get_state_display()}”，审批以后才有发放通知。")
    count = len(_people(by, batch))
    if not 0 < count <= MOST:
        raise ValidationError(f"这个批次有 {count} 人，一次打印 1 到 {MOST} 人的通知。人多的请逐个打印。")
    export = ExportFile(
        kind=KIND.name, title=f"{batch}发放通知"[:100], organisation=batch.organisation, org_path=batch.org_path,
        created_by=by, format="pdf", purpose=purpose, row_count=count, state=ExportFile.State.RUNNING,
        criteria=str(batch.pk),
    )  # fmt: skip
    if not may_have(by, export):
        raise PermissionDenied("您的账号没有成批打印的权限。需要时请向县残联管理员申请。")
    with transaction.atomic():
        export.save()
        export.job = PRINTING.begin(export, f"打印发放通知：{batch}")
        export.save(update_fields=["job", "updated_at"])
        audit.record("subsidy.notices_asked", actor=by, target=export, reason=purpose, details=facts_of(export))
    return export


def _batch(export: ExportFile) -> SubsidyBatch:
    pk = int(export.criteria.open_plain())
    return SubsidyBatch.objects.select_related("organisation", "created_by").get(pk=pk)


def _lay_out(export, user, part: dict) -> tuple[bytes, int]:
    batch = _batch(export)
    notices = notices_of(batch, lines_of(batch, user).filter(worker__in=part["persons"]))
    return (pdf.part(laid_out(notices)), len(notices)) if notices else (b"", 0)


PRINTING = Printing(
    name="committees.notices",
    label="打印一批补贴的发放通知",
    permission=VIEW,
    people=lambda user, export: _people(user, _batch(export)),
    lay_out=_lay_out,
    at_once=lambda: AT_ONCE,
    made="subsidy.notices_made",
    gone="打印期间有 {} 人已不在您能看到的范围里，没有打印。",
    nothing="这个批次里已经没有您能看到的人，没有可以打印的通知。",
)
