"""What people type about bodies, what they own, and who holds their posts."""

import functools

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from federation.shared import normalise
from federation.shared.forms import HouseForm, HouseModelForm, ThreeBoxDateField
from orgs import uploads
from orgs.areas import ancestors_of, labels_above
from orgs.facts import FactKind
from orgs.models import (
    PAID_POSTS,
    AssociationCategory,
    BodyKind,
    Level,
    Organisation,
    PlaceKind,
    Post,
    Regulation,
    RegulationKind,
    ResponsibilityLetter,
    Tenure,
)
from orgs.naming import body_kind_of, body_name, place_kind_of
from orgs.requirements import requirements_for
from orgs.services import may_absorb, may_hold

FIRST_YEAR, LAST_YEAR = 1988, 2100


def normal(function, value):
    """`value` as `function` keeps it, its refusal as a form error."""
    try:
        return function(value) if value else value
    except normalise.NotNormal as error:
        raise ValidationError(str(error)) from error


class OrganisationForm(HouseModelForm):
    """A body's own data. Where it stands in the tree is not changed here."""

    sections_spec = [
        ("一、名称", ["short_name", "name", "level", "place_kind", "code", "urban_rural_class"]),
        ("二、成立", ["established_on", "is_independent", "colocated_with", "is_planned_separately"]),
        ("三、联系", ["address", "phone"]),
        ("四、党组织", ["party_body", "party_body_on"]),
    ]

    class Meta:
        model = Organisation
        fields = [
            *("short_name", "name", "place_kind", "code", "urban_rural_class", "established_on", "is_independent"),
            *("colocated_with", "is_planned_separately", "address", "phone", "party_body", "party_body_on"),
        ]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = "12 位，不足的在后面补 0；没有的不填"
        if self.instance.body_kind == BodyKind.SPECIALISED_ASSOCIATION:
            for name in ("place_kind", "code", "urban_rural_class"):
                del self.fields[name]

    def clean_name(self):
        return normal(normalise.text, self.cleaned_data["name"])

    def clean_short_name(self):
        return normal(normalise.text, self.cleaned_data["short_name"])

    def clean_code(self):
        code = normal(normalise.division_code, self.cleaned_data["code"])
        if not code:
            return code
        level = self.cleaned_data.get("level") or self.instance.level
        taken = Organisation.objects.filter(code=code, level=level, abolished_on=None).exclude(pk=self.instance.pk)
        if taken.exists():
            raise ValidationError("这个区划代码已有机构使用。请核对代码。")
        return code

    def clean_phone(self):
        return normal(normalise.phone, self.cleaned_data["phone"])

    def clean(self):
        values = super().clean()
        established, abolished = values.get("established_on"), self.instance.abolished_on
        if established and abolished and established > abolished:
            self.add_error("established_on", "成立日期晚于撤销日期。请核对。")
        if values.get("party_body_on") and not values.get("party_body"):
            self.add_error("party_body", "填了党组织成立日期，请选择党组或党支部。")
        return values


class NewOrganisationForm(OrganisationForm):
    """A body below `parent`; its name follows from the place where none is given."""

    level = forms.TypedChoiceField(label="级别", coerce=int)

    class Meta(OrganisationForm.Meta):
        fields = ["level", *OrganisationForm.Meta.fields]

    def __init__(self, *args, user, parent, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        below = [(value, label) for value, label in Level.choices if value > parent.level]
        self.fields["level"].choices = below
        self.fields["level"].initial = min(value for value, _label in below)
        self.fields["short_name"].required = True
        self.fields["short_name"].label = "地名"
        self.fields["name"].required = False
        self.fields["name"].help_text = "不填就按地名取名，例如：会师镇 → 会师镇残疾人联合会"
        kinds = PlaceKind.choices if len(below) > 1 else PlaceKind.choices[-4:]
        self.fields["place_kind"].choices = [("", "按地名判断"), *kinds]
        self.fields["place_kind"].required = False

    def clean(self):
        values = super().clean()
        level, place = values.get("level"), values.get("short_name")
        if level and place:
            self.instance.level = level
            self.instance.body_kind = body_kind_of(level)
            values["name"] = values.get("name") or body_name(level, place)
            values["place_kind"] = values.get("place_kind") or place_kind_of(level, place, values.get("code", ""))
        return values


class AssociationForm(HouseModelForm):
    """A specialised association under a federation: those kinds that it does not have yet."""

    class Meta:
        model = Organisation
        fields = ["association_category", "name", "established_on", "address", "phone"]

    def __init__(self, *args, user, federation, **kwargs):
        super().__init__(*args, **kwargs)
        standing = set(
            federation.specialised_associations.filter(abolished_on=None).values_list("association_category", flat=True)
        )
        free = [choice for choice in AssociationCategory.choices if choice[0] not in standing]
        category = self.fields["association_category"]
        category.choices, category.required = [("", "请选择"), *free], True
        self.fields["name"].required = False
        self.fields["name"].help_text = "不填就按残联的名称取名，例如：会宁县盲人协会"

    def clean_phone(self):
        return normal(normalise.phone, self.cleaned_data["phone"])


class AbolishForm(HouseForm):
    abolished_on = ThreeBoxDateField(label="撤销日期", help_text="从这一天起不再是机构")
    reason = forms.CharField(label="撤销依据", max_length=200, min_length=4, help_text="例如：文件名称和文号")
    into = forms.ModelChoiceField(
        label="并入哪个机构",
        queryset=Organisation.objects.none(),
        required=False,
        empty_label="没有并入",
        help_text="合并的请选择；以后名册里写原来的名称，会对应到并入的机构",
    )

    def __init__(self, *args, user, organisation, **kwargs):
        super().__init__(*args, **kwargs)
        _offer_bodies(self.fields["into"], may_absorb(organisation, user))


def _offer_bodies(field, bodies):
    """The bodies as choices, each behind the name of the one above it."""
    field.queryset = bodies
    labels = labels_above(list(bodies), lambda body: body.path)
    steplen = Organisation.steplen
    field.label_from_instance = lambda body: (
        f"{labels.get(body.path[:-steplen], '')} {body.label}（{body.get_level_display()}）".strip()
    )


class MoveForm(HouseForm):
    """Where a body goes: one of the bodies that may hold it, within the area the user manages."""

    parent = forms.ModelChoiceField(
        label="划到哪个上级下面",
        queryset=Organisation.objects.none(),
        empty_label="请选择",
        error_messages={
            "required": "请选择新的上级机构。",
            "invalid_choice": "不能划到这个机构下面：不在您管理的范围内、级别不够高，或者已撤销。请重新选择。",
        },
    )
    on = ThreeBoxDateField(label="划转日期", help_text="文件写明的日期；系统从保存时起按新的隶属计算")
    reason = forms.CharField(label="划转依据", max_length=200, min_length=4, help_text="例如：文件名称和文号")

    def __init__(self, *args, user, organisation, **kwargs):
        super().__init__(*args, **kwargs)
        _offer_bodies(self.fields["parent"], may_hold(organisation, user))

    def clean_on(self):
        on = self.cleaned_data["on"]
        if on > timezone.localdate():
            raise ValidationError("划转日期还没有到。请到那一天再办理。")
        return on


class ReasonForm(HouseForm):
    reason = forms.CharField(
        label="理由",
        min_length=4,
        max_length=200,
        help_text="写明为什么删除，例如：重复登记。理由会登记，供审计查看。",
        error_messages={"min_length": "理由至少写 4 个字"},
    )


# --- facts ------------------------------------------------------------------------------------------


class FactForm(HouseModelForm):
    """A fact of the body that the address names; built per kind by `form_class_of`."""

    kind: FactKind

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        organisation = self.instance.organisation
        if self.kind.file:
            self.fields[self.kind.file].help_text = uploads.HINT
        if "year" in self.fields:
            self.fields["year"].initial = timezone.localdate().year
            self.fields["year"].widget.attrs["class"] = "box-year"
        if self._meta.model is Regulation:
            self._offer_kinds(organisation)
        if self._meta.model is ResponsibilityLetter:
            above = [body.pk for body in ancestors_of(organisation)]
            self.fields["upper_party"].queryset = Organisation.objects.filter(pk__in=above)
            self.fields["upper_party"].initial = above[-1] if above else None

    def _offer_kinds(self, organisation):
        """The kinds the body must have come first; all the others stay possible."""
        required = requirements_for(organisation.body_kind, organisation.level, timezone.localdate().year).regulations
        words = dict(RegulationKind.choices)
        others = [choice for choice in RegulationKind.choices if choice[0] not in required]
        must = [(value, words[value]) for value in required]
        groups = [("应当建立", must), ("其他", others)] if must else others
        self.fields["kind"].choices = [("", "请选择"), *groups]

    def _get_validation_exclusions(self):
        # The body is fixed by the address; uniqueness is checked together with it all the same.
        return super()._get_validation_exclusions() - {"organisation"}

    def clean_name(self):
        """A former name (no other fact has a field of that name): not what the body is called today."""
        name = normal(normalise.text, self.cleaned_data["name"])
        if name in (self.instance.organisation.name, self.instance.organisation.short_name):
            raise ValidationError("这是现在的名称，不用登记为曾用名。")
        return name

    def clean_year(self):
        year = self.cleaned_data["year"]
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise ValidationError(f"年度应在 {FIRST_YEAR} 与 {LAST_YEAR} 之间。")
        return year

    def clean(self):
        values = super().clean()
        for name, value in list(values.items()):
            field = self._meta.model._meta.get_field(name)
            if isinstance(field, models.DecimalField) and value is not None and value < 0:
                self.add_error(name, f"{field.verbose_name}不能是负数。")
        if self.kind.ends:
            start, end = values.get(self._start_name()), values.get(self.kind.ends)
            if start and end and end < start:
                self.add_error(self.kind.ends, f"早于{self.fields[self._start_name()].label}。请核对。")
        if self.kind.file and self.kind.file in self.changed_data and values.get(self.kind.file):
            try:
                uploads.accept_scan(values[self.kind.file])
            except ValidationError as error:
                self.add_error(self.kind.file, error)
        return values

    def _start_name(self) -> str:
        """The field of the fact's first day: the first date of the form."""
        return next(name for name, field in self.fields.items() if isinstance(field, ThreeBoxDateField))


@functools.cache
def form_class_of(kind: FactKind) -> type[FactForm]:
    meta = type("Meta", (), {"model": kind.model, "fields": list(kind.fields)})
    return type(FactForm)(f"{kind.model.__name__}Form", (FactForm,), {"Meta": meta, "kind": kind})


# --- posts ------------------------------------------------------------------------------------------


class TenureForm(HouseModelForm):
    """Somebody takes up a post that is not a paid one (those are engaged by contract, see committees)."""

    name = forms.CharField(label="姓名", max_length=50, help_text="按身份证填写，少数民族姓名中间用“·”")
    id_number = forms.CharField(
        label="身份证号",
        required=False,
        help_text="18 位。填了才能认出以前登记过的人",
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "wide-18"}),
    )

    class Meta:
        model = Tenure
        fields = [
            *("post", "name", "id_number", "started_on", "ended_on", "is_concurrent", "other_job"),
            *("document_number", "document_scan", "term"),
        ]

    field_order = ["post", "name", "id_number"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        organisation = self.instance.organisation
        required = requirements_for(organisation.body_kind, organisation.level, timezone.localdate().year).posts
        words = dict(Post.choices)
        must = [(post, words[post]) for post in required if post not in PAID_POSTS]
        others = [choice for choice in Post.choices if choice[0] not in required and choice[0] not in PAID_POSTS]
        self.fields["post"].choices = [("", "请选择"), *([("应当设立", must)] if must else []), ("其他", others)]
        self.fields["document_scan"].help_text = uploads.HINT

    def clean_name(self):
        return normal(normalise.name, self.cleaned_data["name"])

    def clean_id_number(self):
        return normal(normalise.id_number, self.cleaned_data["id_number"])

    def clean_document_scan(self):
        scan = self.cleaned_data["document_scan"]
        return uploads.accept_scan(scan) if scan and "document_scan" in self.changed_data else scan


class TenureEditForm(HouseModelForm):
    """Corrects a post that was entered wrongly; the person stays."""

    class Meta:
        model = Tenure
        fields = [
            *("post", "started_on", "ended_on", "is_concurrent", "other_job"),
            *("document_number", "document_scan", "term"),
        ]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        # An engagement's post is not exchanged for another: it ends, and a new one begins.
        self.fields["post"].choices = [choice for choice in Post.choices if choice[0] not in PAID_POSTS]
        self.fields["document_scan"].help_text = uploads.HINT

    def clean_document_scan(self):
        scan = self.cleaned_data["document_scan"]
        return uploads.accept_scan(scan) if scan and "document_scan" in self.changed_data else scan


class EndTenureForm(HouseForm):
    ended_on = ThreeBoxDateField(label="离任日期", help_text="离任当天仍算在任")
    reason = forms.CharField(label="离任原因", min_length=2, max_length=200, help_text="例如：退休、调动、换届")

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)


class DivisionUploadForm(HouseForm):
    file = forms.FileField(label="区划清单", help_text=".csv、.csv.gz 或 .xlsx；列：级别、区划代码、名称、上级代码")
    under = forms.CharField(
        label="只装入此代码以下", required=False, max_length=12, help_text="12 位区划代码，不填则全部装入"
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)

    def clean_file(self):
        file = self.cleaned_data["file"]
        if not file.name.lower().endswith((".csv", ".gz", ".xlsx", ".xls")):
            raise ValidationError("不认识这种文件。请使用 .csv、.csv.gz 或 .xlsx 文件。")
        if file.size > 50 * 1024 * 1024:
            raise ValidationError("文件超过 50 MB。请按省拆开后分别装入。")
        return file

    def clean_under(self):
        return normal(normalise.division_code, self.cleaned_data["under"])
