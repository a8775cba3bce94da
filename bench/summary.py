"""表一 of a body on a past day: every cell in one pass, compared with what an ORM query a cell costs."""

from datetime import date

from django.db import connection

from bench.harness import Figure, timed
from ledgers.models import DisabledPerson
from ledgers.summaries.counting import figures_below, figures_of, people_of
from ledgers.summaries.definition import CATEGORY, CODES, TOTAL
from orgs.models import BodyKind, Level, Organisation

# Past, so that registrations and ends since then must be looked at.
DAY = date(2025, 6, 15)
# Of the hundred cells, so many are counted one by one; the rest would cost as much.
SAMPLED = 4


def figures(context, name: str, level: Level, seconds: float | None, times: int):
    """One figure; `seconds` is the goal, None where none is set."""
    body = Organisation.objects.filter(level=level, body_kind=BodyKind.FEDERATION).order_by("path").first()
    rows = DisabledPerson.objects.under(body.path)
    whole = timed(lambda: figures_of(rows, DAY), times=times, warm=1)
    length = len(body.path) + Organisation.steplen
    lower = timed(lambda: figures_below(rows, DAY, length, CATEGORY), times=times)
    floor = timed(lambda: bare_count(body.path), times=times, warm=1)
    sample = CODES[1 :: len(CODES) // SAMPLED][:SAMPLED]
    singly = timed(lambda: {code: people_of(rows, DAY, code).count() for code in sample})
    assert singly.result == {code: whole.result[code] for code in sample}
    assert whole.result[TOTAL] == floor.result
    for code in (TOTAL, *CATEGORY.codes):
        assert sum(part[code] for part in lower.result.values()) == whole.result[code]
    yield Figure(
        name=name,
        engine=context.engine,
        rows=whole.result[TOTAL],
        seconds=whole.cpu,
        wall_seconds=whole.wall,
        floor_seconds=floor.cpu,
        default_seconds=singly.cpu / len(sample) * len(CODES),
        goal=f"≤ {seconds} s" if seconds else "no goal",
        met=seconds is None or whole.cpu <= seconds,
        more={
            "day": DAY.isoformat(),
            "cells": len(CODES),
            "default": f"one ORM count a cell, {len(sample)} of {len(CODES)} measured",
            "lower_bodies": len(lower.result),
            "lower_seconds": round(lower.cpu, 4),
        },
    )


def bare_count(path: str) -> int:
    """The floor: who was registered on the day, counted and nothing else."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*) FROM {DisabledPerson._meta.db_table} WHERE org_path >= %s AND org_path < %s "
            "AND registered_on <= %s AND (moved_away_on IS NULL OR moved_away_on > %s) "
            "AND (deceased_on IS NULL OR deceased_on > %s) AND (cancelled_on IS NULL OR cancelled_on > %s)",
            [path, path + "~", *[DAY.isoformat()] * 4],
        )
        return cursor.fetchone()[0]
