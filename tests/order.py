"""Which tests run where and when.

`pure` marks by itself every test that asks for no database: the suite runs it on one engine only, since the other
could not change its answer. pytest-django refuses such a test the database (tests/project/test_pure.py sees it do so).
Files that take long begin first: two processes share the suite file by file, and one long file begun last would
leave the other process idle.
"""

import pytest

DATABASE = {"db", "transactional_db", "live_server"}
# Few tests and much work, beside those that drive a browser: by measured time, see --durations.
LONG = (
    "tests/access/test_matrix.py",
    "tests/committees/test_subsidy_oracle.py",
    "tests/access/test_query_counts.py",
    "tests/access/test_interference.py",
    "tests/access/test_fuzz.py",
    "tests/assessments/test_oracle.py",
    "tests/api/test_schema.py",
    "tests/demo/test_demo.py",
    "tests/audit/test_backup.py",
    "tests/jobs/test_startup.py",
    "tests/audit/test_actions.py",
    "tests/committees/test_subsidies_at_once.py",
    "tests/assessments/test_moves_during_runs.py",
    "tests/committees/test_bank_at_once.py",
)


def is_pure(item) -> bool:
    # A test that is skipped on one engine must be asked on both.
    asks = {mark.name for mark in item.iter_markers()} & {"django_db", "kill", "skipif"}
    return not asks and not DATABASE & set(item.fixturenames)


def file_of(item) -> str:
    return item.nodeid.partition("::")[0]


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item):
    if is_pure(item):
        item.add_marker("pure")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    tests: dict[str, int] = {}
    for item in items:
        tests[file_of(item)] = tests.get(file_of(item), 0) + 1

    def weight(item):
        file = file_of(item)
        long = LONG.index(file) if file in LONG else len(LONG)
        return (item.get_closest_marker("browser") is None, long, -tests[file], file)

    items.sort(key=weight)
