"""The checks of 表二 between its fields, in one place for forms, rosters, REST and the data-quality items.

Every rule is pure: it reads values as texts (dates as 2012-03-28, empty as "" or None) under the names of the
model's fields, already normalised by `federation.shared.normalise`, and gives (field, sentence) or None.

A rule that is `refused` stops a form or a roster row. The others are kept with the record, and count against
数据合格率 (T3.3) until somebody mends them. Both numbers a body is scored by are columns of DisabledPerson, so
that they count set-based:

* `missing_mandatory` (small integer): how many of MANDATORY are empty; 0 is a complete form (T3.1 建档率).
* `failed_checks` (text): codes of the rules the row fails, joined by commas; "" passes every check (T3.3).

`DisabledPerson.save` refreshes them (models/derived.py). Whoever writes rows set-based (rosters, demonstration
data) fills both columns from `assess_row`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils import timezone

from federation.shared.ethnicity import KNOWN
from federation.shared.normalise import NotNormal, born_on_of_id, certificate_number, id_number, sex_of_id

# Raise it when a rule or MANDATORY changes: stored columns are then recomputed by `recheck_persons`.
PERSON_RULES_VERSION = 3

# What 建档率 (T3.1) asks of a complete form.
MANDATORY = (
    "name", "sex", "ethnicity", "born_on", "id_number", "category", "grade", "register_type",
    "current_address", "guardian_name", "education", "employment",
)  # fmt: skip

CATEGORY_WORDS = {"1": "视力", "2": "听力", "3": "言语", "4": "肢体", "5": "智力", "6": "精神", "7": "多重"}
GRADE_WORDS = {"1": "一级", "2": "二级", "3": "三级", "4": "四级"}
SEX_WORDS = {"1": "男", "2": "女"}
MULTIPLE = "7"
GRADES = frozenset(GRADE_WORDS)
CATEGORIES = frozenset(CATEGORY_WORDS)
# The one sentence for an ID number on file anywhere; it must not say where or under which name.
ID_NUMBER_TAKEN = "这个身份证号在系统里已有登记，不能重复登记。请核对号码；如果是从别处迁来的，请办理“申请转入”。"
# The same of a certificate: its first 18 digits are the ID number, which need not stand on the form beside it.
CERTIFICATE_TAKEN = "这个残疾人证号在系统里已有登记，不能重复登记。请核对号码；如果是从别处迁来的，请办理“申请转入”。"

Values = Mapping[str, str | None]
Finding = tuple[str, str]


@dataclass(frozen=True)
class Rule:
    """`code` is what failed_checks keeps, `word` what a reader sees, `fields` what the rule compares."""

    code: str
    word: str
    check: Callable[[Values, str], Finding | None]
    fields: tuple[str, ...] = ()
    refused: bool = True


RULES: dict[str, Rule] = {}


def _rule(code: str, word: str, *fields: str, refused: bool = True):
    def register(check):
        RULES[code] = Rule(code, word, check, fields, refused)
        return check

    return register


@_rule("id_number", "身份证号不正确", "id_number")
def _id_number(values, today):
    number = values.get("id_number")
    if not number:
        return None
    try:
        id_number(number)
    except NotNormal as error:
        return "id_number", str(error)
    return None


@_rule("born_on", "出生日期与身份证号不符", "id_number", "born_on")
def _born_as_in_id(values, today):
    number, born = values.get("id_number"), values.get("born_on")
    if not number or not born or len(number) != 18 or born_on_of_id(number) == born:
        return None
    return "born_on", f"出生日期 {born} 与身份证号中的 {born_on_of_id(number)} 不一致。请核对身份证，改正其中错的一项。"


@_rule("sex", "性别与身份证号不符", "id_number", "sex")
def _sex_as_in_id(values, today):
    number, sex = values.get("id_number"), values.get("sex")
    if not number or not sex or len(number) != 18 or sex_of_id(number) == sex:
        return None
    by_id = SEX_WORDS[sex_of_id(number)]
    return "sex", f"性别填的是{SEX_WORDS.get(sex, sex)}，身份证号第 17 位表示{by_id}。请核对身份证，改正其中错的一项。"


@_rule("certificate", "残疾人证号不正确", "certificate_number")
def _certificate(values, today):
    number = values.get("certificate_number")
    if not number:
        return None
    try:
        certificate_number(number)
    except NotNormal as error:
        return "certificate_number", str(error)
    return None


@_rule("certificate_id", "残疾人证号与身份证号不符", "certificate_number", "id_number")
def _certificate_of_the_same_person(values, today):
    certificate, number = values.get("certificate_number"), values.get("id_number")
    if not certificate or not number or certificate[:18] == number:
        return None
    return "certificate_number", "残疾人证号的前 18 位与身份证号不一致。请对照两个证件，改正其中错的一项。"


@_rule("certificate_status", "填了残疾人证号又填了未持证情况", "certificate_number", "certificate_status")
def _certified_or_not(values, today):
    if not values.get("certificate_number") or not values.get("certificate_status"):
        return None
    return "certificate_status", "已填残疾人证号，“未持证情况”应当不填。请清空其中不对的一项。"


@_rule("certificate_category", "残疾人证号与残疾类别不符", "certificate_number", "category")
def _certificate_category(values, today):
    certificate, category = values.get("certificate_number"), values.get("category")
    if not certificate or not category or len(certificate) < 20 or certificate[18] == category:
        return None
    written = CATEGORY_WORDS.get(certificate[18], certificate[18])
    return "category", (
        f"残疾类别填的是{CATEGORY_WORDS.get(category, category)}，残疾人证号第 19 位表示{written}。"
        "请对照残疾人证，改正其中错的一项。"
    )


@_rule("certificate_grade", "残疾人证号与残疾等级不符", "certificate_number", "grade")
def _certificate_grade(values, today):
    certificate, grade = values.get("certificate_number"), values.get("grade")
    if not certificate or not grade or len(certificate) < 20 or certificate[19] == grade:
        return None
    written = GRADE_WORDS.get(certificate[19], certificate[19])
    return "grade", (
        f"残疾等级填的是{GRADE_WORDS.get(grade, grade)}，残疾人证号第 20 位表示{written}。"
        "请对照残疾人证，改正其中错的一项。"
    )


@_rule("ethnicity", "民族不在字典里", "ethnicity", refused=False)
def _ethnicity_known(values, today):
    """Not refused: a text of before the dictionary stays as it is until somebody chooses."""
    ethnicity = values.get("ethnicity")
    if not ethnicity or ethnicity in KNOWN:
        return None
    return "ethnicity", f"民族填的是“{ethnicity}”，不在民族名称（GB/T 3304）里。请按身份证从列表中改选。"


@_rule("category", "残疾类别不在字典里", "category")
def _category_known(values, today):
    category = values.get("category")
    if not category or category in CATEGORIES:
        return None
    return "category", "残疾类别应是视力、听力、言语、肢体、智力、精神、多重中的一种。请按残疾人证填写。"


@_rule("grade", "残疾等级不在字典里", "grade")
def _grade_known(values, today):
    grade = values.get("grade")
    if not grade or grade in GRADES:
        return None
    return "grade", "残疾等级应是一级、二级、三级、四级中的一种。请按残疾人证填写。"


@_rule("category_parts", "多重残疾包含的类别填写有误", "category_parts", "category")
def _parts(values, today):
    parts, category = values.get("category_parts"), values.get("category")
    if not parts:
        return None
    if category != MULTIPLE:
        return "category_parts", "只有残疾类别是多重的才填“多重残疾包含”。请清空这一项，或把残疾类别改为多重。"
    distinct = set(parts)
    if len(distinct) != len(parts) or len(distinct) < 2 or not distinct <= CATEGORIES - {MULTIPLE}:
        return "category_parts", "多重残疾至少包含两种不同的类别（视力、听力、言语、肢体、智力、精神）。请补全。"
    return None


@_rule("category_parts_missing", "多重残疾未写明包含哪几类", "category_parts", "category", refused=False)
def _parts_given(values, today):
    if values.get("category") != MULTIPLE or values.get("category_parts"):
        return None
    return "category_parts", "残疾类别是多重，还没有写明包含哪几类。请按残疾人证补填。"


_PAST = {
    "born_on": "出生日期",
    "disabled_since": "致残日期",
    "certificate_issued_on": "残疾人证发证日期",
    "registered_on": "登记日期",
    "last_visited_on": "最近走访日期",
    "moved_away_on": "迁出日期",
    "deceased_on": "死亡日期",
    "cancelled_on": "残疾人证注销日期",
    "consented_on": "同意日期",
}


@_rule("future_date", "日期晚于今天")
def _not_in_future(values, today):
    for field, word in _PAST.items():
        day = values.get(field)
        if day and day > today:
            return field, f"{word} {day} 晚于今天。请改为实际日期。"
    return None


@_rule("before_birth", "日期早于出生日期", "born_on")
def _not_before_birth(values, today):
    born = values.get("born_on")
    if not born:
        return None
    for field, word in _PAST.items():
        day = values.get(field)
        if day and day < born:
            return field, f"{word} {day} 早于出生日期 {born}。请核对两个日期。"
    return None


@_rule("end_before_registration", "结束日期早于登记日期", "registered_on")
def _end_after_registration(values, today):
    registered = values.get("registered_on")
    if not registered:
        return None
    for field in ("moved_away_on", "deceased_on", "cancelled_on"):
        day = values.get(field)
        if day and day < registered:
            return field, f"{_PAST[field]} {day} 早于登记日期 {registered}。请核对两个日期。"
    return None


@_rule("review_before_issue", "复审日期不晚于发证日期", "certificate_issued_on", "next_review_on")
def _review_after_issue(values, today):
    issued, review = values.get("certificate_issued_on"), values.get("next_review_on")
    if not issued or not review or review > issued:
        return None
    return "next_review_on", f"下次复审日期 {review} 应晚于发证日期 {issued}。请按残疾人证核对。"


@_rule("household", "家庭残疾人数多于家庭人口", "household_size", "household_disabled", refused=False)
def _household(values, today):
    size, disabled = values.get("household_size"), values.get("household_disabled")
    if size in (None, "") or disabled in (None, "") or int(disabled) <= int(size):
        return None
    return "household_disabled", f"家庭残疾人数 {disabled} 多于家庭人口 {size}。请核对。"


_ORDERED = tuple(RULES.values())


def findings(values: Values, today: str | None = None) -> list[tuple[Rule, str, str]]:
    """(rule, field, sentence) of every rule that `values` fail."""
    today = today or timezone.localdate().isoformat()
    found = []
    for rule in _ORDERED:
        finding = rule.check(values, today)
        if finding is not None:
            found.append((rule, *finding))
    return found


def refusals(values: Values, today: str | None = None) -> list[Finding]:
    """(field, sentence) of the rules that stop a form or a roster row."""
    return [(field, sentence) for rule, field, sentence in findings(values, today) if rule.refused]


def missing_fields(values: Values) -> list[str]:
    """The names in MANDATORY that are empty."""
    return [name for name in MANDATORY if not values.get(name)]


def assess_row(values: Values, today: str | None = None) -> tuple[int, str]:
    """(missing_mandatory, failed_checks) of one row: what its two columns hold.

    A roster calls it once a row with `today` fixed for the file; keys that are absent count as empty.
    """
    missing = 0
    for name in MANDATORY:
        if not values.get(name):
            missing += 1
    return missing, ",".join(rule.code for rule, _field, _sentence in findings(values, today))


def words_of(failed_checks: str) -> list[str]:
    """What a stored failed_checks says, in words; a code of an older edition reads as itself."""
    return [RULES[code].word if code in RULES else code for code in failed_checks.split(",") if code]
