"""Loading lists of divisions: the tree that comes of it, again and again, and what is refused."""

import csv
import gzip
import random
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from federation.shared.models import AuditEntry
from orgs.division_files import DivisionsRefused, read_divisions, rows_from
from orgs.models import BodyKind, Division, Level, Organisation, PlaceKind
from orgs.services import load_divisions

HUINING = Path("orgs/fixtures/divisions-huining.csv")
HEADINGS = ["level", "code", "name", "parent_code"]
SMALL = [
    ("province", "620000000000", "甘肃省", ""),
    ("city", "620400000000", "白银市", "620000000000"),
    ("county", "620422000000", "会宁县", "620400000000"),
    ("township", "620422100000", "会师镇", "620422000000"),
    ("village", "620422100001", "东山根社区居委会", "620422100000"),
    ("village", "620422100200", "南咀村委会", "620422100000"),
]


def lines(rows):
    return [(number, dict(zip(HEADINGS, row, strict=True))) for number, row in enumerate(rows, start=2)]


def load(rows, **more):
    return load_divisions(rows=rows_from(lines(rows)), by=more.pop("by", None), **more)


def written(path, rows, headings=HEADINGS, encoding="utf-8", opener=open):
    with opener(path, "wt", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([headings, *rows])
    return path


def shape():
    """The tree as (path, depth, children, code, name): equal shapes are equal trees."""
    return list(
        Organisation.objects.order_by("path").values_list("path", "depth", "numchild", "code", "name", "division__code")
    )


def parent_of(code):
    return Organisation.objects.get_parent(Organisation.objects.get(code=code))


def assert_sound():
    assert Organisation.objects.find_problems() == ([], [], [], [], [])


def refused(rows, **more):
    with pytest.raises(DivisionsRefused) as refusal:
        load(rows, **more)
    assert Division.objects.count() == 0
    assert Organisation.objects.count() == 0
    return refusal.value


# --- what is loaded ---------------------------------------------------------------------------------


def test_the_demo_county_becomes_a_sound_tree_of_bodies(db):
    result = load_divisions(rows=read_divisions(HUINING), by=None)
    assert (result.divisions, result.organisations, result.without_body) == (353, 353, 0)
    assert Organisation.objects.filter(level=Level.TOWNSHIP).count() == 28
    assert Organisation.objects.filter(level=Level.VILLAGE, place_kind=PlaceKind.VILLAGE).count() == 284
    assert Organisation.objects.filter(level=Level.VILLAGE, place_kind=PlaceKind.COMMUNITY).count() == 38
    assert_sound()
    town = Organisation.objects.get(code="620422100000")
    assert (town.name, town.short_name) == ("会师镇残疾人联合会", "会师镇")
    assert (town.name_pinyin, town.name_initials) == ("huishizhen", "hsz")
    assert town.body_kind == BodyKind.FEDERATION
    assert parent_of("620422100000").code == "620422000000"
    assert town.division.name == "会师镇"


def test_a_second_load_changes_nothing_and_says_so(db):
    load(SMALL)
    before, entries = shape(), AuditEntry.objects.count()
    result = load(SMALL)
    assert not result.changed
    assert "没有改动" in result.sentences()[0]
    assert shape() == before
    assert AuditEntry.objects.count() == entries


def test_one_audit_entry_stands_for_the_whole_load(db):
    load(SMALL)
    entry = AuditEntry.objects.get(action="divisions.loaded")
    assert entry.details["divisions"] == len(SMALL)


def test_new_places_take_the_next_free_steps_below_standing_bodies(db):
    load(SMALL)
    before = {row[0]: row[3:] for row in shape()}
    load([*SMALL, ("village", "620422100100", "新城社区居委会", "620422100000")])
    load(
        [
            ("township", "620422101000", "郭城驿镇", "620422000000"),
            ("village", "620422101200", "新堡子村委会", "620422101000"),
        ]
    )
    assert_sound()
    after = {row[0]: row[3:] for row in shape()}
    assert {path: after[path] for path in before} == before
    assert Organisation.objects.get(code="620422100000").numchild == 3
    assert parent_of("620422101200").code == "620422101000"


def test_a_body_added_by_hand_and_a_load_do_not_take_the_same_step(db):
    load(SMALL)
    county = Organisation.objects.get(code="620422000000")
    Organisation.objects.add_child(
        county,
        {"name": "会宁县盲人协会", "level": 3, "body_kind": BodyKind.SPECIALISED_ASSOCIATION, "federation": county},
    )
    load([("township", "620422101000", "郭城驿镇", "620422000000")])
    assert_sound()
    assert Organisation.objects.get(pk=county.pk).numchild == 3


def test_a_body_set_up_by_hand_before_the_list_came_is_bound_to_its_place(world):
    county = world.county
    load([("county", "620422000000", "会宁县", ""), ("township", "620422102000", "河畔镇", "620422000000")])
    county.refresh_from_db()
    assert county.division.code == "620422000000"
    assert Organisation.objects.filter(code="620422000000").count() == 1
    assert Organisation.objects.get(code="620422102000").path.startswith(county.path)
    assert_sound()


def test_a_city_without_counties_keeps_one_body_for_its_repeated_code(db):
    load(
        [
            ("province", "440000000000", "广东省", ""),
            ("city", "441900000000", "东莞市", "440000000000"),
            ("county", "441900000000", "东莞市", "441900000000"),
            ("township", "441900003000", "东城街道", "441900000000"),
        ]
    )
    assert Division.objects.filter(code="441900000000").count() == 2
    assert Division.objects.get(code="441900003000").parent.level == Level.COUNTY
    body = Organisation.objects.get(code="441900000000")
    assert body.level == Level.CITY
    assert parent_of("441900003000") == body
    assert_sound()


def test_a_row_that_only_carries_codes_has_no_body_and_its_children_hang_above_it(db):
    load(
        [
            ("province", "110000000000", "北京市", ""),
            ("city", "110100000000", "市辖区", "110000000000"),
            ("county", "110101000000", "东城区", "110100000000"),
        ]
    )
    assert not Organisation.objects.filter(code="110100000000").exists()
    assert parent_of("110101000000").code == "110000000000"
    # Later rows find the body above the placeholder that is stored by now.
    load([("county", "110102000000", "西城区", "110100000000")])
    assert parent_of("110102000000").code == "110000000000"
    assert_sound()


def test_a_village_may_hang_directly_below_a_county(db):
    load([*SMALL[:3], ("village", "620422400001", "铁山社区", "620422000000")])
    assert parent_of("620422400001").level == Level.COUNTY


def test_only_what_lies_under_a_code_is_loaded_with_what_leads_up_to_it(db):
    rows = [
        *SMALL,
        ("county", "620423000000", "景泰县", "620400000000"),
        ("city", "620500000000", "天水市", "620000000000"),
    ]
    result = load(rows, under="620422000000")
    assert result.divisions == len(SMALL)
    assert not Division.objects.filter(code__in=["620423000000", "620500000000"]).exists()


def test_an_unknown_code_to_load_under_is_refused(db):
    assert "620499000000" in str(refused(SMALL, under="620499000000"))


def test_a_renamed_place_is_told_and_left_as_it_is(db):
    load(SMALL)
    renamed = [*SMALL[:3], ("township", "620422100000", "会师街道", "620422000000")]
    result = load(renamed)
    assert result.differing == 1
    assert "会师镇" in result.differences[0]
    assert Organisation.objects.get(code="620422100000").short_name == "会师镇"


def test_levels_are_told_from_the_codes_where_the_list_names_none(db):
    load([("", *row[1:]) for row in SMALL])
    assert [d.level for d in Division.objects.order_by("code", "level")] == [1, 2, 3, 4, 5, 5]


def test_repeated_codes_without_levels_go_one_level_down_each(db):
    rows = [
        ("", "350000000000", "福建省", ""),
        ("", "350500000000", "泉州市", "350000000000"),
        ("", "350527000000", "金门县", "350500000000"),
        ("", "350527000000", "金门县", "350527000000"),
        ("", "350527000000", "金门县", "350527000000"),
    ]
    load(rows)
    assert list(Division.objects.filter(code="350527000000").order_by("level").values_list("level", flat=True)) == [
        3,
        4,
        5,
    ]
    assert Organisation.objects.filter(code="350527000000").count() == 1


# --- random trees -----------------------------------------------------------------------------------


@st.composite
def lists_of_divisions(draw):
    """A random forest by code: every level may be skipped below a county."""
    rows = [("province", "620000000000", "甲省", "")]
    for city in range(1, draw(st.integers(0, 2)) + 1):
        city_code = f"62{city:02}00000000"
        rows.append(("city", city_code, f"市{city}", "620000000000"))
        for county in range(21, 21 + draw(st.integers(0, 3))):
            county_code = f"62{city:02}{county}000000"
            rows.append(("county", county_code, f"县{county}", city_code))
            for town in range(100, 100 + draw(st.integers(0, 3))):
                town_code = f"{county_code[:6]}{town}000"
                rows.append(("township", town_code, f"镇{town}", county_code))
                for village in range(200, 200 + draw(st.integers(0, 2))):
                    parent = draw(st.sampled_from([town_code, county_code]))
                    rows.append(("village", f"{town_code[:9]}{village}", f"村{village}", parent))
    return rows


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=lists_of_divisions(), seed=st.integers(0, 1000))
def test_any_order_of_the_list_and_any_cut_of_it_give_a_sound_tree_of_the_same_places(db, rows, seed):
    def parents():
        return {
            body.code: Organisation.objects.get_parent(body).code if body.depth > 1 else ""
            for body in Organisation.objects.order_by("path")
        }

    def clear():
        Organisation.objects.all()._raw_delete(Organisation.objects.db)
        Division.objects.update(parent=None)
        Division.objects.all().delete()

    shuffled = random.Random(seed).sample(rows, len(rows))
    clear()
    load(rows)
    straight = shape()
    assert parents() == {row[1]: row[3] for row in rows}
    clear()
    load(shuffled)
    assert shape() == straight
    clear()
    cut = len(rows) // 2 + 1
    load(rows[:cut])
    load(rows)
    assert parents() == {row[1]: row[3] for row in rows}
    assert_sound()
    clear()


# --- files ------------------------------------------------------------------------------------------


def test_every_kind_of_file_gives_the_same_rows(tmp_path):
    book = Workbook()
    book.active.append(["级别", "区划代码", "名称", "上级代码"])
    for row in SMALL:
        book.active.append(["乡级" if row[0] == "township" else row[0], *row[1:]])
    book.save(tmp_path / "list.xlsx")
    expected = rows_from(lines(SMALL))
    files = [
        written(tmp_path / "list.csv", SMALL),
        written(tmp_path / "excel.csv", SMALL, encoding="utf-8-sig"),
        written(tmp_path / "old.csv", SMALL, encoding="gb18030"),
        written(tmp_path / "list.csv.gz", SMALL, opener=gzip.open),
        tmp_path / "list.xlsx",
    ]
    assert [read_divisions(file) for file in files] == [expected] * len(files)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("list.txt", b"x", "不认识这种文件"),
        ("list.csv", b"", "表头缺少"),
        ("list.csv", "级别,名称\n".encode(), "区划代码、上级代码"),
        ("list.csv", "区划代码,名称,上级代码\n".encode(), "没有区划"),
        ("list.csv", b"\xff\xff\xff\xff", "文字编码"),
        ("list.csv", b"code,name,parent_code\n\0\0", "文字编码"),
        ("list.csv.gz", b"not a gzip file", "损坏"),
        ("list.csv.gz", gzip.compress(b"code,name,parent_code\n", mtime=0)[:20], "损坏"),
        ("list.xlsx", b"PK not a workbook", "。"),
    ],
)
def test_a_file_that_is_none_is_refused_in_a_sentence(tmp_path, name, content, sentence):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DivisionsRefused, match=sentence):
        read_divisions(path)


# --- mistakes ---------------------------------------------------------------------------------------

MISTAKES = [
    ("unknown parent", ("village", "620422100300", "甲村", "620422999000"), "上级代码", "找不到上级"),
    ("parent below", ("township", "620422103000", "乙镇", "620422100200"), "上级代码", "级别不比本行高"),
    ("no parent", ("village", "620422100300", "甲村", ""), "上级代码", "没有填写上级"),
    ("duplicate", ("township", "620422100000", "会师镇", "620422000000"), "区划代码", "第 5 行重复"),
    ("short code", ("village", "620422", "甲村", "620422100000"), "区划代码", "是 6 位"),
    ("long code", ("village", "6204221003000", "甲村", "620422100000"), "区划代码", "是 13 位"),
    ("no code", ("village", "", "甲村", "620422100000"), "区划代码", "没有填写"),
    ("letters", ("village", "62042210030X", "甲村", "620422100000"), "区划代码", "不是区划代码"),
    ("Arabic digits", ("village", "٦٢٠٤٢٢١٠٠٣٠٠", "甲村", "620422100000"), "区划代码", "不是区划代码"),
    ("bad level", ("hamlet", "620422100300", "甲村", "620422100000"), "级别", "不是级别"),
    ("no name", ("village", "620422100300", " ", "620422100000"), "名称", "没有填写"),
    ("long name", ("village", "620422100300", "村" * 91, "620422100000"), "名称", "91 个字"),
    ("control character", ("village", "620422100300", "甲\x07村", "620422100000"), "名称", "看不见"),
    ("bad parent code", ("village", "620422100300", "甲村", "62042210"), "上级代码", "是 8 位"),
]


@pytest.mark.parametrize(("row", "column", "words"), [entry[1:] for entry in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_a_mistake_is_refused_with_row_column_and_cure_and_nothing_is_stored(db, row, column, words):
    refusal = refused([*SMALL, row])
    problem = refusal.problems[0]
    assert refusal.count == 1
    assert (problem.row, problem.column) == (8, column)
    assert words in problem.message
    assert problem.cure or column == "名称"


def test_places_that_are_each_others_parent_are_refused_as_a_cycle(db):
    rows = [
        ("province", "620000000000", "甘肃省", ""),
        ("city", "620400000000", "白银市", "620422000000"),
        ("county", "620422000000", "会宁县", "620400000000"),
    ]
    assert "循环" in refused(rows).problems[0].message


def test_a_place_that_is_its_own_parent_is_refused(db):
    assert "循环" in refused([*SMALL[:3], ("township", "620422100000", "镇", "620422100000")]).problems[0].message


def test_every_mistake_of_a_list_is_told_at_once(db):
    refusal = refused([*SMALL, *(entry[1] for entry in MISTAKES if entry[2] != "上级代码" and entry[0] != "duplicate")])
    assert refusal.count == 9


def test_an_administrator_loads_only_below_what_it_manages(world):
    rows = [("city", "620500000000", "丙市", ""), ("county", "620502000000", "秦州区", "620500000000")]
    with pytest.raises(DivisionsRefused) as refusal:
        load(rows, by=world.administrator)
    assert "不在您负责的范围内" in refusal.value.problems[0].message
    assert not Division.objects.exists()
    result = load(
        [
            ("county", "620422000000", "会宁县", ""),
            ("township", "620422102000", "河畔镇", "620422000000"),
            ("village", "620422102200", "河畔村委会", "620422102000"),
        ],
        by=world.administrator,
    )
    assert result.organisations == 2


# --- the command ------------------------------------------------------------------------------------


def test_the_command_tells_what_it_did(db, capsys, tmp_path):
    file = written(tmp_path / "list.csv", SMALL)
    call_command("load_divisions", str(file))
    assert "新建机构 6 个" in capsys.readouterr().out
    call_command("load_divisions", str(file))
    assert "没有改动" in capsys.readouterr().out


def test_the_command_ends_with_the_mistakes_and_no_trace(db, tmp_path):
    file = written(tmp_path / "list.csv", [*SMALL, MISTAKES[0][1]])
    with pytest.raises(CommandError, match="第 8 行“上级代码”：找不到上级"):
        call_command("load_divisions", str(file))
    with pytest.raises(CommandError, match="没有这个文件"):
        call_command("load_divisions", str(tmp_path / "none.csv"))
