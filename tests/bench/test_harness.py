"""The bench program itself, at a thousandth of its size."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from assessments.standards import POLICIES, parse, read_standard
from bench import __main__ as program
from bench import databases
from bench.assess import STANDARDS
from bench.assess_default import AGGREGATES
from bench.harness import BENCHES, Bench, Context, Figure, isolated, run_benches

ROOT = Path(__file__).resolve().parent.parent.parent
KEYS = {
    "name", "engine", "rows", "seconds", "peak_mb", "floor_seconds", "default_seconds", "ratio_floor",
    "ratio_default", "goal", "met", "wall_seconds",
}  # fmt: skip


def bench(*arguments):
    environment = {name: value for name, value in os.environ.items() if name != "BENCH_DATABASE_URL"}
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)


def test_a_bench_prints_one_json_line_a_figure_and_nothing_else():
    lines = bench("name_search", "--engine", "sqlite", "--scale", "0.001").stdout.splitlines()
    figures = [json.loads(line) for line in lines]
    assert len(figures) >= 5
    for figure in figures:
        assert set(figure) >= KEYS
        assert figure["engine"] == "sqlite" and figure["rows"] == 1870 and figure["equal"]


def test_the_default_of_an_assessment_says_of_every_item_what_the_product_says():
    figure = json.loads(bench("assess_province", "--engine", "sqlite", "--scale", "0.001").stdout)
    # One township of 29 items and 18 villages of 22; a difference would have ended the bench.
    assert figure["rows"] == 19 and figure["equal_items"] == 29 + 18 * 22
    assert figure["default_rows"] == figure["equal_items"] + 19


@pytest.fixture(scope="module")
def rosters_and_subsidies():
    """Two benches that fill databases of their own, in one run."""
    return bench("roster_import", "subsidy_batch", "--engine", "sqlite", "--scale", "0.002")


@pytest.mark.timeout(900)
def test_the_loop_of_saves_pays_every_member_what_the_subsidy_batch_pays(rosters_and_subsidies):
    whole, computing = map(json.loads, rosters_and_subsidies.stdout.splitlines()[1:])
    assert whole["state"] == "approved" and whole["problems"] == 0
    assert whole["lines"] == computing["equal_lines"] == computing["default_rows"] > 30
    assert computing["floor_rows"] > whole["lines"] + whole["months"]


@pytest.mark.timeout(900)
def test_each_bench_that_fills_its_own_database_finds_it_empty_and_a_missed_goal_fails_the_run(rosters_and_subsidies):
    lines = [json.loads(line) for line in rosters_and_subsidies.stdout.splitlines()]
    assert [line["name"] for line in lines] == ["roster_import", "subsidy_batch", "subsidy_batch computing"]
    assert not any("failure" in line for line in lines)
    # So few rows cost more than the floor allows.
    assert not lines[0]["met"] and "Goal missed: roster_import on sqlite" in rosters_and_subsidies.stderr
    assert rosters_and_subsidies.returncode == 1


def test_the_default_has_an_aggregate_for_every_metric_of_the_measured_standards():
    for code in STANDARDS:
        definition = parse(read_standard((POLICIES / f"{code}.toml").read_text(encoding="utf-8")))
        assert [name for name in definition.metrics if name not in AGGREGATES] == []


def test_an_unknown_bench_is_refused_by_name():
    answer = bench("nonsense")
    assert answer.returncode == 2 and "nonsense" in answer.stderr


@pytest.mark.parametrize("engine", [("--engine", "postgresql"), ()])
def test_postgresql_without_an_address_says_what_to_set(engine):
    answer = bench("name_search", *engine)
    assert answer.returncode == 2 and "BENCH_DATABASE_URL" in answer.stderr and not answer.stdout


def test_a_bench_that_fails_has_a_line_that_says_so_and_the_next_is_measured(monkeypatch, capsys):
    def run(context):
        yield Figure("first", context.engine, 1, 1.0, "", True)
        raise ZeroDivisionError("by nought")

    benches = {
        "broken": SimpleNamespace(run=run),
        "sound": SimpleNamespace(run=lambda context: [Figure("sound", context.engine, 1, 1.0, "", True)]),
    }
    for name, module in benches.items():
        monkeypatch.setitem(sys.modules, f"bench_{name}", module)
        monkeypatch.setitem(BENCHES, name, Bench(name, f"bench_{name}", "files"))
    assert not run_benches(["broken", "sound"], Context("sqlite"))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["name"] for line in lines] == ["first", "broken", "sound"]
    assert lines[1]["failure"] == "ZeroDivisionError: by nought" and not lines[1]["met"]


def test_a_process_that_is_killed_leaves_a_line_for_each_bench_it_did_not_come_to(monkeypatch, capsys):
    figure = {"name": "subsidy_batch computing", "engine": "sqlite", "met": True}
    given = SimpleNamespace(keep=False, scale=1.0)
    monkeypatch.setattr(program, "run_group", lambda *arguments: ([dict(figure)], -9))
    lines, good = program.measure_group("sqlite", "members", ["subsidy_batch", "hostile_files"], given)
    assert not good and [line["name"] for line in lines] == ["subsidy_batch computing", "hostile_files"]
    assert "-9" in json.loads(capsys.readouterr().out)["failure"]
    # Also where it was killed after its last line.
    assert not program.measure_group("sqlite", "members", ["subsidy_batch"], given)[1]


def test_a_database_that_is_not_the_benchs_own_is_never_touched(monkeypatch):
    monkeypatch.setenv("BENCH_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/federation")
    with pytest.raises(databases.NoDatabase, match="drops it"):
        databases.postgresql_url("province")


def test_every_bench_has_a_module():
    for each in BENCHES.values():
        assert (ROOT / f"{each.module.replace('.', '/')}.py").is_file(), each.name


def test_ratios_are_product_to_floor_and_default_to_product():
    figure = Figure("x", "sqlite", 1, 2.0, "", True, floor_seconds=1.0, default_seconds=60.0)
    assert (figure.ratio_floor, figure.ratio_default) == (2.0, 30.0)


@pytest.mark.django_db(transaction=True)
def test_peak_memory_is_that_of_the_measured_call_alone():
    small, large = isolated(lambda: 1), isolated(lambda: len(bytearray(80_000_000)))
    assert (small.result, large.result) == (1, 80_000_000)
    assert 60 < large.peak_mb - small.peak_mb < 160


@pytest.mark.django_db(transaction=True)
def test_a_failure_in_the_measured_process_is_not_swallowed():
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        isolated(lambda: 1 / 0)
