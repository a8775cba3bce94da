"""Printing the personal form: who may, what is logged, and the line at the foot that says so."""

from dataclasses import dataclass

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from federation.shared import audit, pdf
from federation.shared.reveal import open_all_for
from ledgers.attachments import AttachmentMissing, photo_data
from ledgers.documents.person_form import TITLE, PersonSheet
from ledgers.models import Attachment, DisabledPerson
from ledgers.models.dictionaries import AttachmentKind

PRINTED = "ledgers.person.printed"
STYLE = "css/print-form.css"
MASKED_WORDS, WHOLE_WORDS = "号码已遮盖", "含完整号码"


@dataclass(frozen=True)
class Purpose:
    """For whom and what for something is printed."""

    by: object
    words: str
    is_whole: bool = False

    def foot(self, number: str) -> str:
        """Who, of where, when, what for, and by which number a copy that turns up leads back here."""
        home = getattr(self.by, "home_organisation", None) or ""
        at = f"{timezone.localtime():%Y-%m-%d %H:%M}"
        whole = WHOLE_WORDS if self.is_whole else MASKED_WORDS
        return f"打印人：{self.by}　单位：{home}　时间：{at}　用途：{self.words}　{whole}　打印编号：{number}"


def printed_sheet(*, person: DisabledPerson, purpose: Purpose, photo_url: str, shows_addresses: bool) -> PersonSheet:
    """The sheet of a person in scope, after the audit entry whose number stands at its foot.

    Whole numbers are opened as a reveal is: see `open_all_for` for what it raises.
    """
    numbers = open_all_for(purpose.by, person, purpose.words, "print") if purpose.is_whole else None
    with transaction.atomic():
        details = {"whole": purpose.is_whole}
        entry = audit.record(PRINTED, actor=purpose.by, target=person, reason=purpose.words, details=details)
    number = f"{timezone.localtime():%Y%m%d}-{entry.pk:06d}"
    return PersonSheet(
        person,
        numbers=numbers,
        show_addresses=shows_addresses or purpose.is_whole,
        photo_url=photo_url,
        foot=purpose.foot(number),
    )


def photo_address(person) -> str:
    """What a page for PDF calls the photo; it is handed over beside the page, never fetched."""
    return f"print:photo/{person.pk}"


def photos_of(persons) -> dict[str, bytes]:
    """{address: JPEG} of those of `persons` that have a photo. The caller fetched them in scope."""
    found = {}
    rows = Attachment.objects.filter(person__in=persons, kind=AttachmentKind.PHOTO).select_related("person")
    for photo in rows:
        try:
            found[photo_address(photo.person)] = photo_data(photo)
        except AttachmentMissing:
            # The form is printed with an empty place for it.
            continue
    return found


def sheets_in_pdf(sheets: list[PersonSheet], pictures: dict[str, bytes]) -> bytes:
    """The sheets as one PDF. Raises federation.shared.pdf.PdfUnavailable."""
    page = render_to_string("print/document.html", {"title": TITLE, "sheets": sheets})
    return pdf.together(pdf.documents([page], style=STYLE, pictures=pictures))
