"""The one search box of the list of persons: name, pinyin, ID number or certificate, told apart by their shape."""

import re

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import BooleanField, Func, Q, TextField, Value
from django.db.models.expressions import RawSQL

from federation.shared import normalise
from federation.shared.sealed import blind_index
from ledgers.name_index import GRAMS, QUEUE, full_text_query

_LATIN = re.compile(r"[a-zü]+$")
_NUMBER = re.compile(r"[0-9*]{6,}")


class NotSearchable(ValueError):
    """What was typed is no name, pinyin or whole number; the message says what to type."""


class _NameGrams(Func):
    function = "ledgers_name_grams"
    output_field = ArrayField(TextField())


class _NameHolds(Func):
    """SQLite: `instr`, because its LIKE takes capitals for small letters."""

    template = "(instr(%(expressions)s) > 0)"
    output_field = BooleanField()


def name_contains(queryset, text: str):
    """Rows whose name holds `text` anywhere: what LIKE finds, by the index of name parts."""
    if not text:
        return queryset.none()
    if connection.vendor == "sqlite":
        sql = f"SELECT rowid FROM {GRAMS} WHERE {GRAMS} MATCH %s UNION ALL SELECT id FROM {QUEUE}"  # noqa: S608
        candidates = queryset.filter(id__in=RawSQL(sql, [full_text_query(text)]))  # noqa: S611
        return candidates.filter(_NameHolds("name", Value(text)))
    queryset = queryset.alias(_grams=_NameGrams("name"))
    if len(text) == 1:
        return queryset.filter(_grams__overlap=[f"^{text}", text])
    pairs = [text[at : at + 2] for at in range(len(text) - 1)]
    found = queryset.filter(_grams__contains=pairs)
    # Pairs say nothing about their order; from three characters on the name itself is looked at.
    return found if len(text) == 2 else found.filter(name__contains=text)


def _starts(field: str, prefix: str) -> Q:
    # A range, because SQLite's LIKE does not use the index. "{" follows "z".
    return Q(**{f"{field}__gte": prefix, f"{field}__lt": prefix + "{"})


def search(queryset, typed: str):
    """Rows of `queryset` (already in scope) that match what was typed. Raises NotSearchable."""
    text = normalise.text(typed).replace(" ", "")
    if not text:
        return queryset
    if _NUMBER.match(text):
        return _by_number(queryset, text.upper())
    latin = text.lower().replace("ü", "v").replace("'", "")
    if _LATIN.match(latin):
        return queryset.filter(_starts("name_pinyin", latin) | _starts("name_initials", latin))
    if re.search(r"[0-9A-Za-z]", text):
        raise NotSearchable("请只填一种：姓名（汉字）、拼音（字母），或完整的身份证号、残疾人证号。")
    return name_contains(queryset, text.translate(normalise.MIDDLE_DOTS))


def _by_number(queryset, number: str):
    if len(number) == 18:
        kind, column = "id_number", "id_number_index"
    else:
        kind, column = "certificate", "certificate_number_index"
    try:
        plain = normalise.id_number(number) if kind == "id_number" else normalise.certificate_number(number)
    except normalise.NotNormal as error:
        raise NotSearchable(f"按号码查找要填完整的号码。{error}") from error
    return queryset.filter(**{column: blind_index(kind, plain)})
