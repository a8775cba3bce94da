"""One page of persons out of 1.87 million, whatever the scope: which way the database walks, and how far it counts."""

from django.db.models import Case, Count, IntegerField, Q, Sum, Value, When

from ledgers.models import DisabledPerson
from ledgers.paging import BY_CHARACTERS, ORDERS, ORDERS_OF_WIDE, PersonPage, order_of
from ledgers.search import Part, latin, parts
from orgs.models import Organisation

# Counting looks at so many rows and no more; beyond, the total reads 至少.
EXAMINED = 30_000
# What lies beyond these in a province is not worth a reader's waiting: its totals read 至少 anyway.
EXAMINED_OF_WIDE = 10_000
# Names that begin so lie together in an index; those that hold it further on lie all over the table, and fewer of
# them cost as much.
EXAMINED_FOUND, EXAMINED_SCATTERED = 5_000, 2_000
# From so many bodies in scope on, a page is found sooner by walking the names than by sorting the scope.
WIDE = 600
SHOWN = (
    "uid", "name", "name_pinyin", "sex", "born_on", "category", "grade", "id_number", "org_path", "moved_away_on",
    "deceased_on", "cancelled_on", "next_review_on", "updated_at", "missing_mandatory", "failed_checks", "state",
)  # fmt: skip


def read_page(user, filterset, params, size: int) -> PersonPage:
    """The page of `params` of the persons `user` sees, narrowed by a bound `filterset`."""
    scoped = DisabledPerson.objects.visible_to(user)
    page = {"scope": scoped, "size": size, "shown": scoped.only(*SHOWN)}
    if not filterset.form.is_valid():
        return PersonPage([], params, total=(0, True), **page)
    typed, narrowing = filterset.typed, filterset.narrowing()
    rows = walked = filterset.rows(scoped)
    orders, examined, narrowed = ORDERS, EXAMINED, narrowing
    if is_wide(user, filterset.area_path):
        examined = EXAMINED_OF_WIDE
        orders = ORDERS_OF_WIDE if not typed or latin(typed) else ORDERS_OF_WIDE | {"name": BY_CHARACTERS}
        if order_of(params, orders)[0].columns[0] != "org_path":
            walked = filterset.rows_walked(DisabledPerson.objects.walked_by_name())
            narrowed = filterset.narrowing_of_walk()
    found = parts(walked, typed)
    if typed:
        most = [EXAMINED_FOUND, *[EXAMINED_SCATTERED] * len(found)]
        total = count([(*_countable(part, rows), each) for part, each in zip(found, most, strict=False)], narrowing)
    else:
        total = count([(rows, Q(), examined)], narrowing)
    # Nothing met so far and more to look at says nothing worth reading.
    total = None if total == (0, False) else total
    found = [part.rows.filter(narrowed) for part in found]
    return PersonPage(found, params, total=total, orders=orders, **page)


def is_wide(user, area_path: str) -> bool:
    bodies = Organisation.objects.visible_to(user, DisabledPerson.view_permission)
    bodies = bodies.under(area_path) if area_path else bodies
    return bodies.order_by().values("pk")[: WIDE + 1].count() > WIDE


def _countable(part: Part, scoped) -> tuple:
    """(rows to look at, what to count among them) of a part."""
    return (part.rows, Q()) if part.condition is None else (scoped, part.condition)


def count(found: list[tuple], narrowing: Q) -> tuple[int, bool]:
    """(how many rows meet `narrowing`, whether that is all of them) of (rows, condition, how many of them to read)."""
    number, complete = 0, True
    for rows, condition, most in found:
        wanted = narrowing & condition
        meets = Case(When(wanted, then=1), default=0, output_field=IntegerField()) if wanted else Value(1)
        flags = rows.order_by().annotate(meets=meets).values("meets")[: most + 1]
        counted = flags.aggregate(read=Count("meets"), number=Sum("meets"))
        number += counted["number"] or 0
        complete = complete and counted["read"] <= most
    return number, complete
