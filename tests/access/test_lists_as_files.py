"""Every list of the product leaves as a file, or says why not; the file holds what its page shows, and no more."""

import inspect
import re

import pytest
from django.db import models
from django.http import QueryDict
from django.urls import reverse

from committees.models import Appointment
from federation.shared.export_kinds import Sensitivity, all_kinds, export_kind
from federation.shared.exports import areas_of
from federation.shared.field_register import PERSONAL, SENSITIVE, entries
from federation.shared.list_exports import ListExport, shown_of
from federation.shared.money import MoneyField
from federation.shared.views import ScopedListView, ScopedView
from tests.access.rows import DAY
from tests.access.urls import PAGES

# Address → why the list on it is not offered as a file.
STAY = {
    "draft-list": "what one has typed and not handed in; nobody else's business, and no fact yet",
    "saved-filter-list": "one's own kept conditions",
    "export-list": "one's own downloads",
    "export-waiting": "requests that wait for an answer; what became of them stands in the audit log",
    "job-list": "work in the background; what it did stands in the list it did it for, and in the audit log",
    "duplicate-list": "pairs that somebody has to look at one by one; the files themselves leave with the persons",
    "in-charge-detail": "the persons list leaves with the condition of who is in charge",
    "summary-people": "the persons list leaves with the same conditions; the summary leaves as its paper",
    "run-matrix": "leaves in the layout of its table by run-export",
    "run-league": "leaves in the layout of its table by run-export",
    "run-compare": "two runs beside each other; each leaves by run-export",
    "subsidy-batch-payments": "what the bank was asked for and said: its sheets, which belong to the batch",
    "subsidy-batch-detail": "who is paid what in one batch: its payment table, which belongs to the batch",
    "training-detail": "who is on the list of one session: its sheet to sign",
    "training-coverage": "rates of bodies; the people behind them leave with the list of who has to be trained",
    "account-detail": "the roles of one account",
    "role-table": "what roles may do, the same for everybody and everywhere",
    "style-book": "shows components with invented rows",
    "roster-transfers": "people of an import who are on file elsewhere; asked for, they leave with the transfers",
    "roster-detail": "rows of a file that was just sent; those that are wrong leave as its error workbook",
}
LISTS = [page for page in PAGES if getattr(page.view, "view_class", None)]
pytestmark = pytest.mark.django_db
CHINESE = re.compile("[\u4e00-\u9fff]")


def is_list(view_class) -> bool:
    """Whether a page shows rows: a list view, or one that draws a table or turns pages by itself."""
    if issubclass(view_class, ScopedListView):
        return True
    own = [
        each for each in view_class.__mro__ if issubclass(each, ScopedView) and each.__module__ != ScopedView.__module__
    ]
    return any(re.search(r"\b(Table|Page|read_groups|read_page|page_of)\(", inspect.getsource(each)) for each in own)


def declared() -> dict[str, tuple[type, ListExport]]:
    """Name of an export → its page's view and the declaration."""
    return {
        export.name: (page.view.view_class, export)
        for page in LISTS
        for export in getattr(page.view.view_class, "exports", ())
        if isinstance(export, ListExport)
    }


def test_every_list_leaves_as_a_file_or_says_why_not():
    silent = {
        page.name
        for page in LISTS
        if is_list(page.view.view_class) and not getattr(page.view.view_class, "exports", ())
    }
    assert silent - set(STAY) == set(), "declare `exports` on the list (docs/adding.md), or give a reason in STAY"
    assert {name for name in STAY if name not in {page.name for page in PAGES}} == set(), "no such address"
    told = {page.name for page in LISTS if getattr(page.view.view_class, "exports", ())}
    assert told & set(STAY) == set(), "leaves as a file after all"


@pytest.mark.parametrize("name", sorted(declared()))
def test_a_list_names_its_own_page_and_chinese_headings(name):
    view_class, export = declared()[name]
    (page,) = [each for each in LISTS if each.name == export.page]
    assert page.view.view_class is view_class
    headings = [column.heading for column in export_kind(name).columns()]
    assert len(headings) == len(set(headings)) > 1
    assert all(CHINESE.search(heading) for heading in headings), headings


@pytest.mark.parametrize("name", sorted(declared()))
def test_a_list_with_somebodys_data_is_not_open(name):
    """What the register calls personal makes a list OFFICE at least, and what it calls sensitive PERSONAL."""
    view_class, export = declared()[name]
    classes = {(entry.model, entry.field.name): entry.classification for entry in entries()}
    held = {classes.get((shown.field.model, shown.field.name)) for shown in shown_of(view_class, export) if shown.field}
    if SENSITIVE in held:
        assert export.sensitivity is Sensitivity.PERSONAL
    if PERSONAL in held:
        assert export.sensitivity is not Sensitivity.OPEN


def test_amounts_leave_with_their_cents_and_days_as_days():
    kinds = {
        models.DecimalField: "money",
        MoneyField: "money",
        models.DateTimeField: "moment",
        models.DateField: "date",
    }
    found = set()
    for view_class, export in declared().values():
        for shown in shown_of(view_class, export):
            of = next((each for each in kinds if type(shown.field) is each), None)
            found.add(of)
            assert of is None or shown.kind == kinds[of], (export.name, shown.heading)
    assert set(kinds) - {models.DecimalField} <= found


def rows_on_page(client, page: str) -> list:
    """All rows that the page shows, page by page."""
    address, found = reverse(page), []
    while address:
        context = client.get(address).context
        found += [row["object"] for row in context["table"].rows]
        more = context.get("page")
        address = f"{reverse(page)}{more.next_url}" if more and more.next_url else ""
    return found


def key_of(row):
    if isinstance(row, dict):
        return row["member_in_charge"]
    vacancy = getattr(row, "vacancy", None)
    return (vacancy.organisation.pk, vacancy.post) if vacancy else row.pk


def furnish(grid):
    """Persons who live in a household, are looked after and wait for approval, members whose contract is over: some
    lists are about these alone."""
    for place in grid.places.values():
        person, household, worker = (place.rows.get(name) for name in ("disabledperson", "household", "worker"))
        if person and household and worker:
            values = {"household": household, "member_in_charge": worker, "state": "submitted"}
            type(person).objects.filter(pk=person.pk).update(**values)
        # Long over, so that everybody is to be warned of.
        Appointment.objects.filter(organisation=place.organisation).update(contract_to=DAY)


# Rows that the list of the page narrows at first sight and a roster narrows further.
OTHER_ROWS = {"organisation-roster"}


@pytest.mark.parametrize("name", sorted(set(declared()) - OTHER_ROWS))
def test_a_file_holds_the_rows_of_its_page_for_every_role(grid, name):
    kind, compared = export_kind(name), 0
    furnish(grid)
    for subject in grid.subjects.values():
        if not subject.is_logged_in or not subject.user.has_scope(kind.permission):
            continue
        areas = list(areas_of(kind, subject.user, QueryDict("")))
        may_take = subject.user.has_scope(kind.take_permission)
        assert bool(areas) == may_take, f"{subject.name}: rights and areas disagree"
        if not areas:
            continue
        shown = sorted(map(key_of, rows_on_page(grid.client(subject), kind.list_page)), key=str)
        rows = [kind.rows(subject.user, area, QueryDict("")) for area in areas]
        taken = sorted((key_of(row) for part in rows for row in part), key=str)
        assert taken == shown, subject.name
        assert sum(part.count() for part in rows) == len(taken)
        compared += bool(taken)
    assert compared, "nobody who may take this list out has a row in it: nothing was compared"


@pytest.mark.parametrize("name", sorted(declared()))
def test_no_full_number_and_nobody_elses_text_stands_in_a_masked_file(grid, name):
    kind = export_kind(name)
    furnish(grid)
    for subject in grid.subjects.values():
        if not subject.is_logged_in or not subject.user.has_scope(kind.permission):
            continue
        for area in areas_of(kind, subject.user, QueryDict("")):
            sheet = kind.sheet(kind.rows(subject.user, area, QueryDict("")), kind.columns(), False)
            text = "\n".join(str(cell) for row in sheet.rows for cell in row if cell is not None)
            assert not [number for number in grid.aviary.numbers if number in text]
            for number in {int(each) for each in re.findall("雀([0-9]{5})", text)}:
                owner = grid.aviary.owners[number]
                assert owner is None or grid.may_read(subject, owner), (subject.name, owner.model, number)


def test_the_number_of_queries_does_not_depend_on_the_rows(grid, django_assert_max_num_queries):
    """Blocks of hundreds are prepared at once: a few queries a file."""
    for name in declared():
        kind = export_kind(name)
        for subject in (grid.subjects["leader"], grid.subjects["administrator"], grid.subjects["auditor"]):
            user = subject.user
            areas = list(areas_of(kind, user, QueryDict(""))) if user.has_scope(kind.permission) else []
            for area in areas:
                with django_assert_max_num_queries(25):
                    list(kind.sheet(kind.rows(user, area, QueryDict("")), kind.columns(), False).rows)


def test_kinds_that_are_declared_elsewhere_stand_on_their_list():
    named = {
        export for page in LISTS for export in getattr(page.view.view_class, "exports", ()) if isinstance(export, str)
    }
    assert named | set(declared()) == set(all_kinds())
