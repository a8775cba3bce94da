"""Makes the three rosters of a county: real places, invented people (region 629999, valid check digits).

    python -m bench.make_rosters [--out DIR] [--persons 40900] [--seed 2026] [--county 620422000000]
                                 [--divisions FILE.csv] [--wrong] [--installed]

With --wrong a second set is written beside the first, in which some rows are wrong in known ways; what is
wrong stands in wrong.json. The same seed gives the same files.
"""

import argparse
import csv
import datetime
import json
import os
import random
import shutil
from pathlib import Path

from federation.demo.people import Population
from federation.shared.normalise import with_check_digit
from federation.shared.workbooks import Column, Sheet, write_workbook

DIVISIONS = Path(__file__).resolve().parent.parent / "orgs" / "fixtures" / "divisions-huining.csv"
TODAY = datetime.date(2026, 11, 21)
CATEGORIES = ("视力", "听力", "言语", "肢体", "智力", "精神")
GRADES = ("一级", "二级", "三级", "四级")
PERSON_COLUMNS = (
    "姓名", "身份证号", "性别", "民族", "出生日期", "联系电话", "乡镇", "村（社区）", "残疾人证号", "残疾类别",
    "残疾等级",
    "致残原因", "户口类型", "现住址", "监护人或联系人", "与本人关系", "监护人电话", "婚姻状况", "文化程度", "低保",
    "就业形式",
)  # fmt: skip
MEMBER_COLUMNS = (
    "姓名", "身份证号", "性别", "民族", "出生日期", "文化程度", "联系电话", "住址", "乡镇", "村（社区）", "身份",
    "残疾人证号",
    "残疾亲友姓名", "与残疾人关系", "一卡通账号", "任职日期", "聘期起", "聘期止", "用工方式", "上岗证编号",
    "上岗证发证日期",
    "上岗证有效期至",
)  # fmt: skip
BODY_COLUMNS = (
    "乡镇", "村（社区）", "区划代码", "地址", "办公电话", "成立日期", "机构独立", "合署办公单位", "挂牌日期",
    "场所用途", "场所地址",
    "场所面积", "场所权属", "场所启用日期", "规章制度", "制度印发日期", "经费年度", "经费来源", "安排金额",
    "支出金额", "档案年度",
    "工作档案", "责任书年度", "责任书签订日期", "理事长姓名", "理事长身份证号", "理事长任职日期", "理事长另任职务",
    "协会主席姓名",
    "协会主席身份证号", "协会主席任职日期",
)  # fmt: skip
TOWNSHIP_REGULATIONS = "学习、工作、定期走访残疾人家庭、信访接待、支援助残、日常管理、考核奖罚"
VILLAGE_REGULATIONS = "学习、工作、走访残疾人、残疾人基本情况统计汇总"


class County:
    """The places of a county as (township, village, code); a township itself has no village."""

    def __init__(self, path: Path, code: str):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        children: dict[str, list] = {}
        for row in rows:
            children.setdefault(row["parent_code"], []).append(row)
        self.townships = [(row["name"], "", row["code"]) for row in children.get(code, [])]
        self.villages = [
            (township["name"], village["name"], village["code"])
            for township in children.get(code, [])
            for village in children.get(township["code"], [])
        ]
        if not self.villages:
            raise SystemExit(f"{path} 里没有 {code} 的乡镇和村。请核对 --county 和 --divisions。")


class Maker:
    def __init__(self, county: County, seed: int, led: frozenset[str] = frozenset()):
        self.county = county
        # Codes of bodies whose director or chair is in post already: a second one would rightly be refused.
        self.led = led
        self.people = Population(seed)
        self.random: random.Random = self.people.random

    def phone(self) -> str:
        return f"179{self.random.randrange(10**8):08d}"

    def day(self, first: int, last: int) -> str:
        """A day so many days ago."""
        return (TODAY - datetime.timedelta(days=self.random.randint(first, last))).isoformat()

    def persons(self, count: int):
        pick, chance = self.random.choice, self.random.random
        for _ in range(count):
            invented = self.people.draw(today=TODAY)
            township, village, _code = pick(self.county.villages)
            category, grade = self.random.randrange(6), self.random.randrange(4)
            adult = (TODAY - invented.born_on).days > 22 * 365
            certificate = f"{invented.id_number}{category + 1}{grade + 1}" if chance() < 0.95 else ""
            yield (
                invented.name, invented.id_number, "男" if invented.sex == "1" else "女",
                "汉族" if chance() < 0.9 else "回族", invented.born_on.isoformat(), self.phone(), township, village,
                certificate, CATEGORIES[category], GRADES[grade], pick(("先天", "疾病", "外伤", "遗传", "不详")),
                "农业" if chance() < 0.85 else "非农业", f"{village}{pick(range(1, 13))}组{pick(range(1, 91))}号",
                self.people.name(pick("12")), pick(("配偶", "父亲", "母亲", "子女", "兄弟姐妹")), self.phone(),
                pick(("已婚", "已婚", "丧偶", "离异")) if adult else "未婚", pick(("未上学", "小学", "小学", "初中",
                "大专")),
                pick(("无", "农村低保", "城镇低保")), pick(("务农", "务农", "未就业", "灵活就业")) if adult else "在校",
            )  # fmt: skip

    def members(self):
        places = [*self.county.townships, *self.county.villages]
        for number, (township, village, _code) in enumerate(places):
            if self.random.random() < 0.06:
                continue
            one = self.people.draw(oldest=58, youngest=20, today=TODAY)
            disabled = self.random.random() < 0.6
            started = self.day(400, 2500)
            yield (
                one.name, one.id_number, "男" if one.sex == "1" else "女", "汉族", one.born_on.isoformat(), "高中",
                self.phone(),
                f"{village or township}", township, village, "残疾人" if disabled else "残疾人亲友",
                f"{one.id_number}4{self.random.randint(2, 4)}" if disabled else "",
                "" if disabled else self.people.name("1"), "" if disabled else "父子",
                with_check_digit(f"629999{number:06d}{self.random.randrange(10**6):06d}"),
                started, started, "2027-12-31", self.random.choice(("公益性岗位", "财政补贴")), f"ZW{number:05d}",
                started, "2027-12-31" if self.random.random() < 0.9 else self.day(1, 300),
            )  # fmt: skip

    def bodies(self):
        for township, village, code in [*self.county.townships, *self.county.villages]:
            has, r = (lambda share: self.random.random() < share), self.random
            place = village or township
            head = self.people.draw(oldest=60, youngest=25, today=TODAY)
            person = (head.name, head.id_number, self.day(100, 2500)) if has(0.93) else ("", "", "")
            if code in self.led:
                person = ("", "", "")
            plaque, room, rules, letter = has(0.94), has(0.92), has(0.9), has(0.9)
            money = not village and has(0.9)
            allocated = r.randint(5, 40) * 1000
            yield (
                township, village, code, f"{place}便民服务中心", f"0943-3{r.randrange(10**6):06d}", self.day(3000,
                6000), "是" if has(0.6) else "否",
                "" if has(0.7) else "民政办", self.day(400, 5000) if plaque else "", "办公和活动共用" if room else "",
                f"{place}便民服务中心" if room else "", str(r.randint(12, 80)) if room else "", r.choice(("自有",
                "借用", "共用")) if room else "",
                self.day(200, 4000) if room else "",
                (VILLAGE_REGULATIONS if village else TOWNSHIP_REGULATIONS) if rules else "",
                self.day(200, 3000) if rules else "", str(TODAY.year) if money else "", "财政预算" if money else "",
                str(allocated) if money else "", str(allocated * r.randint(40, 100) // 100) if money else "",
                str(TODAY.year),
                "、".join(f"表{number}{r.randint(1, 60)}" for number in "一二三四五六七" if has(0.85)) or "表二1",
                str(TODAY.year) if letter else "", self.day(30, 300) if letter else "",
                *(("", "", "", "", *person) if village else (*person,
                "社会事务中心主任" if has(0.5) and person[0] else "", "", "", "")),
            )  # fmt: skip


def _made_wrong(rows: list[tuple], columns: tuple[str, ...], seed: int) -> tuple[list[tuple], list[dict]]:
    """Every hundredth row made wrong in a way that is noted: Excel's row number, the heading, what was done."""
    at = {heading: place for place, heading in enumerate(columns)}
    ways = [
        ("身份证号", lambda value: value[:-1] + ("1" if value[-1] != "1" else "2"), "check digit"),
        ("身份证号", lambda value: "6.20422E+17", "lost digits"),
        ("性别", lambda value: "女" if value == "男" else "男", "contradicts the ID number"),
        ("出生日期", lambda value: "2012-02-30", "no such day"),
        ("村（社区）", lambda value: "不存在村", "unknown place"),
        ("残疾等级", lambda value: "九级", "not in the dictionary"),
        ("姓名", lambda value: "", "missing"),
    ]
    ways = [way for way in ways if way[0] in at]
    rows, noted = list(rows), []
    for index in range(seed % 7, len(rows), 100):
        heading, spoil, what = ways[(index // 100) % len(ways)]
        row = list(rows[index])
        row[at[heading]] = spoil(row[at[heading]])
        rows[index] = tuple(row)
        noted.append({"row": index + 2, "heading": heading, "what": what})
    return rows, noted


def _write(path: Path, title: str, columns, rows):
    written = write_workbook([Sheet(title, [Column(heading) for heading in columns], rows)])
    with path.open("wb") as file:
        shutil.copyfileobj(written.file, file, 1 << 20)
    print(json.dumps({"file": str(path), "rows": written.rows, "bytes": written.size}, ensure_ascii=False))


def bodies_with_leaders() -> frozenset[str]:
    """Codes of the installation's bodies that have a director or chair today."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "federation.settings")
    import django

    django.setup()
    from orgs.models import Post, Tenure

    held = Tenure.objects.in_post_on(datetime.datetime.now().astimezone().date()).of_post(
        Post.DIRECTOR, Post.ASSOCIATION_CHAIR
    )
    return frozenset(held.values_list("organisation__code", flat=True))


def make(
    out: Path, persons: int, seed: int, county: str, divisions: Path, wrong: bool = False, led: frozenset = frozenset()
):
    """Write organisations.xlsx, members.xlsx, persons.xlsx to `out` (and wrong-*.xlsx with `wrong`)."""
    out.mkdir(parents=True, exist_ok=True)
    maker = Maker(County(divisions, county), seed, led)
    noted = {}
    for name, title, columns, rows in (
        ("organisations", "机构名册", BODY_COLUMNS, maker.bodies()),
        ("members", "专职委员名册", MEMBER_COLUMNS, maker.members()),
        ("persons", "残疾人名册", PERSON_COLUMNS, maker.persons(persons)),
    ):
        if not wrong:
            _write(out / f"{name}.xlsx", title, columns, rows)
            continue
        rows = list(rows)
        _write(out / f"{name}.xlsx", title, columns, rows)
        spoiled, noted[name] = _made_wrong(rows, columns, seed)
        _write(out / f"wrong-{name}.xlsx", title, columns, spoiled)
    if wrong:
        (out / "wrong.json").write_text(json.dumps(noted, ensure_ascii=False, indent=1), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("var/rosters"))
    parser.add_argument("--persons", type=int, default=40900)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--county", default="620422000000")
    parser.add_argument("--divisions", type=Path, default=DIVISIONS)
    parser.add_argument("--wrong", action="store_true", help="also write variants with known wrong rows")
    parser.add_argument(
        "--installed", action="store_true", help="fit the rosters to this installation: no second director or chair"
    )
    options = parser.parse_args()
    led = bodies_with_leaders() if options.installed else frozenset()
    make(options.out, options.persons, options.seed, options.county, options.divisions, options.wrong, led)


if __name__ == "__main__":
    main()
