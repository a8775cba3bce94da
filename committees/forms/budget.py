"""What is asked of a budget: area and year, and a standard that is only thought of."""

import datetime
from decimal import Decimal

from django import forms
from django.utils import timezone

from committees.budget import THOUGHT_OF
from committees.models import Appointment, SubsidyBatch, SubsidyStandard
from committees.reckoning import Terms
from federation.shared.forms import HouseForm
from federation.shared.money import CENT
from orgs.models import BodyKind, Level, Organisation

ZERO = Decimal("0.00")


def budget_areas(user):
    """Federations down to the township whose subsidies `user` sees."""
    rows = Organisation.objects.visible_to(user, SubsidyBatch.view_permission)
    return rows.filter(body_kind=BodyKind.FEDERATION, level__lte=Level.TOWNSHIP, abolished_on=None).order_by("path")


def _money(label: str, **more):
    return forms.DecimalField(
        label=label, min_value=0, max_digits=9, decimal_places=2, required=False,
        error_messages={"min_value": "金额不能是负数。请核对。"}, **more,
    )  # fmt: skip


class BudgetForm(HouseForm):
    organisation = forms.ModelChoiceField(label="地区", queryset=None, empty_label=None)
    year = forms.TypedChoiceField(label="年度", coerce=int)
    monthly_amount = _money("每人每月（元）", help_text="不测算的不填")
    county_share = _money("其中县财政（元）", help_text="三项相加等于每月金额；都不填算县财政的")
    township_share = _money("其中乡镇（街道）（元）")
    welfare_share = _money("其中公益性岗位资金（元）")
    place = forms.ModelChoiceField(label="在哪里执行", queryset=None, required=False, empty_label="所选地区")
    role = forms.ChoiceField(label="岗位", choices=[("", "各种岗位"), *Appointment.Role.choices], required=False)
    employment = forms.ChoiceField(
        label="用工方式", choices=[("", "各种用工方式"), *Appointment.Employment.choices], required=False
    )
    is_floor = forms.BooleanField(label="是最低标准（不低于）", required=False)
    month = forms.TypedChoiceField(
        label="从哪个月起", coerce=int, choices=[(month, f"{month} 月") for month in range(1, 13)], required=False,
        empty_value=1,
    )  # fmt: skip

    sections_spec = [
        ("一、哪里、哪一年", ["organisation", "year"]),
        ("二、换一个标准试算（可以不填）", [
            "monthly_amount", "county_share", "township_share", "welfare_share", "place", "role", "employment",
            "is_floor", "month",
        ]),
    ]  # fmt: skip

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        areas = budget_areas(user)
        year = timezone.localdate().year
        self.fields["organisation"].queryset = self.fields["place"].queryset = areas
        self.fields["organisation"].initial = areas.first()
        self.fields["year"].choices = [(each, f"{each} 年") for each in (year + 1, year, year + 2)]

    def clean(self):
        values = super().clean()
        amount = values.get("monthly_amount")
        shares = [
            (values.get(name) or ZERO).quantize(CENT) for name in ("county_share", "township_share", "welfare_share")
        ]
        if not amount:
            return values
        amount = amount.quantize(CENT)
        if not any(shares):
            shares[0] = amount
        if sum(shares) != amount:
            self.add_error("monthly_amount", f"三项承担合计 {sum(shares)} 元，与每月 {amount} 元不一致。请核对。")
        area, place = values.get("organisation"), values.get("place") or values.get("organisation")
        if area and place and not (place.path.startswith(area.path) or area.path.startswith(place.path)):
            self.add_error("place", f"{place.label}不在所选的地区里，也不在它上面，对它没有影响。请重新选择。")
        if not self.errors:
            values["what_if"] = Terms(
                THOUGHT_OF, place.path, values["role"], values["employment"], values["is_floor"], amount,
                tuple(shares), datetime.date(values["year"], values["month"] or 1, 1), None,
            )  # fmt: skip
        return values


def standard_thought_of(form: BudgetForm) -> SubsidyStandard | None:
    """What was tried, as the form that records standards begins with it."""
    values = form.cleaned_data
    terms = values.get("what_if")
    if terms is None:
        return None
    return SubsidyStandard(
        organisation=values.get("place") or values["organisation"], role=terms.role, employment=terms.employment,
        is_floor=terms.is_floor, monthly_amount=terms.amount, county_share=terms.shares[0],
        township_share=terms.shares[1], welfare_share=terms.shares[2], valid_from=terms.first,
    )  # fmt: skip
