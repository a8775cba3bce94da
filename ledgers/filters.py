"""How the list of persons is narrowed: every dictionary of 表二, ages, dates, what is missing or wrong, who left."""

import functools
from datetime import timedelta
from urllib.parse import urlencode

from django.db import connection
from django.db.models import BooleanField, Func, Q
from django.utils import timezone

from federation.shared.fields import subtree
from ledgers import rules
from ledgers.consent import WITHDRAWN, WITHOUT_CONSENT
from ledgers.filter_form import BOOLEANS, DICTIONARIES, REVIEW_DAYS, UNFILLED, PersonFilterForm, PickField
from ledgers.models.persons import COMMON
from ledgers.querysets import STILL_REGISTERED, Unindexed, in_old_home
from ledgers.search import search
from orgs.models import Organisation, Worker

# From the age of the first number up to that of the second, both included.
AGE_BANDS = {
    "0-6": (0, 6),
    "7-14": (7, 14),
    "15-17": (15, 17),
    "18-59": (18, 59),
    "60-": (60, None),
}
STATE_CONDITIONS = {
    "current": STILL_REGISTERED,
    "ended": ~STILL_REGISTERED,
    "moved": Q(moved_away_on__isnull=False),
    "deceased": Q(deceased_on__isnull=False),
    "cancelled": Q(cancelled_on__isnull=False),
    "all": Q(),
}
# With their values written out, as the conditions of the partial indexes are: SQLite does not compare a parameter.
HAS_FAULTS = Q(Func("failed_checks", template="(NOT (%(expressions)s = ''))", output_field=BooleanField()))
LACKS_SOMETHING = Q(Func("missing_mandatory", template="(%(expressions)s > 0)", output_field=BooleanField()))
CONSENT_CONDITIONS = {
    "given": ~WITHOUT_CONSENT,
    "without": WITHOUT_CONSENT,
    "withdrawn": WITHDRAWN,
}
# What somebody looks for by name or number is not kept with the conditions, nor is the place on a page.
PASSING = ("q", "after", "before")


def _uncommon(name: str) -> Q:
    values = ", ".join(f"'{value}'" for value in ("", *COMMON[name]))
    return Q(Func(name, template=f"(NOT (%(expressions)s IN ({values})))", output_field=BooleanField()))


def years_before(day, years: int):
    """The same day `years` earlier; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


class PersonFilter:
    """Reads the filter form. `rows` narrows by area, `narrowing` is what else was chosen, `typed` the search;
    `ledgers.listing` puts them together, `qs` is the same for callers that need no page.
    """

    is_bound = True

    def __init__(self, data=None, queryset=None, *, request):
        data = data.copy() if data is not None else {}
        # Those who left are shown only when asked for.
        if not data.get("state"):
            data["state"] = "current"
        self.data, self.queryset, self.user = data, queryset, request.user
        self.form = PersonFilterForm(data, user=request.user)

    @property
    def qs(self):
        if not self.form.is_valid():
            return self.queryset.none()
        return search(self.rows(self.queryset), self.typed).filter(self.narrowing())

    @property
    def typed(self) -> str:
        return self.form.cleaned_data["q"]

    @functools.cached_property
    def area_path(self) -> str:
        """The path of the chosen body, one of the choices and therefore in scope; "" for all."""
        chosen = self.form.cleaned_data["area"]
        return Organisation.objects.filter(pk=chosen).values_list("path", flat=True)[0] if chosen else ""

    def rows(self, queryset):
        return queryset.under(self.area_path) if self.area_path else queryset

    def rows_near(self, scoped):
        """All of `scoped` that were chosen. SQLite would open every row in scope to see whether one item is missing:
        it is shown who lacks anything at all, which an index knows.
        """
        rows = self.rows(scoped)
        if connection.vendor == "sqlite" and self.form.cleaned_data["missing"]:
            rows = rows.filter(pk__in=rows.order_by().filter(LACKS_SOMETHING).values("pk"))
        return rows.filter(self.narrowing())

    def rows_walked(self, walked):
        """The same of a queryset made by `walked`, whose one use of its path is the scope."""
        rows = walked.visible_to(self.user)
        return rows.filter(subtree(self.area_path, walked.path_field)) if self.area_path else rows

    def narrowing(self) -> Q:
        """Everything chosen but area and search."""
        chosen, condition = self.form.cleaned_data, Q()
        # The databases ask in this order: what turns most people away first, what nearly everybody meets last.
        for name in DICTIONARIES:
            if chosen[name]:
                is_so = Q(**{name: "" if chosen[name] == UNFILLED else chosen[name]})
                # Way in of a walk over a wide scope alone (see `_few`); within a county SQLite is not to take it.
                hidden = name in ("category", "grade")
                condition &= Q(Unindexed(is_so, output_field=BooleanField())) if hidden else is_so
        for name in BOOLEANS:
            if chosen[name]:
                condition &= _is_so(name, chosen[name] == "yes")
        condition &= _of_age(chosen) & _reviewed(chosen) & _quality(chosen) & _described(chosen) & self._helped(chosen)
        return condition & STATE_CONDITIONS[chosen["state"] or "current"]

    def narrowing_of_walk(self) -> Q:
        """`narrowing` for a walk by name. On SQLite only what has an index of its few rows may be a way in, and that
        index is taken where its condition is told; PostgreSQL would take a condition told twice for twice as rare.
        """
        condition = self.narrowing()
        if connection.vendor != "sqlite" or not condition:
            return condition
        each = condition.children if condition.connector == Q.AND and not condition.negated else [condition]
        # One by one: of a sum of conditions SQLite works out every part even where the first says no.
        return self._few() & Q(*(Unindexed(Q(part), output_field=BooleanField()) for part in each))

    def _few(self) -> Q:
        chosen, condition = self.form.cleaned_data, Q()
        if chosen["category"] and chosen["grade"] and UNFILLED not in (chosen["category"], chosen["grade"]):
            condition &= Q(category=chosen["category"], grade=chosen["grade"])
        for name, common in COMMON.items():
            if chosen[name] and chosen[name] not in (UNFILLED, *common):
                condition &= Q(**{name: chosen[name]}) & _uncommon(name)
        if chosen["state"] in ("ended", "moved", "deceased", "cancelled"):
            condition &= ~STILL_REGISTERED
        if chosen["quality"] == "failed" or chosen["failed"]:
            condition &= HAS_FAULTS
        if chosen["quality"] == "missing" or chosen["missing"]:
            condition &= LACKS_SOMETHING
        return condition

    def _helped(self, chosen) -> Q:
        condition = Q()
        if chosen.get("member"):
            workers = Worker.objects.visible_to(self.user).filter(name=chosen["member"].replace(" ", ""))
            condition &= Q(member_in_charge__in=list(workers.values_list("pk", flat=True)))
        if chosen["visited_before"]:
            condition &= Q(last_visited_on__lt=chosen["visited_before"]) | Q(last_visited_on=None)
        return condition

    def chips(self) -> list[dict]:
        """What is chosen, in words, each with the address of the list without it."""
        if not self.form.is_valid():
            return []
        found = []
        for name, field in self.form.fields.items():
            value = self.form.cleaned_data.get(name)
            if value in (None, "") or (name == "state" and value == "current"):
                continue
            word = dict(field.choices).get(value, value) if isinstance(field, PickField) else value
            chip = {"name": name, "label": field.label, "word": str(word).strip("　")}
            found.append(chip | {"url": self.address_without(name)})
        return found

    def address_without(self, name: str) -> str:
        kept = {key: value for key, value in self.given().items() if key != name}
        if self.typed and name != "q":
            kept["q"] = self.typed
        return f"?{urlencode(kept)}"

    def given(self) -> dict[str, str]:
        """The conditions and the sorting as an address holds them; not what was searched for, nor the page."""
        names = [name for name in self.form.fields if name not in PASSING]
        given = {name: str(self.data.get(name) or "").strip() for name in [*names, "sort"]}
        for name, usual in (("state", "current"), ("sort", "name")):
            if given[name] == usual:
                del given[name]
        return {name: value for name, value in given.items() if value}


def describe(given, areas: dict[str, str]) -> str:
    """Kept conditions in words, without drawing a form; `areas` names the bodies that the reader sees."""
    words = []
    for name, field in PersonFilterForm.base_fields.items():
        value = given.get(name, "")
        if value:
            if isinstance(field, PickField):
                choices = areas if name == "area" else dict(field.choices)
                value = choices.get(value, "（已不能用）")
            words.append(f"{field.label}：{value}")
    return "、".join(words) or "按所选的顺序排列"


def _is_so(name: str, wanted: bool) -> Q:
    if name == "is_elderly_disabled_household":
        # What was filled in is one thing, who is sixty today another.
        return in_old_home(timezone.localdate()) if wanted else ~in_old_home(timezone.localdate())
    return Q(**{name: wanted})


def _of_age(chosen) -> Q:
    """Born so that the age of today lies in the band and in the free range."""
    band = AGE_BANDS[chosen["age"]] if chosen["age"] else (None, None)
    today, condition = timezone.localdate(), Q()
    for youngest, oldest in (band, (chosen["age_from"], chosen["age_to"])):
        # From the age of 0 on is everybody, those included whose birth date is not known.
        if youngest or (youngest == 0 and oldest is not None):
            condition &= Q(born_on__lte=years_before(today, youngest))
        if oldest is not None:
            condition &= Q(born_on__gt=years_before(today, oldest + 1))
    return condition


def _reviewed(chosen) -> Q:
    today, condition = timezone.localdate(), Q()
    if chosen["review"] == "overdue":
        condition &= Q(next_review_on__lt=today)
    elif chosen["review"] == "soon":
        condition &= Q(next_review_on__gte=today, next_review_on__lte=today + timedelta(days=REVIEW_DAYS))
    if chosen["review_from"]:
        condition &= Q(next_review_on__gte=chosen["review_from"])
    if chosen["review_to"]:
        condition &= Q(next_review_on__lte=chosen["review_to"])
    return condition


def _quality(chosen) -> Q:
    condition = {
        "": Q(),
        "missing": LACKS_SOMETHING,
        "failed": HAS_FAULTS,
        "complete": Q(missing_mandatory=0, failed_checks=""),
    }[chosen["quality"]]
    if name := chosen["missing"]:
        # A sealed number is empty where its index is; the first condition follows from the second.
        column = {"id_number": "id_number_index", "born_on": "born_on"}.get(name)
        empty = Q(**{f"{column}__isnull": True}) if column else Q(**{name: ""})
        condition &= LACKS_SOMETHING & empty
    if code := chosen["failed"]:
        # Codes are joined by commas, and one may be the beginning of another.
        among = (
            Q(failed_checks=code)
            | Q(failed_checks__startswith=f"{code},")
            | Q(failed_checks__endswith=f",{code}")
            | Q(failed_checks__contains=f",{code},")
        )
        condition &= HAS_FAULTS & among
    return condition


def _described(chosen) -> Q:
    condition = Q(state=chosen["approval"]) if chosen["approval"] else Q()
    if chosen["consent"]:
        condition &= CONSENT_CONDITIONS[chosen["consent"]]
    if chosen["grid"]:
        condition &= Q(grid=chosen["grid"])
    if chosen["part"]:
        condition &= Q(category=rules.MULTIPLE, category_parts__contains=chosen["part"])
    if chosen["rehabilitation"]:
        condition &= Q(rehabilitation__contains=chosen["rehabilitation"])
    return condition
