"""The form above the list of persons: what may be chosen, and which of it is rarely used."""

import copy
import functools

from django import forms
from django.conf import settings
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from federation.shared.ethnicity import WORDS
from federation.shared.fields import subtree
from federation.shared.forms import HouseForm, read_date
from federation.shared.numbers import plain_number
from ledgers import rules
from ledgers.models import DisabledPerson
from ledgers.models.dictionaries import DisabilityCategory, EntryState, Rehabilitation
from ledgers.search import NotSearchable, check
from orgs.models import BodyKind, Organisation, Worker

AGE_WORDS = [
    ("0-6", "0–6 岁"),
    ("7-14", "7–14 岁"),
    ("15-17", "15–17 岁"),
    ("18-59", "18–59 岁"),
    ("60-", "60 岁及以上"),
]
STATES = [
    ("current", "在册"),
    ("ended", "已迁出、死亡或注销"),
    ("moved", "已迁出"),
    ("deceased", "已死亡"),
    ("cancelled", "残疾人证已注销"),
    ("all", "全部"),
]
QUALITY = [("complete", "填写完整且无问题"), ("missing", "有缺项"), ("failed", "数据有问题")]
CONSENTS = [("given", "已同意"), ("without", "没有登记或已撤回"), ("withdrawn", "已撤回")]
REVIEW_DAYS = 60
REVIEWS = [("overdue", "已过期"), ("soon", f"{REVIEW_DAYS} 天内到期")]
YES_NO = [("yes", "是"), ("no", "否")]
# What stands for "nobody has filled it in" among the values of a dictionary.
UNFILLED = "blank"
DICTIONARIES = (
    "category", "grade", "sex", "register_type", "marital_status", "education", "political_status", "dibao", "housing",
    "pension", "medical", "employment", "care", "certificate_status", "ethnicity",
)  # fmt: skip
# A list of words without codes.
WORDED = {"ethnicity": WORDS}
BOOLEANS = (
    "is_elderly_disabled_household", "is_extreme_poverty_support", "has_living_subsidy", "has_care_subsidy",
    "is_home_adapted", "needs_home_adaptation",
)  # fmt: skip


@functools.lru_cache(maxsize=500)
def _option(value: str, word: str) -> tuple[str, str]:
    """An option before and after the place of `selected`."""
    return f'<option value="{escape(value)}"', f">{escape(word)}</option>"


class QuickSelect(forms.Select):
    """A list drawn without a template per option: the form has thirty of them."""

    def render(self, name, value, attrs=None, renderer=None):
        chosen = str(value or "")
        attributes = "".join(f' {key}="{escape(text)}"' for key, text in self.build_attrs(self.attrs, attrs).items())
        options = []
        for key, word in self.choices:
            before, after = _option(str(key), str(word))
            options.append(f"{before}{' selected' if str(key) == chosen else ''}{after}")
        return mark_safe(f'<select name="{escape(name)}"{attributes}>{"".join(options)}</select>')  # noqa: S308 - escaped


class SearchField(forms.CharField):
    """Refuses what cannot be looked for, with its sentence."""

    def clean(self, value):
        value = super().clean(value)
        try:
            check(value)
        except NotSearchable as error:
            raise forms.ValidationError(str(error)) from error
        return value


class PickField(forms.ChoiceField):
    """One of a list, or all; a value that is not in it is refused with what to do."""

    widget = QuickSelect

    def __init__(self, choices=(), *, empty="全部", **kwargs):
        super().__init__(choices=[("", empty), *choices] if empty else choices, required=False, **kwargs)

    def __deepcopy__(self, memo):
        """A form has thirty of these, and all it ever changes is which list a field offers."""
        field = copy.copy(self)
        field.widget = copy.copy(self.widget)
        return field

    def validate(self, value):
        if value and not self.valid_value(value):
            raise forms.ValidationError(f"没有“{value[:20]}”这一项，请从列表中选择。", code="invalid_choice")


class DayField(forms.CharField):
    """A day in one box, in any of the ways people write one."""

    def __init__(self, **kwargs):
        super().__init__(required=False, **kwargs)
        self.widget.attrs |= {"placeholder": "例如 2026-4-3", "autocomplete": "off"}

    def clean(self, value):
        typed = super().clean(value)
        day = read_date(typed) if typed else None
        if typed and day is None:
            raise forms.ValidationError(f"“{typed[:20]}”不是一个日期，请填年、月、日，例如 2026-4-3。")
        return day


def _age(label: str) -> forms.IntegerField:
    sentence = "年龄请填 0 到 150 之间的整数。"
    return forms.IntegerField(
        label=label, required=False, min_value=0, max_value=150, widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={"invalid": sentence, "min_value": sentence, "max_value": sentence},
    )  # fmt: skip


def _of_dictionary(name: str) -> PickField:
    field = DisabledPerson._meta.get_field(name)
    choices = field.choices or [(word, word) for word in WORDED[name]]
    return PickField([*choices, (UNFILLED, "未填")], label=field.verbose_name)


def _of_boolean(name: str) -> PickField:
    return PickField(YES_NO, label=DisabledPerson._meta.get_field(name).verbose_name)


def _verbose(names) -> list[tuple[str, str]]:
    return [(name, str(DisabledPerson._meta.get_field(name).verbose_name)) for name in names]


def area_choices(user, chosen: str) -> list[tuple[str, str]]:
    """The bodies one step below where the user stands, or below the chosen one, with the way back up.

    A province has 17,000 villages: the list opens one level at a time instead of offering them all.
    """
    kinds = (BodyKind.FEDERATION, BodyKind.VILLAGE_ASSOCIATION)
    reachable = Organisation.objects.visible_to(user, DisabledPerson.view_permission).filter(body_kind__in=kinds)
    roots = [scope.path for scope in user.scopes(DisabledPerson.view_permission)]
    at = reachable.filter(pk=plain_number(chosen)).first() if chosen else None
    steplen = Organisation.steplen
    paths = {at.path} if at else set(roots)
    above = {at.path[:end] for end in range(steplen, len(at.path), steplen)} if at else set()
    # A village has nothing below it: offer its neighbours instead.
    parents = paths if at is None or at.body_kind == BodyKind.FEDERATION else {at.path[:-steplen]}
    below = Q()
    for path in parents:
        below |= subtree(path, "path") & Q(depth=len(path) // steplen + 1)
    # Two statements in one: an OR of the two would walk over everything that is reachable.
    columns = ("pk", "path", "short_name", "name")
    found = reachable.filter(path__in=paths | above).order_by().values_list(*columns)
    if below:
        found = found.union(reachable.filter(below).order_by().values_list(*columns))
    rows = sorted(found, key=lambda row: row[1])
    top = min((len(path) for path in roots), default=0)
    return [(str(pk), "　" * ((len(path) - top) // steplen) + (short or name)) for pk, path, short, name in rows]


# (name, value) -> how PersonFilterForm draws that field.
_DRAWN: dict[tuple[str, str], str] = {}


class PersonFilterForm(HouseForm):
    q = SearchField(
        required=False,
        label="姓名、拼音或号码",
        help_text="姓名可只填一个字；拼音可填全拼或首字母；身份证号、残疾人证号须填完整",
    )
    area = PickField(label="范围")
    category = _of_dictionary("category")
    grade = _of_dictionary("grade")
    sex = _of_dictionary("sex")
    age = PickField(AGE_WORDS, label="年龄")
    state = PickField(STATES, label="登记状态", empty="")
    quality = PickField(QUALITY, label="填写情况")

    age_from = _age("年龄从（岁）")
    age_to = _age("年龄到（岁）")
    grid = forms.CharField(label="网格", required=False, max_length=50)
    part = PickField([each for each in DisabilityCategory.choices if each[0] != rules.MULTIPLE], label="多重残疾包含")
    review = PickField(REVIEWS, label="残疾人证复审")
    review_from = DayField(label="复审日期从")
    review_to = DayField(label="复审日期到")
    rehabilitation = PickField(Rehabilitation.choices, label="接受康复服务")
    missing = PickField(_verbose(name for name in rules.MANDATORY if name != "name"), label="缺哪一项")
    failed = PickField([(rule.code, rule.word) for rule in rules.RULES.values()], label="哪一项数据有问题")
    member = forms.CharField(label="负责的专职委员", required=False, max_length=50, help_text="填姓名")
    approval = PickField(EntryState.choices, label="审核状态")
    consent = PickField(CONSENTS, label="个人信息同意")
    visited_before = DayField(label="从这一天起没有走访过")

    ALWAYS = ("q", "area", "category", "grade", "sex", "age", "state", "quality")
    GROUPS = (
        ("个人和家庭", ("age_from", "age_to", "ethnicity", "register_type", "marital_status", "education",
                       "political_status", "grid", "is_elderly_disabled_household")),
        ("残疾人证和填写情况", ("review", "review_from", "review_to", "certificate_status",
                        "part", "missing", "failed", "approval", "consent")),
        ("生活保障", ("dibao", "is_extreme_poverty_support", "housing", "pension", "medical", "has_living_subsidy",
                     "has_care_subsidy")),
        ("就业、康复和照料", ("employment", "rehabilitation", "is_home_adapted", "needs_home_adaptation", "care")),
        ("帮扶走访", ("member", "visited_before")),
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"].choices = [("", "全部"), *area_choices(self.user, str(self.data.get("area") or ""))]
        if not self.user.has_scope(Worker.view_permission):
            del self.fields["member"]

    def clean(self):
        chosen = super().clean()
        for first, last, word in (("age_from", "age_to", "年龄"), ("review_from", "review_to", "复审日期")):
            low, high = chosen.get(first), chosen.get(last)
            if low is not None and high is not None and low > high:
                self.add_error(last, f"{word}的“到”小于“从”，请核对。")
        return chosen

    def always(self) -> SafeString:
        return self._drawn(self.ALWAYS)

    def groups(self) -> list[tuple[str, SafeString]]:
        return [(heading, self._drawn(names)) for heading, names in self.GROUPS]

    def _drawn(self, names) -> SafeString:
        return mark_safe("".join(self._field(name) for name in names if name in self.fields))  # noqa: S308 - by a template

    def _field(self, name: str) -> str:
        """A field as ledgers/filter_field.html draws it. Most fields of a page are empty, and an empty one says
        nothing of who asks: it is drawn once. So is one of a list; what is in that list is bounded.
        """
        value = self.data.get(name) or ""
        same = name != "area" and (not value or isinstance(self.fields[name], PickField)) and name not in self.errors
        if not same or settings.DEBUG:
            return self._by_template(name)
        if (name, value) not in _DRAWN:
            _DRAWN[name, value] = self._by_template(name)
        return _DRAWN[name, value]

    def _by_template(self, name: str) -> str:
        return render_to_string("ledgers/filter_field.html", {"field": self[name]})

    def shows_more(self) -> bool:
        """Whether one of the rarely used fields is set, or set wrongly: the part that holds them is then open."""
        rare = [name for _heading, names in self.GROUPS for name in names if name in self.fields]
        return any(self.data.get(name) for name in rare)


PersonFilterForm.base_fields |= {
    name: _of_dictionary(name) for name in DICTIONARIES if name not in PersonFilterForm.ALWAYS
}
PersonFilterForm.base_fields |= {name: _of_boolean(name) for name in BOOLEANS}
