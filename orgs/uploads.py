"""Scans and photos that people attach: what may come in, under which name it is kept."""

import uuid
from pathlib import PurePath

from django.core.exceptions import ValidationError

MAX_BYTES = 10 * 1024 * 1024
# By their first bytes: what a file is called says nothing about what it is.
_SIGNATURES = ((b"\xff\xd8\xff", "jpg"), (b"\x89PNG\r\n\x1a\n", "png"), (b"%PDF-", "pdf"))
CONTENT_TYPES = {"jpg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}
HINT = "照片（JPG、PNG）或 PDF，不超过 10 MB"


def accept_scan(upload):
    """Check a newly uploaded file and give it a name of our own (the sender's may name a person)."""
    if upload.size > MAX_BYTES:
        raise ValidationError("文件超过 10 MB。请压缩，或把照片改小后再上传。")
    if not upload.size:
        raise ValidationError("文件是空的。请重新选择文件。")
    upload.seek(0)
    head = upload.read(16)
    upload.seek(0)
    extension = next((word for signature, word in _SIGNATURES if head.startswith(signature)), "")
    if not extension:
        raise ValidationError("只能上传 JPG、PNG 照片或 PDF 文件。请转换后再上传。")
    upload.name = f"{uuid.uuid4().hex}.{extension}"
    return upload


def content_type_of(name: str) -> str:
    return CONTENT_TYPES.get(PurePath(name).suffix.lstrip(".").lower(), "application/octet-stream")
