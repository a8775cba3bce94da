"""The forms of everybody registered in a village as one PDF: a job of small parts, fetched once within a day."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.template.loader import render_to_string

from federation.shared import audit, pdf
from federation.shared.export_files import FileKind, facts_of, file_number, may_have, register_kind
from federation.shared.export_kinds import TAKE_PERSONAL
from federation.shared.exports import register_beginner
from federation.shared.models import ExportFile
from federation.shared.printed_parts import Printing
from federation.shared.sealed import SealedField
from ledgers.consent import WITHDRAWN
from ledgers.documents.person_form import TITLE, PersonSheet
from ledgers.documents.printing import STYLE, Purpose, photo_address, photos_of
from ledgers.models import DisabledPerson, Erasure, PersonDraft

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
    rows = _people(user, body).still_registered().exclude(WITHDRAWN)
    return rows.order_by("org_path", "name_pinyin", "name", "id")


def _people(user, body):
    return DisabledPerson.objects.visible_to(user, VIEW).under(body.path)


def left_out(user, body) -> dict[str, int]:
    """{why: how many} of those whose forms are not in the pile; of drafts only the reader's own are known."""
    people = _people(user, body)
    registered = people.still_registered()
    found = {
        "已迁出、死亡或注销": people.count() - registered.count(),
        "已撤回同意": registered.filter(WITHDRAWN).count(),
        "已按规定删除个人信息": Erasure.objects.under(body.path).count(),
        "您存着还没提交的草稿": PersonDraft.objects.visible_to(user).under(body.path).filter(person=None).count(),
    }
    return {why: number for why, number in found.items() if number}


def left_out_words(left: dict[str, int]) -> str:
    """没有打印 3 人：已迁出、死亡或注销 2 人，已撤回同意 1 人; nothing where nobody was left out."""
    if not left:
        return ""
    return f"没有打印 {sum(left.values())} 人：{'，'.join(f'{why} {number} 人' for why, number in left.items())}"


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
        criteria_words="；".join(filter(None, [f"在册 {count} 人，每人一张", left_out_words(left_out(by, body))])),
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


def _keys(user, export) -> list[int]:
    return list(forms_of(user, export.organisation).values_list("pk", flat=True))


def _laid_out(export, user, part: dict) -> tuple[bytes, int]:
    rows = forms_of(user, export.organisation).filter(pk__in=part["persons"])
    persons = list(rows.select_related("organisation", "member_in_charge"))
    if not persons:
        return b"", 0
    pictures = photos_of(persons)
    shows_addresses = user.has_scope(REVEAL)
    purpose = Purpose(user, export.purpose, export.is_whole)
    of = f"共 {part['of']} 份" + (f"；{part['left']}" if part.get("left") else "")
    sheets = [
        PersonSheet(
            person,
            numbers=_opened(person) if export.is_whole else None,
            show_addresses=shows_addresses,
            photo_url=photo_address(person) if photo_address(person) in pictures else "",
            foot=purpose.foot(f"{file_number(export)}（第 {place} 份，{of}）"),
        )
        for place, person in enumerate(persons, part["first"])
    ]
    page = render_to_string("print/document.html", {"title": TITLE, "sheets": sheets})
    (document,) = pdf.documents([page], style=STYLE, pictures=pictures)
    return pdf.part(document), len(persons)


def _opened(person) -> dict[str, str]:
    """All numbers of one person; asking for them and the second person's yes are in the log."""
    fields = [field.name for field in person._meta.concrete_fields if isinstance(field, SealedField)]
    values = {name: getattr(person, name) for name in fields}
    return {name: value.open_plain() for name, value in values.items() if value and value.is_readable()}


PRINTING = Printing(
    name="ledgers.forms",
    label="打印一个村的登记表",
    permission=VIEW,
    people=_keys,
    lay_out=_laid_out,
    at_once=lambda: AT_ONCE,
    made=MADE,
    nothing="名单里的人都已不在册，没有可以打印的登记表。",
    gone="打印期间有 {} 人不再在册或撤回了同意，没有打印。",
    more=lambda user, export: {"left": left_out_words(left_out(user, export.organisation))},
)


def begin(export: ExportFile):
    return PRINTING.begin(export, f"打印登记表：{export.organisation.label}")


register_beginner(KIND.name, begin)
