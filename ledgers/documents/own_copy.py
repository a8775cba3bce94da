"""A person's own copy (查阅、复制): all that is on file about one person, in plain words, on paper or as a workbook."""

from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from federation.shared import audit, pdf
from federation.shared.audit_words import action_words
from federation.shared.history import history_of
from federation.shared.models import AuditEntry
from federation.shared.reveal import open_all_for
from federation.shared.templatetags.ui import cn_date
from federation.shared.workbooks.writer import Column, Sheet, write_workbook
from ledgers.consent import consent_in_words
from ledgers.documents.printing import STYLE, photo_address, photos_of
from ledgers.models import Attachment, DisabledPerson, PersonMerge, PersonRequest, Transfer
from ledgers.paper_form import sections_of

GIVEN = "ledgers.person.copy_given"
# Of handling and changes, the newest: who has more is told so.
MOST = 500


@dataclass(frozen=True)
class Asked:
    """Who asked for the copy and how it was made sure that it is they."""

    by: object
    asker: str
    identity: str
    reason: str

    @property
    def words(self) -> str:
        return f"{self.reason}（{self.asker}申请，{self.identity}）"


@dataclass(frozen=True)
class OwnCopy:
    """What is given: (heading, [(label, value)]) of the form, then what happened to it, and the foot."""

    person: DisabledPerson
    sections: list
    changes: list
    handling: list
    material: list
    transfers: list
    requests: list
    foot: str

    title = "本人信息副本"


def own_copy(*, person: DisabledPerson, asked: Asked) -> OwnCopy:
    """Everything on file about a person in scope, after the opening and the giving are in the log.

    Raises as `federation.shared.reveal.open_all_for` does.
    """
    numbers = open_all_for(asked.by, person, asked.words, "copy")
    with transaction.atomic():
        details = {"asker": asked.asker, "identity": asked.identity}
        entry = audit.record(GIVEN, actor=asked.by, target=person, reason=asked.reason, details=details)
    at = timezone.localtime()
    home = getattr(asked.by, "home_organisation", None) or ""
    foot = (
        f"办理人：{asked.by}　单位：{home}　时间：{at:%Y-%m-%d %H:%M}　{asked.words}　编号：{at:%Y%m%d}-{entry.pk:06d}"
    )
    drawn = sections_of(person, lambda name: numbers.get(name, ""), show_addresses=True)
    sections = [(heading, [(row["label"], row["value"] or "（没有登记）") for row in rows]) for heading, rows in drawn]
    sections.append(("八、建档和审核", _keeping(person)))
    return OwnCopy(
        person=person,
        sections=sections,
        changes=_changes(person),
        handling=_handling(person),
        material=_material(person),
        transfers=_transfers(person),
        requests=_requests(person),
        foot=foot,
    )


def _keeping(person) -> list[tuple[str, str]]:
    decided = f"{person.decided_by}，{_moment(person.decided_at)}" if person.decided_at else "（没有）"
    return [
        ("审核状态", person.get_state_display()),
        ("建档时间", _moment(person.created_at)),
        ("建档人", str(person.created_by or "名册导入或系统")),
        ("最后更新", _moment(person.updated_at)),
        ("审核人和时间", decided),
        ("退回原因", person.returned_reason or "（没有）"),
        ("个人信息同意", consent_in_words(person)),
        ("家庭户", _home(person)),
        ("合并过的登记表", _merges(person)),
    ]


def _home(person) -> str:
    """The household the person is registered in; who else lives there is their own business."""
    home = person.household
    if home is None:
        return "（没有）"
    known = (home.address, f"{home.size} 人" if home.size else "", home.remark)
    return "，".join(filter(None, [str(home), *known]))


def _merges(person) -> str:
    merges = PersonMerge.objects.filter(person=person, undone_at=None).order_by("pk")
    return "；".join(f"{_moment(merge.created_at)}，{merge.reason}" for merge in merges) or "（没有）"


def _changes(person) -> list[tuple[str, str, str]]:
    """(when, by whom and how, what from what to what); old and new numbers masked, as they are kept."""
    return [
        (
            _moment(record.at),
            f"{record.by or '系统'}，{record.get_via_display()}",
            "；".join(str(each) for each in record.differences) or record.get_kind_display(),
        )
        for record in history_of(person)[:MOST]
    ]


def _handling(person) -> list[tuple[str, str, str, str]]:
    """(when, who, what, why) of everything the log holds about the person's file."""
    entries = list(
        AuditEntry.objects.filter(target_label=person._meta.label_lower, target_id=str(person.pk)).order_by("-at")[
            :MOST
        ]
    )
    actors = {entry.actor_id for entry in entries if entry.actor_kind == audit.USER}
    names = {user.pk: str(user) for user in get_user_model().objects.filter(pk__in=actors)}
    return [
        (
            _moment(entry.at),
            names.get(entry.actor_id, "系统") if entry.actor_kind == audit.USER else "系统",
            action_words(entry.action),
            entry.reason,
        )
        for entry in entries
    ]


def _material(person) -> list[tuple[str, str, str]]:
    rows = Attachment.objects.filter(person=person)
    return [(str(row), row.title, _moment(row.created_at)) for row in rows]


def _transfers(person) -> list[tuple[str, ...]]:
    """(day, from where, to where, why, what became of it)"""
    rows = Transfer.objects.filter(person=person).select_related("organisation", "to_organisation").order_by("pk")
    return [
        (
            cn_date(row.moved_on),
            row.organisation.name,
            row.to_organisation.name,
            row.reason,
            "，".join(filter(None, [row.get_state_display(), row.answer])),
        )
        for row in rows
    ]


def _requests(person) -> list[tuple[str, ...]]:
    """(received, what, by whom, in what words, what became of it)"""
    return [
        (
            cn_date(row.received_on),
            row.get_kind_display(),
            row.get_asker_display(),
            row.content,
            "，".join(filter(None, [row.get_state_display(), row.answer])),
        )
        for row in PersonRequest.objects.filter(person=person).order_by("pk")
    ]


def _moment(at) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def copy_as_pdf(copy: OwnCopy) -> bytes:
    """Raises federation.shared.pdf.PdfUnavailable."""
    pictures = photos_of([copy.person])
    photo = photo_address(copy.person) if pictures else ""
    page = render_to_string("print/own_copy.html", {"copy": copy, "title": copy.title, "photo": photo})
    return pdf.together(pdf.documents([page], style=STYLE, pictures=pictures))


def copy_as_workbook(copy: OwnCopy):
    """A federation.shared.workbooks.writer.Written of six sheets."""
    filled = [(heading, label, value) for heading, rows in copy.sections for label, value in rows]
    texts = [
        Sheet("登记内容", [Column("部分", 22), Column("项目", 20), Column("内容", 50)], filled),
        Sheet("修改记录", [Column("时间", 18), Column("办理人", 24), Column("改动", 80)], copy.changes),
        Sheet(
            "查看和办理",
            [Column("时间", 18), Column("办理人", 20), Column("事项", 24), Column("理由", 40)],
            copy.handling,
        ),
        Sheet("照片和材料", [Column("种类", 20), Column("说明", 30), Column("上传时间", 18)], copy.material),
        Sheet(
            "转移",
            [Column("日期", 14), Column("转出", 30), Column("转入", 30), Column("原因", 40), Column("办理情况", 40)],
            copy.transfers,
        ),
        Sheet(
            "个人信息请求",
            [Column("收到", 14), Column("请求", 14), Column("谁提出", 20), Column("内容", 40), Column("办理情况", 40)],
            copy.requests,
        ),
    ]
    return write_workbook(texts, watermark=copy.foot)
