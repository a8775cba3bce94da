"""表二 as it lies on paper: the boxes of one A4 sheet, filled for a person or blank."""

from dataclasses import dataclass, field

from federation.shared.masking import mask_address
from ledgers.documents.fitting import fit
from ledgers.models import DisabledPerson
from ledgers.models.dictionaries import Rehabilitation
from ledgers.paper_form import ADDRESSES, AS_OF_TODAY, parts_in_words

TITLE = "残疾人基本状况个人登记表"
# The table is 180 mm wide, in 24 columns; a row is usually 7.1 mm high.
COLUMN = 7.5
ROW = 7.1
TALL = 14.2
PADDING = 2
BLANK_DATE = "　　年　　月　　日"


@dataclass
class Cell:
    """A box of the table. `options` are (ticked, word) of a choice; `is_photo` spans the rows beside it."""

    span: int
    label: str = ""
    text: str = ""
    size: str = "s0"
    options: list = field(default_factory=list)
    is_photo: bool = False


@dataclass
class Row:
    cells: list
    is_tall: bool = False


# (label, columns of the label, what is in the box, columns of the box); what: a field, or a method below.
LAYOUT = (
    (("姓　名", 3, "name", 5), ("性别", 2, "sex", 4), ("民族", 2, "ethnicity", 4), "photo"),
    (("出生日期", 3, "born_on", 7), ("联系电话", 3, "phone", 7)),
    (("公民身份号码", 4, "id_number", 16),),
    (("残疾人证号", 4, "certificate_number", 7), ("未持证", 2, "certificate_status", 7)),
    (("政治面貌", 3, "political_status", 17),),
    (("残疾类别", 3, "category", 21),),
    (("残疾等级", 3, "grade", 8), ("致残原因", 3, "cause", 10)),
    (
        ("致残日期", 3, "disabled_since", 5), ("发证日期", 3, "certificate_issued_on", 5),
        ("下次复审", 3, "next_review_on", 5),
    ),
    (("婚姻状况", 3, "marital_status", 7), ("文化程度", 2, "education", 12)),
    (("户口类型", 3, "register_type", 5), ("村（社区）", 3, "organisation", 6), ("网格", 2, "grid", 5)),
    (("户籍地址", 3, "registered_address", 21),),
    (("现住址", 3, "current_address", 21),),
    (
        ("家庭人口", 3, "household_size", 4), ("家庭残疾人数", 4, "household_disabled", 4),
        ("老残一体", 3, "is_elderly_disabled_household", 6),
    ),
    (
        ("监护人（联系人）", 4, "guardian_name", 6), ("关系", 2, "guardian_relation", 4),
        ("电话", 2, "guardian_phone", 6),
    ),
    (("家庭人均年收入", 4, "yearly_income", 5), ("低保", 2, "dibao", 8), ("类别", 2, "dibao_class", 3)),
    (("住　房", 3, "housing", 11), ("特困供养", 3, "is_extreme_poverty_support", 7)),
    (("两项补贴", 3, "subsidies", 21),),
    (("养老保险", 3, "pension", 9), ("医疗保险", 3, "medical", 9)),
    (("其他保险", 3, "other_insurance", 9), ("就业单位", 3, "employer", 9)),
    (("就业形式", 3, "employment", 21),),
    (("技能特长", 3, "skills", 9), ("培训愿望", 3, "training_wish", 9)),
    (("就读学校", 3, "school", 9), ("无障碍改造", 3, "adaptation", 9)),
    (("接受康复服务", 4, "rehabilitation", 20),),
    (("已有辅助器具", 4, "devices_held", 8), ("需要辅助器具", 4, "devices_needed", 8)),
    (("托养照料", 3, "care", 21),),
    (
        ("帮扶责任人", 3, "responsible_cadre", 5), ("专职委员", 3, "member_in_charge", 5),
        ("最近走访", 3, "last_visited_on", 5),
    ),
    (("登记日期", 3, "registered_on", 5), ("登记终止", 3, "end", 13)),
    (("信息处理同意", 4, "consent_kind", 8), ("同意日期", 3, "consented_on", 9)),
    (("备　注", 3, "remark", 21),),
)  # fmt: skip
TALL_ROWS = {"remark"}
PHOTO_SPAN, PHOTO_ROWS = 4, 5
YES_NO = (("True", "是"), ("False", "否"))
ENDS = (("moved_away_on", "迁出"), ("deceased_on", "死亡"), ("cancelled_on", "注销残疾人证"))


class PersonSheet:
    """The sheet of one person; of nobody where `person` is None: every box empty, nothing ticked.

    `numbers` are the plain numbers by field, where they were opened for the reader; without them they are masked.
    """

    title = TITLE

    def __init__(self, person: DisabledPerson | None, *, numbers=None, show_addresses=False, photo_url="", foot=""):
        self.person = person
        self.numbers = numbers
        self.show_addresses = show_addresses
        self.photo_url = photo_url
        self.foot = foot

    @property
    def unit(self) -> str:
        return self.person.organisation.label if self.person else ""

    @property
    def number(self) -> str:
        return f"{self.person.pk:08d}" if self.person else ""

    @property
    def rows(self) -> list[Row]:
        rows = []
        for line in LAYOUT:
            cells = []
            is_tall = any(part != "photo" and part[2] in TALL_ROWS for part in line)
            for part in line:
                if part == "photo":
                    cells.append(Cell(PHOTO_SPAN, is_photo=True))
                    continue
                label, label_span, what, span = part
                cells += [Cell(label_span, label=label), self._box(what, span, TALL if is_tall else ROW)]
            rows.append(Row(cells, is_tall))
        return rows

    def _box(self, what: str, span: int, height: float) -> Cell:
        width = span * COLUMN - PADDING
        drawn = getattr(self, f"draw_{what}", None)
        options, text = drawn() if drawn else self._draw(what)
        # A box and a gap with each word.
        measured = "".join(f"□{word}　" for _ticked, word in options)
        fitted = fit(measured + text, width, height - 0.4)
        if options:
            text = fit(text, width, height) if text else None
            return Cell(span, options=options, text=text.text if text else "", size=fitted.size)
        return Cell(span, text=fitted.text, size=fitted.size)

    def _draw(self, name: str) -> tuple[list, str]:
        """(options, text) of an ordinary field."""
        found = DisabledPerson._meta.get_field(name)
        value = getattr(self.person, AS_OF_TODAY.get(name, found.name)) if self.person else None
        if found.choices:
            return [(value == code, word) for code, word in found.choices], ""
        kind = found.get_internal_type()
        if kind == "BooleanField":
            return [(self.person is not None and str(value) == code, word) for code, word in YES_NO], ""
        if kind == "DateField":
            return [], f"{value.year} 年 {value.month} 月 {value.day} 日" if value else BLANK_DATE
        if value in (None, ""):
            return [], ""
        return [], self._words(name, value)

    def _words(self, name: str, value) -> str:
        if self.numbers is not None and name in self.numbers:
            return self.numbers[name]
        if name in ADDRESSES and not self.show_addresses:
            return mask_address(value)
        return str(value)

    def _person_has(self, name: str) -> bool:
        return bool(self.person and getattr(self.person, name))

    def draw_organisation(self):
        return [], self.unit

    def draw_category(self):
        options, _ = self._draw("category")
        parts = self.person.category_parts if self.person else ""
        return options, f"（包含：{parts_in_words('category_parts', parts)}）" if parts else ""

    def draw_household_size(self):
        return [], f"{self.person.household_size} 人" if self._person_has("household_size") else "　　人"

    def draw_household_disabled(self):
        return [], f"{self.person.household_disabled} 人" if self._person_has("household_disabled") else "　　人"

    def draw_yearly_income(self):
        income = self.person.yearly_income if self.person else None
        return [], f"{income} 元" if income is not None else "　　　　元"

    def draw_subsidies(self):
        names = (("has_living_subsidy", "困难残疾人生活补贴"), ("has_care_subsidy", "重度残疾人护理补贴"))
        return [(self._person_has(name), word) for name, word in names], ""

    def draw_adaptation(self):
        names = (("is_home_adapted", "已改造"), ("needs_home_adaptation", "需要改造"))
        return [(self._person_has(name), word) for name, word in names], ""

    def draw_rehabilitation(self):
        received = self.person.rehabilitation if self.person else ""
        return [(code in received, word) for code, word in Rehabilitation.choices], ""

    def draw_end(self):
        day = next((getattr(self.person, name) for name, _ in ENDS if self._person_has(name)), None)
        options = [(self._person_has(name), word) for name, word in ENDS]
        return options, f"{day.year} 年 {day.month} 月 {day.day} 日" if day else BLANK_DATE
