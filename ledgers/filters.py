"""How the list of persons is narrowed."""

import functools

import django_filters
from django import forms
from django.db.models import Q
from django.utils import timezone

from federation.shared.fields import subtree
from federation.shared.forms import HouseForm
from ledgers.models import DisabledPerson
from ledgers.models.dictionaries import DisabilityCategory, DisabilityGrade
from ledgers.querysets import STILL_REGISTERED
from ledgers.search import NotSearchable, check, search
from orgs.models import BodyKind, Organisation, Sex

# From the age of the first number up to that of the second, both included.
AGE_BANDS = {
    "0-6": (0, 6),
    "7-14": (7, 14),
    "15-17": (15, 17),
    "18-59": (18, 59),
    "60-": (60, None),
}
AGE_WORDS = [
    ("0-6", "0–6 岁"),
    ("7-14", "7–14 岁"),
    ("15-17", "15–17 岁"),
    ("18-59", "18–59 岁"),
    ("60-", "60 岁及以上"),
]
STATE_CONDITIONS = {"current": STILL_REGISTERED, "ended": ~STILL_REGISTERED, "all": Q()}
STATES = [("current", "在册"), ("ended", "已迁出、死亡或注销"), ("all", "全部")]
QUALITY = [("complete", "填写完整且无问题"), ("missing", "有缺项"), ("failed", "数据有问题")]


def years_before(day, years: int):
    """The same day `years` earlier; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


class SearchField(forms.CharField):
    """Refuses what cannot be looked for, with its sentence."""

    def clean(self, value):
        value = super().clean(value)
        try:
            check(value)
        except NotSearchable as error:
            raise forms.ValidationError(str(error)) from error
        return value


class SearchFilter(django_filters.CharFilter):
    field_class = SearchField


def area_choices(user, chosen: str) -> list[tuple[str, str]]:
    """The bodies one step below where the user stands, or below the chosen one, with the way back up.

    A province has 17,000 villages: the list opens one level at a time instead of offering them all.
    """
    bodies = Organisation.objects.visible_to(user, DisabledPerson.view_permission).of_kind(BodyKind.FEDERATION)
    villages = Organisation.objects.visible_to(user, DisabledPerson.view_permission).of_kind(
        BodyKind.VILLAGE_ASSOCIATION
    )
    reachable = bodies | villages
    roots = [scope.path for scope in user.scopes(DisabledPerson.view_permission)]
    at = reachable.filter(pk=int(chosen)).first() if chosen.isascii() and chosen.isdigit() else None
    steplen = Organisation.steplen
    paths = {at.path} if at else set(roots)
    above = {at.path[:end] for end in range(steplen, len(at.path), steplen)} if at else set()
    # A village has nothing below it: offer its neighbours instead.
    parents = paths if at is None or at.body_kind == BodyKind.FEDERATION else {at.path[:-steplen]}
    below = Organisation.objects.none()
    for path in parents:
        below = below | reachable.under(path).filter(depth=len(path) // steplen + 1)
    shown = (reachable.filter(path__in=paths | above) | below).order_by("path")
    rows = shown.values_list("pk", "path", "short_name", "name")
    top = min((len(path) for path in roots), default=0)
    return [(str(pk), "　" * ((len(path) - top) // steplen) + (short or name)) for pk, path, short, name in rows]


class PersonFilter(django_filters.FilterSet):
    """Draws and reads the filter form. `rows` narrows by area, `narrowing` is what else was chosen, `typed` the
    search; `ledgers.listing` puts them together, `qs` is the same for callers that need no page.
    """

    q = SearchFilter(
        method="left_to_listing",
        label="姓名、拼音或号码",
        help_text="姓名可只填一个字；拼音可填全拼或首字母；身份证号、残疾人证号须填完整",
    )
    area = django_filters.ChoiceFilter(method="left_to_listing", label="范围", empty_label="全部", choices=())
    category = django_filters.ChoiceFilter(choices=DisabilityCategory.choices, label="残疾类别", empty_label="全部")
    grade = django_filters.ChoiceFilter(choices=DisabilityGrade.choices, label="残疾等级", empty_label="全部")
    sex = django_filters.ChoiceFilter(choices=Sex.choices, label="性别", empty_label="全部")
    age = django_filters.ChoiceFilter(choices=AGE_WORDS, label="年龄", empty_label="全部")
    state = django_filters.ChoiceFilter(choices=STATES, label="登记状态", empty_label=None)
    quality = django_filters.ChoiceFilter(choices=QUALITY, label="填写情况", empty_label="全部")

    class Meta:
        model = DisabledPerson
        fields = ["q", "area", "category", "grade", "sex", "age", "state", "quality"]
        form = HouseForm

    def __init__(self, data=None, *args, **kwargs):
        data = data.copy() if data is not None else {}
        # Those who left are shown only when asked for.
        if not data.get("state"):
            data["state"] = "current"
        super().__init__(data, *args, **kwargs)
        self.filters["area"].extra["choices"] = area_choices(self.request.user, str(data.get("area") or ""))

    def left_to_listing(self, queryset, name, value):
        return queryset

    def filter_queryset(self, queryset):
        return search(self.rows(queryset), self.typed).filter(self.narrowing())

    @property
    def typed(self) -> str:
        return self.form.cleaned_data["q"]

    @functools.cached_property
    def area_path(self) -> str:
        """The path of the chosen body, one of the choices and therefore in scope; "" for all."""
        chosen = self.form.cleaned_data["area"]
        return Organisation.objects.filter(pk=chosen).values_list("path", flat=True)[0] if chosen else ""

    def rows(self, queryset):
        return queryset.under(self.area_path) if self.area_path else queryset

    def rows_walked(self, walked, user):
        """The same of a queryset made by `walked_by_name`, whose one use of its path is the scope."""
        rows = walked.visible_to(user)
        return rows.filter(subtree(self.area_path, walked.path_field)) if self.area_path else rows

    def narrowing(self) -> Q:
        """Everything chosen but area and search."""
        chosen = self.form.cleaned_data
        plain = {name: chosen[name] for name in ("category", "grade", "sex") if chosen[name]}
        return Q(**plain) & STATE_CONDITIONS[chosen["state"]] & _of_age(chosen["age"]) & _quality(chosen["quality"])


def _of_age(band: str) -> Q:
    if not band:
        return Q()
    youngest, oldest = AGE_BANDS[band]
    today = timezone.localdate()
    born = Q(born_on__lte=years_before(today, youngest))
    return born if oldest is None else born & Q(born_on__gt=years_before(today, oldest + 1))


def _quality(word: str) -> Q:
    return {
        "": Q(),
        "missing": Q(missing_mandatory__gt=0),
        "failed": ~Q(failed_checks=""),
        "complete": Q(missing_mandatory=0, failed_checks=""),
    }[word]
