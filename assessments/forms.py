"""What people type to start a run and to score an item by hand."""

from django import forms
from django.utils import timezone

from assessments.models import ManualScore, Standard
from assessments.services import RunRefused, check_question, latest_day
from assessments.standards import StandardRefused
from federation.shared.forms import HouseForm, HouseModelForm, ThreeBoxDateField
from orgs.models import BodyKind, Level, Organisation


class RunForm(HouseForm):
    standard = forms.ModelChoiceField(
        label="考核标准", queryset=Standard.objects.none(), help_text="九有、六有是达标清单；其余按百分制计分。"
    )
    area = forms.ModelChoiceField(
        label="考核地区", queryset=Organisation.objects.none(), help_text="这个地区里的同类机构都会被考核。"
    )
    year = forms.IntegerField(label="考核年度", min_value=2000, max_value=2100)
    as_of = ThreeBoxDateField(
        label="截止日", required=False, help_text="按这一天的登记情况计算。不填：当年按今天，往年按 12 月 31 日。"
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["standard"].queryset = Standard.objects.visible_to(user).filter(subject=Standard.Subject.BODY)
        areas = Organisation.objects.visible_to(user, "assessments.run").filter(
            body_kind=BodyKind.FEDERATION, level__lte=Level.COUNTY
        )
        self.fields["area"].queryset = areas
        self.fields["area"].initial = areas.order_by("path").first()
        self.fields["year"].initial = timezone.localdate().year

    def clean(self):
        cleaned = super().clean()
        if {"standard", "area", "year"} - set(cleaned):
            return cleaned
        cleaned["as_of"] = cleaned.get("as_of") or latest_day(min(cleaned["year"], timezone.localdate().year))
        try:
            check_question(**cleaned)
        except (RunRefused, StandardRefused) as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return cleaned


class ManualScoreForm(HouseModelForm):
    class Meta:
        model = ManualScore
        fields = ["points", "reason"]
        help_texts = {"reason": "依据什么材料、怎么评的，写清楚；被考核的机构能看到。"}

    def __init__(self, *args, item, **kwargs):
        super().__init__(*args, **kwargs)
        self.item = item
        self.fields["points"].help_text = f"0 到 {item.points} 分，最多两位小数。"

    def clean_points(self):
        points = self.cleaned_data["points"]
        if not 0 <= points <= self.item.points:
            raise forms.ValidationError(f"分数应在 0 到 {self.item.points} 之间。请改正。")
        return points
