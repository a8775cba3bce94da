"""表一, declared once: its groups, and of each group the columns, with the condition that puts a person there.

Every number of the table is a *cell* with a code: `total`, `sex.1`, `category.4`, `category.4.grade.2`. Who is counted
in a cell and who is listed behind it is the same condition (`condition_of`), so number and list cannot disagree. Values
that no dictionary knows stand under 未填: each group adds up to the total.
"""

import datetime
from dataclasses import dataclass

from django.db.models import Case, IntegerField, Q, Value, When

from ledgers.models.dictionaries import (
    Dibao,
    DisabilityCategory,
    DisabilityGrade,
    Education,
    EmploymentForm,
    MedicalInsurance,
    PensionInsurance,
    RegisterType,
)
from orgs.models import Sex

TITLE = "残疾人基本情况汇总表（表一）"
TOTAL = "total"
UNFILLED = "unfilled"
AGE_FIELD = "age_band"
MALE, FEMALE = Sex.MALE.value, Sex.FEMALE.value
# The ages at which a band begins; the last two are when working age ends for women and for men.
CHILD, YOUTH, WORKING, WOMEN_END, MEN_END = 7, 15, 18, 55, 60
_NO_BAND = 0


@dataclass(frozen=True)
class Choice:
    """A column: what the database holds, the word in codes, the label shown."""

    stored: object
    code: str
    label: str


@dataclass(frozen=True)
class Dimension:
    """One way to divide the people; `field` is a column, or the annotation of ages."""

    name: str
    heading: str
    field: str
    choices: tuple[Choice, ...]
    may_be_unfilled: bool = True

    @property
    def codes(self) -> list[str]:
        """The codes of its cells, 未填 last."""
        return [f"{self.name}.{choice.code}" for choice in self.choices] + (
            [f"{self.name}.{UNFILLED}"] if self.may_be_unfilled else []
        )

    @property
    def labels(self) -> list[str]:
        return [choice.label for choice in self.choices] + (["未填"] if self.may_be_unfilled else [])

    def condition(self, code: str) -> Q:
        if code == UNFILLED:
            return ~Q(**{f"{self.field}__in": [choice.stored for choice in self.choices]})
        return Q(**{self.field: next(choice.stored for choice in self.choices if choice.code == code)})


def _of(name, heading, dictionary) -> Dimension:
    return Dimension(name, heading, name, tuple(Choice(value, value, label) for value, label in dictionary.choices))


def _received(name, heading) -> Dimension:
    choices = (Choice(True, "yes", "享受"), Choice(False, "no", "未享受"))
    return Dimension(name.removeprefix("has_"), heading, name, choices, may_be_unfilled=False)


SEX = _of("sex", "性别", Sex)
CATEGORY = _of("category", "残疾类别", DisabilityCategory)
GRADE = _of("grade", "残疾等级", DisabilityGrade)
AGE = Dimension(
    "age", "年龄", AGE_FIELD,
    (
        Choice(1, "0-6", "0–6 岁"), Choice(2, "7-14", "7–14 岁"), Choice(3, "15-17", "15–17 岁"),
        Choice(4, "working", "劳动年龄（18–59 岁男、18–54 岁女）"), Choice(5, "above", "超过劳动年龄"),
    ),
)  # fmt: skip
REGISTER = _of("register_type", "户口类型", RegisterType)
EDUCATION = _of("education", "文化程度", Education)
EMPLOYMENT = _of("employment", "就业形式", EmploymentForm)
DIBAO = _of("dibao", "低保", Dibao)
PENSION = _of("pension", "养老保险", PensionInsurance)
MEDICAL = _of("medical", "医疗保险", MedicalInsurance)
LIVING = _received("has_living_subsidy", "困难残疾人生活补贴")
CARE = _received("has_care_subsidy", "重度残疾人护理补贴")
DIMENSIONS = (SEX, CATEGORY, GRADE, AGE, REGISTER, EDUCATION, EMPLOYMENT, DIBAO, PENSION, MEDICAL, LIVING, CARE)
BY_NAME = {dimension.name: dimension for dimension in DIMENSIONS}
# Counted against each other as well.
CROSSED = (CATEGORY, GRADE)
# 表三 has no place in the system yet: these are shown as 尚无数据来源, never as nought.
NEEDS = ("康复", "教育", "就业", "维权", "社会保障", "托养照料", "住房", "无障碍改造", "文化体育", "救助")


@dataclass(frozen=True)
class Group:
    """A part of the table: one dimension downwards, with another across where they are crossed."""

    heading: str
    down: Dimension
    across: Dimension | None = None


GROUPS = (
    Group("按性别", SEX),
    Group("按残疾类别和等级", CATEGORY, GRADE),
    Group("按年龄", AGE),
    Group("按户口类型", REGISTER),
    Group("按文化程度", EDUCATION),
    Group("按就业形式", EMPLOYMENT),
    Group("按低保", DIBAO),
    Group("按养老保险", PENSION),
    Group("按医疗保险", MEDICAL),
    Group("按困难残疾人生活补贴", LIVING),
    Group("按重度残疾人护理补贴", CARE),
)


def all_codes() -> list[str]:
    """Every cell of the table, in its order."""
    codes = [TOTAL]
    for dimension in DIMENSIONS:
        codes += dimension.codes
    down, across = CROSSED
    codes += [f"{first}.{second}" for first in down.codes for second in across.codes]
    return codes


CODES = tuple(all_codes())


def parts_of(code: str) -> list[tuple[Dimension, str]]:
    """The dimensions a cell stands in with the column of each; raises KeyError for a code that does not exist."""
    if code not in CODES:
        raise KeyError(code)
    words = [] if code == TOTAL else code.split(".")
    return [(BY_NAME[name], column) for name, column in zip(words[::2], words[1::2], strict=True)]


def condition_of(code: str) -> Q:
    """Who is counted in the cell; over rows that `with_age` has annotated."""
    condition = Q()
    for dimension, column in parts_of(code):
        condition &= dimension.condition(column)
    return condition


def label_of(code: str) -> str:
    """What the cell is called by itself: 残疾类别：肢体，残疾等级：二级."""
    if code == TOTAL:
        return "总人数"
    named = []
    for dimension, column in parts_of(code):
        labels = dict(zip(dimension.codes, dimension.labels, strict=True))
        named.append(f"{dimension.heading}：{labels[f'{dimension.name}.{column}']}")
    return "，".join(named)


def born_by(day: datetime.date, years: int) -> datetime.date:
    """The last day of birth of those who are at least `years` old on `day`."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def age_band(day: datetime.date) -> Case:
    """The band of the age reached by `day`; 0 where birth (or, from 55 to 59, sex) is not known or lies after it."""
    at_least = {years: Q(born_on__lte=born_by(day, years)) for years in (CHILD, YOUTH, WORKING, WOMEN_END, MEN_END)}
    return Case(
        When(Q(born_on=None) | Q(born_on__gt=day), then=Value(_NO_BAND)),
        When(at_least[MEN_END], then=Value(5)),
        When(at_least[WOMEN_END] & Q(sex=MALE), then=Value(4)),
        When(at_least[WOMEN_END] & Q(sex=FEMALE), then=Value(5)),
        When(at_least[WOMEN_END], then=Value(_NO_BAND)),
        When(at_least[WORKING], then=Value(4)),
        When(at_least[YOUTH], then=Value(3)),
        When(at_least[CHILD], then=Value(2)),
        default=Value(1),
        output_field=IntegerField(),
    )
