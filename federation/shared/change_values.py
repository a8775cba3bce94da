"""Values in change records: how they are kept in JSON and how a reader sees them."""

import base64
import datetime
import decimal
import uuid
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from federation.shared.sealed import SealedText, history_aad

EMPTY = "（空）"
# That they changed is worth knowing; their value, even hashed, has no place in a history.
SECRET_FIELDS = {"password", "secret", "secret_hash", "token"}


@dataclass(frozen=True)
class Difference:
    """One field that differs, in words: Chinese name, stored and submitted value; sealed ones masked."""

    field: str
    label: str
    old: str
    new: str

    def __str__(self):
        return f"{self.label}：{self.old} → {self.new}"


def stored_changes(label: str, object_id: int, version: int, before: dict, after: dict) -> dict:
    """{field: [old, new]} as JSON takes it; sealed values bound to this record, field and side."""
    return {
        name: [{"hidden": True}, {"hidden": True}]
        if name in SECRET_FIELDS
        else [
            _stored(before[name], history_aad(label, object_id, version, name, 0)),
            _stored(after[name], history_aad(label, object_id, version, name, 1)),
        ]
        for name in after
    }


def _stored(value, aad: bytes):
    if isinstance(value, SealedText):
        if not value.is_readable():
            return {"broken": True}
        return {"sealed": base64.b64encode(value.token_for(aad)).decode(), "kind": value.kind}
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (decimal.Decimal, uuid.UUID)):
        return str(value)
    if isinstance(value, models.Model):
        return value.pk
    return value


def opened(value, aad: bytes):
    """What `_stored` kept, with sealed values as SealedText again."""
    if isinstance(value, dict) and "sealed" in value:
        return SealedText(token=base64.b64decode(value["sealed"]), aad=aad, kind=value["kind"])
    return value


def display(field: models.Field, value) -> str:
    """A value as a reader sees it: choices in words, dates and yes/no in Chinese, nothing as （空）."""
    if value in (None, ""):
        return EMPTY
    if isinstance(value, SealedText):
        return value.masked()
    if isinstance(value, dict) and value.get("broken"):
        return "（无法打开）"
    if isinstance(value, dict) and value.get("hidden"):
        return "（不显示）"
    if isinstance(field, models.ForeignKey):
        row = field.related_model._base_manager.filter(**{field.target_field.name: value}).first()
        return str(row) if row is not None else f"编号 {value}"
    try:
        value = field.to_python(value)
    except ValidationError:
        # Kept under an older shape of the field: shown as it was kept.
        return str(value)
    return _in_words(field, value)


def _in_words(field, value) -> str:
    if field.flatchoices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime.datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, (list, tuple)):
        return "、".join(str(item) for item in value) or EMPTY
    return str(value)
