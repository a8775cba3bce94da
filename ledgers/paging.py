"""Pages of persons in any order the list offers, by keyset: page 4,000 costs what page 1 does.

A cursor in the address names the row at the edge of the page by its `uid`, never by what it is sorted by: names
and birth dates stay out of addresses. Where that row no longer is in scope, the first page is shown.
"""

import uuid
from dataclasses import dataclass

from django.db.models import Q


@dataclass(frozen=True)
class Order:
    """Columns compared in turn, all in one direction; the last one is different for every row."""

    columns: tuple[str, ...]
    # The order that reads as ascending runs downwards in the columns: the youngest were born last.
    falls: bool = False
    # The first column may be empty; such rows come last, whichever way one sorts.
    may_be_empty: bool = False


ORDERS = {
    "name": Order(("name_pinyin", "name", "id")),
    "age": Order(("born_on", "id"), falls=True, may_be_empty=True),
    "category": Order(("category", "grade", "name_pinyin", "id")),
    "grade": Order(("grade", "category", "name_pinyin", "id")),
    "village": Order(("org_path", "name_pinyin", "id")),
    "review": Order(("next_review_on", "id"), may_be_empty=True),
    "changed": Order(("updated_at", "id")),
}


# What an index leads to in a province; the others would sort 1.87 million people for a page.
ORDERS_OF_WIDE = {name: ORDERS[name] for name in ("name", "village", "changed")}
# People found by characters of their names lie together in the index of names, not in that of pinyin.
BY_CHARACTERS = Order(("name", "id"))


def order_of(params, orders: dict[str, Order]) -> tuple[Order, str]:
    """The order an address asks for, and its word with the sign; that of names where it is not offered."""
    wanted = params.get("sort", "")
    sort = wanted if wanted.removeprefix("-") in orders else "name"
    return orders[sort.removeprefix("-")], sort


def beyond(columns, values, descending: bool) -> Q:
    """Rows that come after one with these values of `columns`."""
    word = "lt" if descending else "gt"
    # The redundant first condition lets an index on the first column start at the row.
    after, same = Q(), Q()
    for column, value in zip(columns, values, strict=True):
        after |= same & Q(**{f"{column}__{word}": value})
        same &= Q(**{column: value})
    return Q(**{f"{columns[0]}__{word}e": values[0]}) & after if len(columns) > 1 else after


class Stretch:
    """A run of rows of one order: those with a first column, or those without."""

    def __init__(self, condition: Q, columns: tuple[str, ...]):
        self.condition, self.columns = condition, columns


def stretches(order: Order) -> list[Stretch]:
    if not order.may_be_empty:
        return [Stretch(Q(), order.columns)]
    empty = Q(**{f"{order.columns[0]}__isnull": True})
    return [Stretch(~empty, order.columns), Stretch(empty, order.columns[1:])]


class PersonPage:
    """What templates and `shared.tables.Table` read of a page: rows, total, addresses of its neighbours.

    `parts` are querysets that share no row; each is read in its own best way, and merged. `scope` finds the row
    of the cursor. `counted` gives (number, whether that is all), or None for a number not worth reading; it is asked
    only where the page itself does not tell.
    """

    def __init__(self, parts, params, *, scope, size: int, counted, shown, orders=ORDERS):
        self.size, self.params, self.scope, self.counted = size, params, scope, counted
        self.ordering = tuple(orders)
        self.order, self.sort = order_of(params, orders)
        self.rows = self._read(parts, shown)

    def _read(self, parts, shown) -> list:
        cursor, backwards = self._cursor("after"), False
        if cursor is None:
            cursor = self._cursor("before")
            backwards = cursor is not None
        descending = (self.sort.startswith("-") != self.order.falls) != backwards
        keys = self._keys(parts, cursor, descending, backwards)
        more = len(keys) > self.size
        keys = keys[: self.size]
        if backwards:
            keys.reverse()
        found = shown.in_bulk([key[-1] for key in keys])
        rows = [found[key[-1]] for key in keys if key[-1] in found]
        self.total, self.whole = self._total(len(rows), all_here=cursor is None and not more)
        has_next = more or backwards
        has_previous = more if backwards else cursor is not None
        self.next_url = self._url("after", rows[-1]) if rows and has_next else ""
        self.previous_url = self._url("before", rows[0]) if rows and has_previous else ""
        return rows

    def _total(self, shown: int, *, all_here: bool) -> tuple[int | None, bool]:
        if all_here:
            return shown, True
        number, whole = self.counted() or (None, True)
        # What was counted lies elsewhere than what was found by its order.
        return (number, whole) if number is None or whole else (max(number, shown), False)

    def _keys(self, parts, cursor, descending, backwards) -> list[tuple]:
        """The values of the order's columns of one page and one row more; the rows themselves are fetched later,
        so that an index that holds these columns answers alone.
        """
        runs = stretches(self.order)
        start = 0
        if cursor is not None and self.order.may_be_empty and cursor[self.order.columns[0]] is None:
            start = 1
        if backwards:
            runs, start = runs[::-1], len(runs) - 1 - start
        keys = []
        for number, run in enumerate(runs[start:]):
            condition = run.condition
            if number == 0 and cursor is not None:
                condition &= beyond(run.columns, [cursor[name] for name in run.columns], descending)
            names = [f"-{name}" if descending else name for name in run.columns]
            wanted = self.size + 1 - len(keys)
            found = [
                key
                for part in parts
                for key in part.filter(condition).order_by(*names).values_list(*run.columns)[:wanted]
            ]
            if len(parts) > 1:
                found.sort(reverse=descending)
            keys += found[:wanted]
            if len(keys) > self.size:
                break
        return keys

    def _cursor(self, word: str) -> dict | None:
        try:
            uid = uuid.UUID(self.params.get(word, ""))
        except ValueError:
            return None
        return self.scope.filter(uid=uid).values(*self.order.columns).first()

    def _url(self, word, row) -> str:
        params = self.params.copy()
        for name in ("after", "before"):
            params.pop(name, None)
        params[word] = str(row.uid)
        return "?" + params.urlencode()

    @property
    def summary(self) -> str:
        if self.total is None:
            return f"本页 {len(self.rows)} 条"
        word = "共" if self.whole else "至少"
        return f"{word} {self.total:,} 条，本页 {len(self.rows)} 条"
