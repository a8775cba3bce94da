"""What people type to start a run and to score an item by hand."""

from django import forms
from django.utils import timezone

from assessments.courses import latest_day
from assessments.models import ManualScore, Standard
from assessments.services import check_question
from federation.shared.forms import HouseForm, HouseModelForm, ThreeBoxDateField
from orgs.models import BodyKind, Level, Organisation


class RoundForm(HouseForm):
    """What a run or an appraisal asks: by which standard, where, of which year, as of which day."""

    standard = forms.ModelChoiceField(label="考核标准", queryset=Standard.objects.none())
    area = forms.ModelChoiceField(label="考核地区", queryset=Organisation.objects.none())
    year = forms.IntegerField(label="考核年度", min_value=2000, max_value=2100)
    as_of = ThreeBoxDateField(
        label="截止日", required=False, help_text="按这一天的登记情况计算。不填：当年按今天，往年按 12 月 31 日。"
    )
    subject = permission = ""
    help_texts: dict[str, str] = {}

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        # Standards belong to no body: whoever may ask chooses among all editions.
        self.fields["standard"].queryset = Standard.objects.visible_to(user, self.permission).filter(
            subject=self.subject
        )
        areas = Organisation.objects.visible_to(user, self.permission)
        areas = areas.filter(body_kind=BodyKind.FEDERATION, level__lte=Level.COUNTY).order_by("path")
        self.fields["area"].queryset = areas
        self.fields["area"].initial = areas.first()
        self.fields["year"].initial = timezone.localdate().year
        for name, text in self.help_texts.items():
            self.fields[name].help_text = text

    def check_question(self, question: dict):
        """Refuse, in a sentence, what cannot be judged. Raises ValidationError."""
        raise NotImplementedError

    def clean(self):
        cleaned = super().clean()
        if {"standard", "area", "year"} - set(cleaned):
            return cleaned
        cleaned["as_of"] = cleaned.get("as_of") or latest_day(min(cleaned["year"], timezone.localdate().year))
        self.check_question(cleaned)
        return cleaned


class RunForm(RoundForm):
    subject, permission = Standard.Subject.BODY, "assessments.run"
    help_texts = {
        "standard": "九有、六有是达标清单；其余按百分制计分。",
        "area": "这个地区里的同类机构都会被考核。",
    }

    def check_question(self, question):
        check_question(**question)


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
