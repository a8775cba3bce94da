"""Scope by range of paths equals scope by following parents, on trees made up by a machine."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation.shared.scope import Scope
from orgs.models import Organisation
from tests.access.conftest import count, rolled_back

pytestmark = pytest.mark.django_db

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def step(number: int) -> str:
    """A segment as treebeard writes it: four digits to the base of 36."""
    text = ""
    for _ in range(Organisation.steplen):
        number, rest = divmod(number, 36)
        text = DIGITS[rest] + text
    return text


@st.composite
def trees(draw):
    """(parent of each node or None, path of each node); numbers of siblings jump, so that widths are tried."""
    size = draw(st.integers(2, 40))
    parents, paths, used = [None], [step(draw(st.integers(1, 1200)))], {}
    for node in range(1, size):
        parent = draw(st.integers(0, node - 1))
        if len(paths[parent]) >= 7 * Organisation.steplen:
            parent = 0
        used[parent] = used.get(parent, 0) + draw(st.sampled_from([1, 1, 1, 9, 26, 35, 1296]))
        parents.append(parent)
        paths.append(paths[parent] + step(used[parent]))
    return parents, paths


def ancestors(parents, node):
    while node is not None:
        yield node
        node = parents[node]


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(tree=trees(), data=st.data())
def test_the_rows_of_scopes_are_those_below_their_bodies(tree, data):
    parents, paths = tree
    anchors = data.draw(st.lists(st.integers(0, len(paths) - 1), max_size=3))
    with rolled_back():
        Organisation.objects.bulk_create(
            Organisation(path=path, depth=len(path) // 4, numchild=0, name=path, level=5, body_kind="federation")
            for path in paths
        )
        seen = set(
            Organisation.objects.in_scopes([Scope(path=paths[each]) for each in anchors]).values_list("path", flat=True)
        )
        expected = {
            paths[node] for node in range(len(paths)) if any(each in anchors for each in ancestors(parents, node))
        }
        assert seen == expected
    count("random trees")
