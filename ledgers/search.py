"""The one search box of the list of persons: name, pinyin, ID number or certificate, told apart by their shape."""

import enum
import json
import re
from dataclasses import dataclass

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import BooleanField, Func, Q, QuerySet, TextField, Value
from django.db.models.expressions import RawSQL

from federation.shared import normalise
from federation.shared.sealed import blind_index
from ledgers.name_index import GRAMS, QUEUE, full_text_query

_MATCHING = f"SELECT rowid FROM {GRAMS} WHERE {GRAMS} MATCH %s"  # noqa: S608
_LATIN = re.compile(r"[a-z]+$")
_NUMBER = re.compile(r"[0-9*]{6,}")
_LAST = "\U0010ffff"
# From so many candidates on, walking the names in their order finds a page sooner than looking each up.
_MANY = 20_000


class NotSearchable(ValueError):
    """What was typed is no name, pinyin or whole number; the message says what to type."""


class _NameGrams(Func):
    function = "ledgers_name_grams"
    output_field = ArrayField(TextField())


class _Holds(Func):
    """The name holds a text.

    PostgreSQL works out how many names meet a LIKE and chooses its way by that; of a function it knows nothing.
    SQLite's LIKE takes capitals for small letters.
    """

    output_field = BooleanField()
    before, looked_at, joiner = "%", "%(expressions)s", ", "

    def as_postgresql(self, compiler, connection, **context):
        name, text = self.source_expressions
        pattern = Value(self.before + connection.ops.prep_for_like_query(text.value) + "%")
        return Func(name, pattern, arg_joiner=" LIKE ", template="(%(expressions)s)").as_sql(compiler, connection)

    def as_sqlite(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template=f"(instr({self.looked_at}) > 0)", arg_joiner=self.joiner)


class _TailHolds(_Holds):
    """The name holds a text after its first character."""

    before, looked_at, joiner = "_%", "substr(%(expressions)s", ", 2), "


class Reach(enum.IntEnum):
    """How much of everybody a search is about: it decides whether the names in scope are looked at one by one."""

    NEAR = 1
    AROUND = 2
    EVERYWHERE = 3


@dataclass(frozen=True)
class Part:
    """Rows that match. Where no index finds them, `condition` is what tells them from the others: counting then
    stops after so many rows looked at, not after so many found.
    """

    rows: QuerySet
    condition: Q | None = None


def latin(typed: str) -> str:
    """What was typed, as pinyin is kept; "" where it is none."""
    text = normalise.text(typed).replace(" ", "").lower().replace("ü", "v").replace("'", "")
    return text if _LATIN.match(text) else ""


def check(typed: str):
    """Raise NotSearchable where `parts` would."""
    text = normalise.text(typed).replace(" ", "")
    if _NUMBER.match(text):
        _number_condition(text.upper())
    elif not latin(text) and re.search(r"[0-9A-Za-z]", text):
        raise NotSearchable("请只填一种：姓名（汉字）、拼音（字母），或完整的身份证号、残疾人证号。")


def parts(queryset, typed: str, reach: Reach = Reach.EVERYWHERE) -> list[Part]:
    """Rows of `queryset` (already in scope) that match, as disjoint parts, each quick to read in its order.

    Raises NotSearchable. Order names by `name`, pinyin by `name_pinyin`.
    """
    check(typed)
    text = normalise.text(typed).replace(" ", "")
    if not text:
        return [Part(queryset)]
    if _NUMBER.match(text):
        return [Part(queryset.filter(_number_condition(text.upper())))]
    if letters := latin(text):
        whole = _begins("name_pinyin", letters)
        return [Part(queryset.filter(whole)), Part(_initials(queryset, letters).exclude(whole))]
    return name_parts(queryset, text.translate(normalise.MIDDLE_DOTS), reach)


def search(queryset, typed: str):
    """The same rows as `parts`, as one queryset."""
    found = parts(queryset, typed)
    return _union(found)


def _initials(queryset, letters: str):
    begins = _begins("name_initials", letters)
    if connection.vendor == "sqlite":
        holders = queryset.model._base_manager.filter(begins).order_by().values("pk")
        if holders[:_MANY].count() < _MANY:
            # Looked up one by one: walking the pinyin of the letter passes a hundred others for each.
            return queryset.filter(pk__in=holders)
    # The first condition follows from the second; it lets the walk by pinyin begin at the letter.
    return queryset.filter(_begins("name_pinyin", letters[0]) & begins)


def name_parts(queryset, text: str, reach: Reach = Reach.EVERYWHERE) -> list[Part]:
    """Rows whose name begins with `text`, and rows that hold it only further on: together what LIKE finds."""
    if reach == Reach.NEAR or (reach == Reach.AROUND and len(text) == 1):
        return [Part(queryset.filter(_Holds("name", Value(text))))]
    head = Q(name__gte=text, name__lt=text + _LAST)
    holds = Q(_TailHolds("name", Value(text))) & ~head
    if _is_frequent(queryset, text):
        tail = Part(queryset.filter(holds), holds)
    elif connection.vendor == "sqlite":
        candidates = RawSQL(f"{_MATCHING} UNION ALL SELECT id FROM {QUEUE}", [full_text_query(text)])  # noqa: S608, S611
        tail = Part(queryset.filter(holds, id__in=candidates))
    else:
        tail = Part(_tail(queryset, text).exclude(head))
    return [Part(queryset.filter(head)), tail]


def _is_frequent(queryset, text: str) -> bool:
    """Whether so many names hold `text` further on that one meets them soon wherever one looks."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({_MATCHING} LIMIT {_MANY})", [full_text_query(text)])  # noqa: S608
            return cursor.fetchone()[0] >= _MANY
    if len(text) > 1:
        # No pair of characters is so frequent that its index would be slow.
        return False
    # What ANALYZE knows of the index's elements: counting them would take as long as the search.
    everywhere = _tail(queryset.model._base_manager.all(), text).order_by()
    plan = json.loads(everywhere.values("pk").explain(format="json"))
    return plan[0]["Plan"]["Plan Rows"] >= _MANY


def name_contains(queryset, text: str):
    """Rows whose name holds `text` anywhere, as one queryset."""
    return _union(name_parts(queryset, text)) if text else queryset.none()


def _union(found: list[Part]):
    first, *others = (part.rows for part in found)
    for each in others:
        first = first | each
    return first


def _tail(queryset, text: str):
    queryset = queryset.alias(_grams=_NameGrams("name"))
    if len(text) == 1:
        return queryset.filter(_grams__contains=[text])
    rows = queryset.filter(_grams__contains=[text[at : at + 2] for at in range(len(text) - 1)])
    # Pairs say nothing about their order; from three characters on the name itself is looked at.
    return rows if len(text) == 2 else rows.filter(name__contains=text)


def _begins(field: str, letters: str) -> Q:
    # A range, because SQLite's LIKE does not use the index. "{" follows "z".
    return Q(**{f"{field}__gte": letters, f"{field}__lt": letters + "{"})


def _number_condition(number: str) -> Q:
    whole = normalise.id_number if len(number) == 18 else normalise.certificate_number
    domain, column = (
        ("id_number", "id_number_index") if len(number) == 18 else ("certificate", "certificate_number_index")
    )
    try:
        return Q(**{column: blind_index(domain, whole(number))})
    except normalise.NotNormal as error:
        raise NotSearchable(f"按号码查找要填完整的号码。{error}") from error
