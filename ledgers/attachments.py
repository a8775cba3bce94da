"""Photo and scans of a person: taken in only after a child process looked at them, kept sealed, shown by permission.

A photo is shown to who may see the person. A scan shows whole numbers: it is opened as a number is revealed, for a
reason, a few an hour, and never unlogged.
"""

import hashlib

from django.core.exceptions import ValidationError
from django.db import transaction

from federation.shared import audit, sealed_files
from federation.shared.history import create_versioned, save_versioned
from federation.shared.reveal import log_opening
from federation.shared.scan_field import PHOTO_SIDE, SCAN_SIDE
from federation.shared.scans import Scan, ScanRefused, read_scan
from federation.shared.sealed import SealBroken
from ledgers.models import Attachment, DisabledPerson
from ledgers.models.dictionaries import AttachmentKind

FOLDER = "attachments"
# More of one person is a mistake or a misuse.
MOST = 30


class AttachmentMissing(Exception):
    """The file is not where it should be, or does not open; the message says what to do."""


def _aad(attachment: Attachment) -> bytes:
    return f"attachment|{attachment.uid}".encode()


def add_attachment(*, person: DisabledPerson, kind: str, title: str, upload, by) -> Attachment:
    """Keep an upload with the person; a photo takes the place of the one before. Raises ValidationError on `file`."""
    is_photo = kind == AttachmentKind.PHOTO
    try:
        scan = read_scan(upload, longest_side=PHOTO_SIDE if is_photo else SCAN_SIDE, takes_pdf=not is_photo)
    except ScanRefused as refusal:
        raise ValidationError({"file": str(refusal)}) from refusal
    return keep_scan(person=person, kind=kind, title=title, scan=scan, by=by)


def keep_scan(*, person: DisabledPerson, kind: str, title: str, scan: Scan, by) -> Attachment:
    """Keep what the child process has made of an upload. Its file goes again where the transaction around fails."""
    stored_path = ""
    try:
        with transaction.atomic():
            # One writer a person: two photos at once are one after the other.
            person = DisabledPerson.objects.select_for_update(of=("self",)).get(pk=person.pk)
            attachment = _row_for(person, kind)
            stored_path = sealed_files.keep(FOLDER, scan.data, _aad(attachment))
            replaced = attachment.stored_path
            attachment.title, attachment.stored_path = title, stored_path
            attachment.content_type, attachment.size = scan.content_type, len(scan.data)
            attachment.sha256 = hashlib.sha256(scan.data).hexdigest()
            if attachment.pk is None:
                create_versioned(attachment, by=by)
            else:
                save_versioned(attachment, by=by)
                sealed_files.remove_on_commit(replaced)
    except BaseException:
        sealed_files.remove(stored_path)
        raise
    return attachment


def _row_for(person, kind) -> Attachment:
    """The row that the upload fills: the person's photo on file, else a new one."""
    mine = Attachment.objects.filter(person=person)
    if kind == AttachmentKind.PHOTO:
        photo = mine.filter(kind=kind).first()
        if photo is not None:
            return photo
    if mine.count() >= MOST:
        raise ValidationError(f"每人最多存 {MOST} 份材料，请先删除不用的。")
    return Attachment(person=person, organisation_id=person.organisation_id, kind=kind)


def delete_attachment(*, attachment: Attachment, by):
    with transaction.atomic():
        audit.record("ledgers.attachment.deleted", actor=by, target=attachment, before=_facts(attachment))
        attachment.delete()
        sealed_files.remove_on_commit(attachment.stored_path)


def delete_attachments(*, person: DisabledPerson, by) -> int:
    """Remove every photo and scan of a person, rows and files; gives their number. Scope is the caller's."""
    with transaction.atomic():
        kept = list(Attachment.objects.filter(person=person).select_for_update(of=("self",)))
        for attachment in kept:
            delete_attachment(attachment=attachment, by=by)
    return len(kept)


def _facts(attachment) -> dict:
    return {"kind": attachment.kind, "title": attachment.title, "sha256": attachment.sha256}


def photo_of(person: DisabledPerson) -> Attachment | None:
    return Attachment.objects.filter(person=person, kind=AttachmentKind.PHOTO).first()


def photo_data(photo: Attachment) -> bytes:
    """The JPEG of a photo that the caller fetched in scope. Raises AttachmentMissing."""
    if not photo.is_photo:
        raise ValueError("a scan is opened by open_scan")
    return _read(photo)


def open_scan(*, attachment: Attachment, reason: str, by) -> bytes:
    """A scan, after its audit entry is committed. The caller has asked for scope and for `persons.reveal`.

    Raises AttachmentMissing, and ReasonMissing and TooManyReveals of federation.shared.reveal.
    """
    log_opening(by, attachment, reason, {"what": f"attachment:{attachment.kind}"})
    return _read(attachment)


def _read(attachment) -> bytes:
    try:
        return sealed_files.read(attachment.stored_path, _aad(attachment))
    except FileNotFoundError as error:
        raise AttachmentMissing("这份材料的文件已不在服务器上。请重新上传，并告诉系统管理员核对备份。") from error
    except SealBroken as error:
        raise AttachmentMissing("这份材料在服务器上被改动过，不能打开。请重新上传，并告诉系统管理员。") from error


def reseal_attachments() -> tuple[int, int]:
    """After the sealing key changed; (renewed, those that do not open)."""
    rows = Attachment.objects.order_by("pk").only("uid", "stored_path")
    return sealed_files.reseal((each.stored_path, _aad(each)) for each in rows.iterator())
