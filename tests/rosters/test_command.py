import io
import json

import pytest
from django.core.management import CommandError, call_command

from ledgers.models import DisabledPerson
from tests.rosters.people import person, roster_file


@pytest.fixture
def roster_path(tmp_path):
    path = tmp_path / "名册.xlsx"
    path.write_bytes(roster_file([person(0), person(1)]))
    return path


def run(*args, **options):
    out = io.StringIO()
    call_command("import_roster", *args, stdout=out, **options)
    return out.getvalue()


def test_the_command_checks_and_writes_only_when_told_to(world, roster_path):
    told = json.loads(run("persons", str(roster_path), "--as", "clerk", "--json"))
    assert (told["state"], told["new"], told["errors"]) == ("checked", 2, [])
    assert not DisabledPerson.objects.exists()
    told = json.loads(run("persons", str(roster_path), "--as", "clerk", "--json", "--commit"))
    assert told["state"] == "done"
    assert DisabledPerson.objects.count() == 2
    assert "无变化 2" in run("persons", str(roster_path), "--as", "clerk", "--commit")


def test_a_wrong_file_ends_the_command_with_its_errors_and_a_code(world, tmp_path):
    path = tmp_path / "错.xlsx"
    path.write_bytes(roster_file([person(0, 性别="男")]))
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("import_roster", "persons", str(path), "--as", "clerk", "--commit", stdout=out)
    assert ended.value.code == 1
    assert "第 2 行“性别”" in out.getvalue()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["persons", "{path}", "--as", "nobody"], "没有可用的账号"),
        (["animals", "{path}", "--as", "clerk"], "没有“animals”这种名册"),
        (["persons", "{path}", "--as", "viewer"], "没有导入名册的权限"),
        (["persons", "{path}-not-there", "--as", "clerk"], "文件打不开"),
    ],
)
def test_wrong_arguments_are_told_in_a_sentence(world, roster_path, arguments, words):
    with pytest.raises(CommandError, match=words):
        run(*[argument.format(path=roster_path) for argument in arguments])


def test_the_rosters_of_make_rosters_are_taken_whole(world, tmp_path, settings):
    """The bench's own workbooks, for the places of the cast."""
    from bench.make_rosters import make

    divisions = tmp_path / "divisions.csv"
    lines = ["level,code,name,parent_code", "county,620422000000,会宁县,620400000000"]
    for township in (world.township, world.neighbour_township):
        lines.append(f"township,{township.code},{township.short_name},620422000000")
        lines += [
            f"village,{v.code},{v.short_name},{township.code}"
            for v in world.orgs.values()
            if v.path.startswith(township.path) and v != township
        ]
    divisions.write_text("\n".join(lines), encoding="utf-8")
    make(tmp_path, 40, 1, "620422000000", divisions, wrong=True)
    for kind in ("organisations", "members", "persons"):
        told = json.loads(run(kind, str(tmp_path / f"{kind}.xlsx"), "--as", "clerk", "--json", "--commit"))
        assert (told["state"], told["wrong"], told["transfer"]) == ("done", 0, 0), told
        assert told["rows"] == told["new"] + told["changed"]
    noted = json.loads((tmp_path / "wrong.json").read_text(encoding="utf-8"))
    assert noted["persons"]
