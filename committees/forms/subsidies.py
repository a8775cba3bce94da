"""What people type about subsidy standards and batches."""

import datetime

from django import forms
from django.utils import timezone

from committees import periods
from committees.models import SubsidyBatch, SubsidyDeduction, SubsidyStandard
from committees.reckoning import first_of
from federation.shared.forms import HouseForm, HouseModelForm, ThreeBoxDateField
from orgs.models import BodyKind, Level, Organisation

MONTHS_BACK = 36
BY_PERIOD = "按所选地区的发放周期"


def areas_for(user, permission: str = SubsidyStandard.edit_permission):
    """The areas for which somebody may lay something down: federations from the township upward."""
    rows = Organisation.objects.visible_to(user, permission)
    return rows.filter(body_kind=BodyKind.FEDERATION, level__lte=Level.TOWNSHIP, abolished_on=None).order_by("path")


class StandardForm(HouseModelForm):
    sections_spec = [
        ("一、给谁", ["organisation", "role", "employment", "is_floor"]),
        ("二、多少钱", ["composition", "monthly_amount", "county_share", "township_share", "welfare_share"]),
        ("三、从什么时候起", ["valid_from", "valid_to", "document_number", "remark"]),
    ]

    class Meta:
        model = SubsidyStandard
        fields = [
            *("organisation", "role", "employment", "is_floor", "composition", "monthly_amount"),
            *("county_share", "township_share", "welfare_share", "valid_from", "valid_to", "document_number", "remark"),
        ]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["organisation"].label = "地区"
        self.fields["organisation"].queryset = areas_for(user)
        self.fields["organisation"].help_text = "这个地区和它的下级都按这个标准，下级另有标准的除外"
        for name in ("county_share", "township_share", "welfare_share"):
            self.fields[name].required = False
        self.fields["county_share"].help_text = "三项相加等于每月金额；没有的不填"

    def clean(self):
        values = super().clean()
        for name in ("county_share", "township_share", "welfare_share"):
            if values.get(name) is None and name not in self.errors:
                values[name] = SubsidyStandard._meta.get_field(name).default
        return values


def month_choices(today: datetime.date) -> list[tuple[str, str]]:
    """The months that have ended, newest first."""
    choices, month = [], first_of(today)
    for _ in range(MONTHS_BACK):
        month = first_of(month - datetime.timedelta(days=1))
        choices.append((month.isoformat(), f"{month.year} 年 {month.month} 月"))
    return choices


class BatchForm(HouseModelForm):
    first_month = forms.TypedChoiceField(
        label="从哪个月", coerce=datetime.date.fromisoformat, empty_value=None, required=False
    )
    last_month = forms.TypedChoiceField(
        label="到哪个月", coerce=datetime.date.fromisoformat, empty_value=None, required=False
    )

    class Meta:
        model = SubsidyBatch
        fields = ["organisation", "first_month", "last_month", "role", "month_rule", "remark"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        areas = areas_for(user)
        self.fields["organisation"].label = "地区"
        self.fields["organisation"].queryset = areas
        choices = [("", BY_PERIOD), *month_choices(timezone.localdate())]
        for name in ("first_month", "last_month"):
            self.fields[name].choices = choices
        self.fields["last_month"].help_text = "只发一个月的，两个都选那个月；最多 12 个月"
        area = areas.first()
        if area is not None:
            self._offer(area)

    def _offer(self, area: Organisation):
        """The first area's open period; for another one the months may be left to its own."""
        first, last = periods.open_period(area.path, timezone.localdate())
        rhythm = periods.rhythm_at(area.path, first)
        values = {
            "organisation": area, "first_month": first, "last_month": last, "month_rule": rhythm.month_rule,
        }  # fmt: skip
        for name, value in values.items():
            self.fields[name].initial = value.isoformat() if isinstance(value, datetime.date) else value
        now = periods.open_words(area.path, first, last)
        help_text = f"{rhythm.words(area)}，{now}；选别的地区的，两个月份都选“{BY_PERIOD}”"
        self.fields["first_month"].help_text = help_text

    def clean(self):
        values = super().clean()
        first, last, area = (values.get(name) for name in ("first_month", "last_month", "organisation"))
        if "first_month" in self.errors or "last_month" in self.errors or area is None:
            return values
        if first is None and last is None:
            values["first_month"], values["last_month"] = periods.open_period(area.path, timezone.localdate())
        elif first is None or last is None:
            self.add_error("last_month" if last is None else "first_month", f"请选择月份，或者两个都选“{BY_PERIOD}”。")
        return values


class ConfirmSeenForm(HouseForm):
    """A step about what was on the page: the digest of the lines that were shown."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)


class ReturnBatchForm(HouseForm):
    reason = forms.CharField(label="退回原因", max_length=200, help_text="写清楚哪些人、哪里不对")


class PayBatchForm(HouseForm):
    paid_on = ThreeBoxDateField(label="发放日期", help_text="实际付款的日期")
    reference = forms.CharField(label="付款凭证号", max_length=100, help_text="银行回单或财政支付凭证的编号")


class DeductionForm(HouseModelForm):
    class Meta:
        model = SubsidyDeduction
        fields = ["amount", "reason"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)


def drafts_for(user, line):
    """Batches waiting for their checker in whose area the line lies and which `user` may work on."""
    rows = SubsidyBatch.objects.visible_to(user, SubsidyBatch.edit_permission).filter(state=SubsidyBatch.State.DRAFT)
    return rows.covering(line.org_path).select_related("organisation")


class AgainForm(HouseForm):
    batch = forms.ModelChoiceField(
        label="放进哪个批次",
        queryset=SubsidyBatch.objects.none(),
        empty_label="请选择",
        help_text="只列出还没有复核的批次",
    )
    reason = forms.CharField(label="原因", max_length=200)

    def __init__(self, *args, user, line, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        self.fields["batch"].queryset = drafts_for(user, line)


class CorrectForm(AgainForm):
    amount = forms.DecimalField(
        label="差额（元）", max_digits=12, decimal_places=2, help_text="少发的填正数，多发要追回的填负数，例如 -100"
    )

    field_order = ["batch", "amount", "reason"]


class SupplementForm(HouseForm):
    people = forms.TypedMultipleChoiceField(label="补发给谁", coerce=int, widget=forms.CheckboxSelectMultiple)
    reason = forms.CharField(label="原因", max_length=200, help_text="例如：任职登记晚了")

    def __init__(self, *args, user, choices, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        self.fields["people"].choices = choices
