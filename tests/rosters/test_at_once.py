"""Imports at the same moment on connections of their own: as if one had come after the other, and no row lost."""

import itertools

import pytest
from django.db import connection

from federation.shared.history import VersionConflict, save_versioned
from federation.shared.jobs import run_now
from federation.shared.models import RosterImport
from federation.shared.rosters import course as steps
from federation.shared.rosters import services
from ledgers.models import DisabledPerson
from tests.conftest import build_world
from tests.rosters.people import person, roster_file
from tests.two_connections import all_at_once

State = RosterImport.State

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time; nothing can interleave"),
]


def sent(world, rows) -> RosterImport:
    roster_import = services.receive(
        kind="persons", file_name="名册.xlsx", chunks=[roster_file(rows)], mode=RosterImport.Mode.ALL_OR_NOTHING,
        organisation=world.county, by=world.clerk,
    )  # fmt: skip
    run_now(steps.start_check(roster_import, by=world.clerk, post=False))
    roster_import.refresh_from_db()
    assert roster_import.state == State.CHECKED
    return roster_import


def confirmer(roster_import, by):
    def work():
        steps.begin_confirming(roster_import, by=by, post=False)
        run_now(RosterImport.objects.get(pk=roster_import.pk).job)

    return work


def settle(imports, by):
    """What an importer does whose preview was outdated: looks at the new one and says yes."""
    for _ in range(len(imports)):
        for one in imports:
            one.refresh_from_db()
            if one.state == State.UPLOADED:
                run_now(one.job)
                one.refresh_from_db()
            if one.may_be_confirmed:
                confirmer(one, by)()
                one.refresh_from_db()


@pytest.mark.parametrize("step", [1, -1])
def test_three_imports_at_once_end_as_if_one_after_the_other(settings, tmp_path, step):
    settings.MEDIA_ROOT = tmp_path
    world = build_world()
    confirmer(sent(world, [person(n) for n in range(30)]), world.clerk)()
    # Overlapping changes in opposite orders, and new people whom two of the files share.
    files = [
        [person(n, 现住址="甲") for n in range(25)] + [person(40), person(41)],
        [person(n, 现住址="乙") for n in range(5, 30)][::step] + [person(41), person(42)][::step],
        [person(n, 文化程度="初中") for n in range(10, 20)][::-1] + [person(42), person(40)],
    ]
    imports = [sent(world, rows) for rows in files]
    raised = all_at_once([confirmer(one, world.clerk) for one in imports])
    assert raised == []
    settle(imports, world.clerk)
    for one in imports:
        # Done, or nothing of it was left to do.
        assert one.state == State.DONE or one.correct_count == 0, (one.state, one.refusal)
        assert "程序出错" not in one.refusal
    people = DisabledPerson.objects.all()
    found = {row.id_number.open_plain(): (row.current_address, row.get_education_display()) for row in people}
    assert len(people) == 33
    assert found in [one_after_the_other(order) for order in itertools.permutations(files)]


def one_after_the_other(files) -> dict[str, tuple[str, str]]:
    """Address and schooling by number, had the files been imported in this order."""
    rows = [person(n) for n in range(30)]
    for file in files:
        rows += file
    return {row["身份证号"]: (row["现住址"], row["文化程度"]) for row in rows}


def test_an_import_and_an_edit_at_once_lose_nothing(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    world = build_world()
    confirmer(sent(world, [person(n) for n in range(10)]), world.clerk)()
    roster_import = sent(world, [person(n, 现住址="名册里的地址") for n in range(10)])
    row = DisabledPerson.objects.order_by("pk").first()
    outcome = []

    def edit():
        row.cause = "疾病"
        try:
            save_versioned(row, by=world.clerk)
            outcome.append("saved")
        except VersionConflict:
            outcome.append("conflict page")

    assert all_at_once([confirmer(roster_import, world.clerk), edit]) == []
    settle([roster_import], world.clerk)
    assert roster_import.state == State.DONE
    assert set(DisabledPerson.objects.values_list("current_address", flat=True)) == {"名册里的地址"}
    row.refresh_from_db()
    assert row.cause == ("疾病" if outcome == ["saved"] else "")
