"""Changing the sealing key while people work: a new key in the file, then every value sealed again, in chunks.

A value is replaced only where it is still the one that was read, so a save in between is never undone. Every
value opens throughout: old keys stay in the file, as rows not yet reached and older backups need them. Once it is
through, nothing in the database or among the uploaded files needs them.
"""

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from django.db.models.functions import Cast

from federation.shared import export_files
from federation.shared.keys import LOOK_AGAIN_SECONDS
from federation.shared.models import ChangeRecord
from federation.shared.rosters import staging, uploads
from federation.shared.sealed import SealBroken, SealedField, history_aad, key_number, row_aad, seal, unseal

CHUNK = 500

# What is sealed as a whole: what it is called, and what seals it again, giving (renewed, those that do not open).
BLOBS: dict[str, Callable[[], tuple[int, int]]] = {
    "上传的名册文件": uploads.reseal_files,
    "暂存的名册内容": staging.reseal_blocks,
    "待下载的文件": export_files.reseal_files,
}


def register_blobs(words: str, reseal: Callable[[], tuple[int, int]]):
    """What an app keeps sealed as a whole; called in its `tasks.py`."""
    BLOBS[words] = reseal


@dataclass
class Tally:
    """Values sealed again, and those that did not open and stay as they are; files and blocks sealed as a whole."""

    resealed: int = 0
    broken: int = 0
    blobs: int = 0


def reseal_everything(say: Callable[[str], None] = lambda text: None, settle: float = LOOK_AGAIN_SECONDS + 1) -> Tally:
    """Seal every value of an older key with the one in use.

    A second pass, `settle` seconds after the start, takes what other processes wrote before they noticed the key.
    """
    started = time.monotonic()
    tally = _one_pass(say)
    time.sleep(max(0.0, started + settle - time.monotonic()))
    rest = _one_pass(say)
    return Tally(tally.resealed + rest.resealed, rest.broken, tally.blobs + rest.blobs)


def sealed_models() -> list[tuple[type[models.Model], list[SealedField]]]:
    found = []
    for model in apps.get_models():
        fields = [field for field in model._meta.local_concrete_fields if isinstance(field, SealedField)]
        if fields:
            found.append((model, fields))
    return found


def _one_pass(say) -> Tally:
    tally = Tally()
    for model, fields in sealed_models():
        _reseal_model(model, fields, tally)
        say(f"{model._meta.verbose_name}：已处理，累计换新 {tally.resealed} 个号码。")
    _reseal_history(tally)
    say(f"修改记录：已处理，累计换新 {tally.resealed} 个号码。")
    for words, reseal in BLOBS.items():
        renewed, broken = reseal()
        tally.blobs += renewed
        tally.broken += broken
        say(f"{words}：换新 {renewed} 份。")
    return tally


def _chunks(queryset, *columns):
    """Rows by primary key, a chunk a query, so that a long run holds no transaction open."""
    last = 0
    while True:
        rows = list(queryset.filter(pk__gt=last).order_by("pk").values_list("pk", *columns)[:CHUNK])
        if not rows:
            return
        yield rows
        last = rows[-1][0]


def _reseal_model(model, fields, tally):
    label = model._meta.label_lower
    names = [field.attname for field in fields]
    for rows in _chunks(model._base_manager, "uid", *names):
        for place, field in enumerate(fields):
            renewed = []
            for row in rows:
                token = row[2 + place]
                fresh = _renewed(token, row_aad(label, field.attname, row[1]), tally)
                if fresh is not None:
                    renewed.append((row[0], fresh, bytes(token)))
            if renewed:
                tally.resealed += _replace(model, field, renewed)


def _renewed(token, aad: bytes, tally: Tally) -> bytes | None:
    """`token` under the key in use; None where it is empty, already so, or does not open."""
    if token is None or key_number(token) == settings.KEYS.sealing_key()[0]:
        return None
    try:
        return seal(unseal(token, aad), aad)
    except SealBroken:
        tally.broken += 1
        return None


def _replace(model, field, renewed) -> int:
    quote = connection.ops.quote_name
    table, column, key = quote(model._meta.db_table), quote(field.column), quote(model._meta.pk.column)
    values = ", ".join(["(%s, %s, %s)"] * len(renewed))
    statement = (
        f"UPDATE {table} SET {column} = fresh.column2 FROM (VALUES {values}) AS fresh "  # noqa: S608
        f"WHERE {table}.{key} = fresh.column1 AND {table}.{column} = fresh.column3"
    )
    binary = connection.Database.Binary
    parameters = [part for pk, new, old in renewed for part in (pk, binary(new), binary(old))]
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.rowcount


def _reseal_history(tally):
    sealed = ChangeRecord.objects.annotate(text=Cast("changes", models.TextField())).filter(text__contains='"sealed"')
    for rows in _chunks(sealed):
        with transaction.atomic():
            changed = []
            for record in ChangeRecord.objects.select_for_update().filter(pk__in=[pk for (pk,) in rows]):
                if _reseal_record(record, tally):
                    changed.append(record)
            ChangeRecord.objects.bulk_update(changed, ["changes"])


def _reseal_record(record, tally) -> bool:
    before = tally.resealed
    for name, sides in record.changes.items():
        for side, value in enumerate(sides):
            if not isinstance(value, dict) or "sealed" not in value:
                continue
            aad = history_aad(record.label, record.object_id, record.version, name, side)
            fresh = _renewed(base64.b64decode(value["sealed"]), aad, tally)
            if fresh is not None:
                value["sealed"] = base64.b64encode(fresh).decode()
                tally.resealed += 1
    return tally.resealed > before
