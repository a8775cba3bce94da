"""One page of persons out of 1.87 million, whatever the scope: which way the database walks, and how far it counts."""

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, IntegerField, Q, Value, When

from ledgers.models import DisabledPerson
from ledgers.paging import BY_CHARACTERS, ORDERS, ORDERS_OF_WIDE, PersonPage, order_of
from ledgers.search import Part, Reach, latin, parts
from orgs.models import Organisation

# So many are counted and no more; beyond, the total reads 至少.
EXAMINED = 30_000
# In a province as many are looked at, whether or not they are what is asked for: more is not worth a reader's waiting.
EXAMINED_OF_WIDE = 10_000
# Names that begin so lie together in an index; those that hold it further on lie all over the table, and fewer of
# them cost as much.
EXAMINED_FOUND, EXAMINED_SCATTERED = 5_000, 2_000
# From so many bodies in scope on, a page is found sooner by walking the names than by sorting the scope.
WIDE = 600
# Up to so many, looking at every name in scope finds sooner who is looked for than the index of all names does; for
# one character, of which that index holds ten thousands, within every scope that is not wide.
NEAR = 60
SHOWN = (
    "uid", "name", "name_pinyin", "sex", "born_on", "category", "grade", "id_number", "org_path", "moved_away_on",
    "deceased_on", "cancelled_on", "next_review_on", "updated_at", "missing_mandatory", "failed_checks", "state",
)  # fmt: skip


def read_page(user, filterset, params, size: int) -> PersonPage:
    """The page of `params` of the persons `user` sees, narrowed by a bound `filterset`."""
    scoped = DisabledPerson.objects.visible_to(user)
    page = {"scope": scoped, "size": size, "shown": scoped.only(*SHOWN)}
    if not filterset.form.is_valid():
        return PersonPage([], params, counted=lambda: (0, True), **page)
    typed, narrowing = filterset.typed, filterset.narrowing()
    rows = walked = filterset.rows(scoped)
    orders, examined, narrowed = ORDERS, EXAMINED, narrowing
    bodies = bodies_in_scope(user, filterset.area_path)
    if bodies > WIDE:
        examined = EXAMINED_OF_WIDE
        orders = ORDERS_OF_WIDE if not typed or latin(typed) else ORDERS_OF_WIDE | {"name": BY_CHARACTERS}
        if order_of(params, orders)[0].columns[0] != "org_path":
            walked = filterset.rows_walked(DisabledPerson.objects.walked_by_name())
            narrowed = filterset.narrowing_of_walk()
    reach = Reach.EVERYWHERE if bodies > WIDE else Reach.AROUND if bodies > NEAR else Reach.NEAR
    found = parts(walked, typed, reach)
    if typed:
        most = [EXAMINED_FOUND, *[EXAMINED_SCATTERED] * len(found)]
        looked_at = [_countable(part, rows, each, examined) for part, each in zip(found, most, strict=False)]
    elif reach is Reach.EVERYWHERE:
        looked_at = [(rows, Q(), examined)]
    else:
        # Near enough to look at everybody: who is left out by what an index holds costs no look at the row itself.
        looked_at, narrowing = [(filterset.rows_near(scoped), Q(), examined)], Q()
    found = [part.rows.filter(narrowed) for part in found]
    return PersonPage(found, params, counted=lambda: worth_reading(count(looked_at, narrowing)), orders=orders, **page)


def worth_reading(total: tuple[int, bool]) -> tuple[int, bool] | None:
    """Nothing met so far and more to look at says nothing."""
    return None if total == (0, False) else total


def bodies_in_scope(user, area_path: str) -> int:
    """How many bodies the list is about; beyond WIDE it is not counted further."""
    bodies = Organisation.objects.visible_to(user, DisabledPerson.view_permission)
    bodies = bodies.under(area_path) if area_path else bodies
    return bodies.order_by().values("pk")[: WIDE + 1].count()


def _countable(part: Part, scoped, most: int, examined: int) -> tuple:
    """(rows to look at, what to count among them, how many to look at) of a part."""
    return (part.rows, Q(), most) if part.condition is None else (scoped, part.condition, examined)


def count(found: list[tuple], narrowing: Q) -> tuple[int, bool]:
    """(how many rows meet `narrowing`, whether that is all of them) of (rows, condition, how many of them to read),
    in one statement.
    """
    statements, values = [], []
    for rows, condition, most in found:
        wanted = narrowing & condition
        meets = Case(When(wanted, then=1), default=0, output_field=IntegerField()) if wanted else Value(1)
        flags = rows.order_by().annotate(meets=meets).values("meets")[: most + 1]
        try:
            statement, given = flags.query.sql_with_params()
        except EmptyResultSet:
            continue
        statements.append(f"SELECT COUNT(meets), SUM(meets), {most:d} FROM ({statement}) looked_at")  # noqa: S608
        values += given
    if not statements:
        return 0, True
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(statements), values)
        counted = cursor.fetchall()
    return sum(number or 0 for _, number, _ in counted), all(read <= most for read, _, most in counted)
