"""The photo and the scans of a new entry as fields of its form: looked at by the child process before anything is
stored, and kept with the person that the form makes.
"""

from federation.shared import scan_field as shared
from federation.shared.scan_field import LIMIT
from ledgers.attachments import keep_scan
from ledgers.models.dictionaries import AttachmentKind


class ScanField(shared.ScanField):
    """`kind`: as what it is kept with the person."""

    def __init__(self, *, kind: AttachmentKind, what: str, **kwargs):
        self.kind = kind
        super().__init__(what=what, is_photo=kind == AttachmentKind.PHOTO, **kwargs)


def photo_field() -> ScanField:
    return ScanField(
        kind=AttachmentKind.PHOTO, what="本人照片", label="本人照片",
        help_text=f"JPG 或 PNG，{LIMIT}，会自动缩小、转正。没有的以后再传；草稿里不存照片和扫描件。",
    )  # fmt: skip


def scan_field(kind: AttachmentKind, label: str) -> ScanField:
    return ScanField(
        kind=kind, what=label, label=label,
        help_text=f"可以不传。用手机拍清楚，或扫描成 JPG、PNG、PDF，{LIMIT}。",
    )  # fmt: skip


def fields_of(form) -> dict[str, ScanField]:
    """{name: field} of the files that `form` takes."""
    return {name: field for name, field in form.fields.items() if isinstance(field, ScanField)}


def keep_files(form, *, person, by):
    """Keep what came with a judged form as attachments of the person it made, inside the caller's transaction."""
    for name, field in fields_of(form).items():
        scan = form.cleaned_data[name]
        if scan:
            keep_scan(person=person, kind=field.kind, title="", scan=scan, by=by)
