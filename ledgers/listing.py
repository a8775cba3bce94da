"""One page of persons out of 1.87 million, whatever the scope: which way the database walks, and how far it counts."""

from django.db import connection
from django.db.models import Case, Count, IntegerField, Q, Sum, Value, When

from federation.shared.tables import Page
from ledgers.models import DisabledPerson
from ledgers.search import Part, latin, parts

# Counting looks at so many rows and no more; beyond, the total reads 至少.
EXAMINED = 30_000
# Rows found by a search lie all over the table: fewer of them cost as much.
EXAMINED_FOUND = 5_000
# From so many rows in scope on, SQLite finds a page sooner by walking the names than by sorting the scope.
WIDE = 10_000
SHOWN = (
    "uid", "name", "name_pinyin", "sex", "born_on", "category", "grade", "id_number", "org_path", "moved_away_on",
    "deceased_on", "cancelled_on", "missing_mandatory", "failed_checks",
)  # fmt: skip


def read_page(user, filterset, params, size: int) -> Page:
    """The page of `params` of the persons `user` sees, narrowed by a bound `filterset`."""
    if not filterset.form.is_valid():
        return Page(DisabledPerson.objects.none(), params, ordering=("name",), size=size, counts=(0, True))
    typed, narrowing = filterset.typed, filterset.narrowing()
    scoped = DisabledPerson.objects.visible_to(user)
    rows = filterset.rows(scoped)
    walked = rows
    if connection.vendor == "sqlite" and is_wide(rows):
        walked = filterset.rows_walked(DisabledPerson.objects.walked_by_name(), user)
    found = parts(walked, typed)
    if typed:
        total = count([_countable(part, rows) for part in found], EXAMINED_FOUND, narrowing)
    else:
        total = count([(rows, Q())], EXAMINED, narrowing)
    found = [part.rows.filter(narrowing).only(*SHOWN) for part in found]
    # Pinyin is walked in the order of pinyin: all who begin with z lie at the end of neither.
    ordering = ("name_pinyin", "name") if latin(typed) else ("name", "name_pinyin")
    # Nothing met so far and more to look at says nothing worth reading.
    return Page(found, params, ordering=ordering, size=size, counts=False if total == (0, False) else total)


def is_wide(rows) -> bool:
    return rows.order_by().values("pk")[: WIDE + 1].count() > WIDE


def _countable(part: Part, scoped) -> tuple:
    """(rows to look at, what to count among them) of a part."""
    return (part.rows, Q()) if part.condition is None else (scoped, part.condition)


def count(found: list[tuple], most: int, narrowing: Q) -> tuple[int, bool]:
    """(how many rows meet `narrowing`, whether that is all of them): at most `most` rows of each part are read."""
    number, complete = 0, True
    for rows, condition in found:
        wanted = narrowing & condition
        meets = Case(When(wanted, then=1), default=0, output_field=IntegerField()) if wanted else Value(1)
        flags = rows.order_by().annotate(meets=meets).values("meets")[: most + 1]
        counted = flags.aggregate(read=Count("meets"), number=Sum("meets"))
        number += counted["number"] or 0
        complete = complete and counted["read"] <= most
    return number, complete
