"""Lists that leave as files: over what they are asked for, who must agree to them, and the job that writes one.

Which lists there are: federation.shared.export_kinds. Their rows and rights are asked when somebody asks for the
file, and again when the job writes it; storage and fetching are those of federation.shared.export_files.
"""

import datetime
from collections.abc import Callable, Iterator

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from federation.shared import audit, retention
from federation.shared.export_files import (
    expire,
    facts_of,
    file_number,
    hand_over,
    may_have,
    sealing,
)
from federation.shared.export_kinds import ExportKind, export_kind, needs_second_person
from federation.shared.jobs import ChunkSpec, JobKind, JobRefused, enqueue, register
from federation.shared.masking import mask_free_text
from federation.shared.models.audit import keyed
from federation.shared.models.exports import ExportFile
from federation.shared.models.jobs import JobState
from federation.shared.workbooks.csv_writer import write_csv_into
from federation.shared.workbooks.writer import Sheet, write_workbook_into

State = ExportFile.State
MAKE = "exports.make"
WAITING_DAYS = 7
# Rows between two looks at whether the job was cancelled.
TOLD_EVERY = 500
NOTHING = "按现在的条件，名单里一行也没有，没有可以下载的内容。请回到名单改一改条件。"
MOST_NAMED = 8
PRESETS = (("usual", "常用的列"), ("all", "全部的列"))


# --- who may, and over what -------------------------------------------------------------------------


def areas_of(kind: ExportKind, user, criteria: QueryDict):
    """The bodies over which `user` may take this list out: the chosen one, else one for each of the assignments."""
    bodies = ExportFile._meta.get_field("organisation").related_model.objects
    chosen = kind.area(user, criteria)
    if chosen:
        return bodies.visible_to(user, kind.take_permission).filter(path=chosen)
    paths = [scope.path for scope in user.scopes(kind.take_permission)]
    return bodies.visible_to(user, kind.permission).filter(path__in=paths).order_by("path")


def may_decide(user, export: ExportFile) -> bool:
    """Whether `user` is a second person for this file: did not ask for it, may answer for its area (see
    ExportQuerySet.to_answer), and could have it: nobody agrees to numbers they may not see."""
    if export.created_by_id == user.pk or not may_have(user, export):
        return False
    return ExportFile.objects.to_answer(user).filter(pk=export.pk).exists()


def who_may_answer(asker, area) -> str:
    """The names of those who may be the second person, or what to do where there is nobody."""
    people = get_user_model().objects.second_persons(asker, area.path).order_by("display_name")
    names = [str(person) for person in people[: MOST_NAMED + 1]]
    if not names:
        return "现在没有别人可以同意。请系统管理员给本单位再设一个有“同意下载”权限的账号。"
    return f"可以同意的人：{'、'.join(names[:MOST_NAMED])}{'等' if len(names) > MOST_NAMED else ''}。"


# --- asking and agreeing ----------------------------------------------------------------------------


def ask_for(
    *, kind: ExportKind, by, area, criteria: QueryDict, file_format: str, preset: str, whole: bool, purpose: str
) -> ExportFile:
    """Ask for the list as a file; it is made at once, or when a second person has agreed.

    Raises PermissionDenied where the rights do not reach, ValidationError with a sentence where there is nothing.
    """
    export = ExportFile(
        kind=kind.name,
        title=kind.label,
        organisation=area,
        org_path=area.path,
        created_by=by,
        criteria=criteria.urlencode(),
        criteria_words=kind.words(by, criteria, True),
        columns=[column.name for column in kind.chosen_columns(preset)],
        format=file_format,
        is_whole=whole,
        purpose=purpose,
    )
    if not may_have(by, export):
        raise PermissionDenied("您的账号没有下载这份名单的权限。需要时请向县残联管理员申请。")
    export.row_count = kind.rows(by, area, criteria).count()
    if not export.row_count:
        raise ValidationError(NOTHING)
    waits = needs_second_person(kind, export.row_count, whole=whole)
    export.state = State.WAITING if waits else State.RUNNING
    with transaction.atomic():
        export.save()
        audit.record(
            "exports.asked", actor=by, target=export, reason=purpose, details=_told(kind, by, export) | {"waits": waits}
        )
        if not waits:
            _start(export)
    return export


def kept_criteria(export: ExportFile) -> QueryDict:
    return QueryDict(export.criteria.open_plain() if export.criteria else "")


def _told(kind: ExportKind, by, export: ExportFile) -> dict:
    """What the log says of a file."""
    return facts_of(export) | filter_facts(kind, by, kept_criteria(export)) | {"columns": len(export.columns)}


def filter_facts(kind: ExportKind, by, criteria: QueryDict) -> dict:
    """The filter in words without what names somebody, and a keyed digest of it all."""
    return {
        "filter": kind.words(by, criteria, False),
        "filter_digest": keyed(f"export|{kind.name}|{criteria.urlencode()}")[:32],
    }


# How the job of a file that is no list is begun, by kind.
_beginners: dict[str, Callable] = {}


def register_beginner(kind: str, begin: Callable):
    """What else waits for a second person: `begin(export)` gives the job, once they have agreed."""
    _beginners[kind] = begin


def _start(export: ExportFile):
    begin = _beginners.get(export.kind, _begin_list)
    export.job = begin(export)
    export.state, export.refusal = State.RUNNING, ""
    export.save(update_fields=["job", "state", "refusal", "updated_at"])


def _begin_list(export: ExportFile):
    return enqueue(
        MAKE,
        requested_by=export.created_by,
        payload={"export": export.pk},
        idempotency_key=f"export:{export.pk}",
        organisation=export.organisation,
        title=f"生成下载文件：{export.title}",
    )


@transaction.atomic
def decide(*, export: ExportFile, by, agrees: bool, answer: str = ""):
    """The second person's answer. Raises ValidationError with a sentence where it is too late or not theirs."""
    export = ExportFile.objects.visible_to(by).select_for_update(of=("self",)).get(pk=export.pk)
    if not may_decide(by, export):
        raise ValidationError("您自己申请的下载，要由另一个人同意。")
    if export.state != State.WAITING:
        raise ValidationError(f"这份申请已经处理过，现在的状态是“{export.get_state_display()}”。")
    if not agrees and not answer.strip():
        raise ValidationError({"answer": "不同意时请写明原因，申请人会看到。"})
    export.decided_by, export.decided_at, export.answer = by, timezone.now(), answer.strip()
    export.state = State.REFUSED
    export.save(update_fields=["decided_by", "decided_at", "answer", "state", "updated_at"])
    action = "exports.approved" if agrees else "exports.refused"
    audit.record(action, actor=by, target=export, reason=export.answer, details=facts_of(export))
    if agrees:
        _start(export)


# --- the job ----------------------------------------------------------------------------------------


def _of(payload) -> ExportFile:
    return ExportFile.objects.select_related("organisation", "created_by", "decided_by").get(pk=payload["export"])


def _plan(job) -> list[ChunkSpec]:
    export = _of(job.payload)
    return [ChunkSpec({"export": export.pk}, export.row_count, "生成文件")]


def _work(ctx):
    export = _of(ctx.payload)
    kind = export_kind(export.kind)
    if export.state not in (State.RUNNING, State.FAILED) or kind is None:
        raise JobRefused("这份下载现在不能生成。请重新申请。")
    user = ctx.requested_by
    if not may_have(user, export):
        raise JobRefused("申请人现在没有下载这份名单的权限，没有生成。")
    rows = kind.rows(user, export.organisation, kept_criteria(export))
    if export.decided_by_id is None and needs_second_person(kind, rows.count(), whole=export.is_whole):
        raise JobRefused("名单的行数增加了，超过了要第二个人同意的界限，没有生成。请重新申请。")
    sheet = sheet_of(kind, export, rows, by=user)
    sheet.rows = _counted(ctx, sheet.rows)
    with sealing(export, attempt=ctx.chunk.fence) as file:
        write_sheet(file, sheet, export.format, watermark=watermark_of(export, user))
        with ctx.committing():
            hand_over(export, file, rows=sheet.written)
            audit.record(
                "exports.made", actor=user, target=export, reason=export.purpose, details=_told(kind, user, export)
            )


def sheet_of(kind: ExportKind, export: ExportFile, rows, *, by) -> Sheet:
    wanted = set(export.columns)
    columns = [column for column in kind.columns() if column.name in wanted]
    sheet = kind.sheet(rows, columns, export.is_whole)
    words = kind.words(by, kept_criteria(export), True)
    # A number that was searched for is hidden like those in the rows.
    sheet.above = (export.title, f"条件：{words if export.is_whole else mask_free_text(words)}")
    return sheet


def watermark_of(export: ExportFile, by) -> str:
    """Who, of where, when, what for, and by which number the copy leads back to its row here."""
    at = f"{timezone.localtime():%Y-%m-%d %H:%M}"
    home = by.home_organisation or ""
    return f"{by}　{home}　{at}　用途：{mask_free_text(export.purpose)}　文件编号：{file_number(export)}"


def write_sheet(file, sheet: Sheet, file_format: str, *, watermark: str):
    if file_format == ExportFile.Format.CSV:
        write_csv_into(file, sheet, watermark=watermark)
    else:
        write_workbook_into(file, [sheet], watermark=watermark)


def _counted(ctx, rows) -> Iterator:
    for number, row in enumerate(rows, 1):
        if number % TOLD_EVERY == 0:
            ctx.check_cancelled()
            ctx.progress_while_reading(number)
        yield row


def _failed(job):
    told = {JobState.CANCELLED: "任务已被取消。"}.get(job.state, job.error)
    ExportFile.objects.filter(job=job, state=State.RUNNING).update(
        state=State.FAILED, refusal=told[:300], updated_at=timezone.now()
    )


register(
    JobKind(
        name=MAKE,
        label="生成下载文件",
        plan=_plan,
        work=_work,
        on_failure=_failed,
        result_url=lambda job: reverse("export-detail", args=[job.payload["export"]]),
        permission=ExportFile.view_permission,
    )
)


# --- keeping ----------------------------------------------------------------------------------------


def _unfetched(before):
    # A file is given a day when it is made: those whose day is over.
    over = before + datetime.timedelta(days=1)
    return ExportFile.objects.filter(state=State.READY, expires_at__lt=over)


def _unanswered(before):
    return ExportFile.objects.filter(state=State.WAITING, updated_at__lt=before)


def _give_up(rows) -> int:
    told = f"{WAITING_DAYS} 天内没有人答复，申请已失效。需要时请重新申请。"
    return rows.update(state=State.EXPIRED, refusal=told, updated_at=timezone.now())


retention.register(
    retention.Kept("exports.files", "没有下载的文件", 1, "系统规定：下载文件保存 24 小时", _unfetched, expire)
)
retention.register(
    retention.Kept(
        "exports.waiting", "没有人答复的下载申请", WAITING_DAYS, "系统规定：申请 7 天内有效", _unanswered, _give_up
    )
)
