"""An empty database gets its tables by the migrations that replace earlier ones: they must be the same tables."""

import pytest
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader

OWN = ("accounts", "assessments", "committees", "ledgers", "orgs", "shared")


@pytest.fixture(scope="module")
def loader():
    loader = MigrationLoader(None, load=False)
    loader.replace_migrations = False
    loader.build_graph()
    return loader


@pytest.fixture(scope="module")
def pairs(loader) -> dict[tuple, list[tuple]]:
    """{a migration that replaces others: those}."""
    return {key: each.replaces for key, each in loader.disk_migrations.items() if each.replaces and key[0] in OWN}


def difference(loader, before, after) -> dict:
    """What `makemigrations` would write to get from one state to the other."""
    return MigrationAutodetector(loader.project_state(before), loader.project_state(after)).changes(loader.graph)


def test_every_replaced_migration_is_there_and_is_replaced_once(loader, pairs):
    replaced = [name for names in pairs.values() for name in names]
    assert len(replaced) == len(set(replaced)) > 40
    assert set(replaced) <= set(loader.disk_migrations)


def test_what_replaces_leaves_the_models_that_the_replaced_ones_leave(loader, pairs):
    last = [names[-1] for names in pairs.values()]
    assert difference(loader, last, list(pairs)) == {}
    assert difference(loader, list(pairs), last) == {}


def test_the_comparison_sees_a_change_that_was_left_out(loader, pairs):
    one_short = [names[-2] if key[0] == "ledgers" else names[-1] for key, names in pairs.items()]
    assert difference(loader, one_short, list(pairs)).keys() == {"ledgers"}
