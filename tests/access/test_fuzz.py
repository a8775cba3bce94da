"""Parameters made up by a machine: foreign ids, paths and numbers in the query and body of every page.

Whatever is sent, no answer is a server error and none shows a row outside the sender's scope.
"""

import os
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation.shared.permissions import MACHINE, PUBLIC
from tests.access.conftest import FULL, count
from tests.access.test_matrix import BY_NAME, Cell, leaks, send

# The full mode sends some thousand requests a test.
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(3600 if FULL else 300)]

# 18 requests an example: about 1,000, and 20,000 for a night or before a release.
EXAMPLES = int(os.environ.get("ACCESS_FUZZ_EXAMPLES", "1120" if FULL else "60"))
LISTS = sorted(
    name for name, page in BY_NAME.items() if not page.arguments and page.permission not in (PUBLIC, MACHINE)
)
ROWS = sorted(name for name, page in BY_NAME.items() if page.arguments and page.permission not in (PUBLIC, MACHINE))
WHO = ["clerk", "director", "member", "officer", "viewer", "administrator", "auditor", "leader"]
NAMES = [
    "q",
    "import",
    "heading",
    "word",
    "row",
    "show",
    "number",
    "area",
    "organisation",
    "parent",
    "township",
    "county",
    "body",
    "village",
    "run",
    "with",
    "sort",
    "after",
    "before",
    "page",
    "kind",
    "role",
    "category",
    "year",
    "state",
    "next",
    "format",
    "ids",
    "pk",
    "id",
    "user",
    "worker",
    "upper_party",
    "member_in_charge",
    "item",
    "export",
    "_method",
]


def values(grid):
    foreign = grid.places["other_village"]
    ids = [str(getattr(row, "pk", row)) for row in foreign.rows.values() if hasattr(row, "pk")]
    texts = [
        foreign.organisation.path,
        foreign.organisation.code,
        foreign.organisation.name,
        foreign.disabledperson.name,
        str(foreign.disabledperson.uid),
        foreign.disabledperson.id_number.open_plain(),
        foreign.worker.name,
        foreign.user.username,
        "-name",
        "created_by__password",
        "organisation__path",
        "１２３",
        "²",
        "٣",
        "9" * 40,
        "-1",
        "0",
        "NaN",
        "1e400",
        "true",
        "\x00",
        "%",
        "' OR 1=1 --",
        "W1wibmFtZVwiLCBcIlwiLCAxXQ",
        "eyJhIjoxfQ",
        "../../etc/passwd",
        "<script>",
        "雀",
        "𠮷",
        "2026-02-30",
        "",
    ]
    return st.sampled_from(ids + texts)


@pytest.fixture
def clients(grid):
    return {name: grid.client(grid.subjects[name]) for name in WHO}


class Made(Cell):
    """A cell with parameters of its own."""

    def __init__(self, *args, parameters, to_query):
        super().__init__(*args)
        self.parameters, self.to_query = parameters, to_query

    def __str__(self):
        return f"{super().__str__()} with {self.parameters}"


def ask(grid, clients, name, who, parameters, method, relation="foreign"):
    subject = grid.subjects[who]
    place = grid.relations(subject).get(relation) if BY_NAME[name].arguments else None
    cell = Made(grid, subject, BY_NAME[name], method, relation, place, parameters=parameters, to_query=method == "get")
    answer, body, written = send(clients[who], cell, parameters)
    count("fuzzed requests")
    assert answer.status_code < 500 or name == "readyz", f"{cell}: {answer.status_code}"
    assert not written.foreign, f"{cell}: changed {written.foreign}"
    assert not leaks(grid, cell, answer, without_echo(answer, body, parameters))


def without_echo(answer, body: bytes, parameters) -> bytes:
    """The body and headers without what the sender wrote: reading one's own words back tells nothing."""
    for value in sorted(filter(None, parameters.values()), key=len, reverse=True):
        for form in {value, quote(value), quote_plus(value), quote(quote(value)), value.strip()}:
            body = body.replace(form.encode(), b"")
            for name, header in list(answer.headers.items()):
                answer.headers[name] = header.replace(form, "")
    return body


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("half", [0, 1])
def test_made_up_parameters_of_lists_and_forms_show_nothing_foreign(grid, clients, method, half):
    names = LISTS[half::2]

    @settings(max_examples=EXAMPLES * 3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(
        name=st.sampled_from(names),
        who=st.sampled_from(WHO),
        parameters=st.dictionaries(st.sampled_from(NAMES), values(grid), max_size=4),
    )
    def run(name, who, parameters):
        ask(grid, clients, name, who, parameters, method)

    run()


@pytest.mark.parametrize("method", ["get", "post"])
def test_made_up_parameters_of_rows_show_nothing_foreign(grid, clients, method):
    @settings(max_examples=EXAMPLES * 3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(
        name=st.sampled_from(ROWS),
        who=st.sampled_from(WHO),
        relation=st.sampled_from(["own", "foreign", "missing"]),
        parameters=st.dictionaries(st.sampled_from(NAMES), values(grid), max_size=4),
    )
    def run(name, who, relation, parameters):
        ask(grid, clients, name, who, parameters, method, relation)

    run()


def test_sorting_by_a_hidden_column_is_not_possible(grid, clients):
    """`sort` takes the names a list declares; a column of another table would tell its order."""
    for name in LISTS:
        for hidden in ("created_by__password", "organisation__path", "id_number_index", "-user__last_login"):
            ask(grid, clients, name, "clerk", {"sort": hidden}, "get")


@pytest.mark.parametrize("value", ["²", "٣", "９", "9" * 5000, "-1", "1.5", "0x1"], ids=lambda value: value[:4])
def test_what_is_no_number_where_one_belongs_is_no_error_of_the_server(grid, clients, value):
    """`isdigit` holds for more than `int` reads, and for digits without end."""
    for name in LISTS + ROWS:
        for who in ("clerk", "administrator"):
            ask(grid, clients, name, who, dict.fromkeys(NAMES, value), "get", "own")
