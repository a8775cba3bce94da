"""What people type about appraisals of members, objections, and the selection of the excellent."""

from django import forms
from django.utils import timezone

from assessments.appraisals import check_question
from assessments.courses import definition_of
from assessments.forms import RoundForm
from assessments.models import (
    MemberPoints,
    Nomination,
    NominationObjection,
    NominationOpinion,
    Objection,
    Standard,
)
from committees.models import Appointment
from federation.shared.forms import HouseForm, HouseModelForm, ThreeBoxDateField

YES_NO = [("yes", "是"), ("no", "否")]


class AppraisalForm(RoundForm):
    subject, permission = Standard.Subject.MEMBER, "appraisals.run"
    help_texts = {"area": "截止日在任的专职委员都会被考核。"}

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        self.fields["standard"].initial = self.fields["standard"].queryset.order_by("-applies_from").first()

    def check_question(self, question):
        check_question(**question)


class PointsForm(HouseModelForm):
    class Meta:
        model = MemberPoints
        fields = ["people_note", "township_note", "points", "reason"]
        help_texts = {"reason": "依据什么材料、怎么评的，写清楚；本人能看到。"}

    def __init__(self, *args, user, item, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        self.fields["points"].help_text = f"0 到 {item.points} 分，最多两位小数。"
        self.fields["points"].max_value = item.points
        for name in ("people_note", "township_note"):
            self.fields[name].required = True


def band_choices(appraisal) -> list[tuple[str, str]]:
    return [(name, name) for name, _floor in definition_of(appraisal).bands]


class BandForm(HouseForm):
    band = forms.ChoiceField(label="等次", required=False, help_text="选“暂不评定”，是取消以前评定的等次")
    # The version of the result that was on the page.
    seen = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label="评定理由", max_length=300, help_text="依据什么评定的，写清楚；本人能看到")

    def __init__(self, *args, user, result, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        self.fields["band"].choices = [("", "暂不评定"), *band_choices(result.appraisal)]


class ObjectionForm(HouseModelForm):
    class Meta:
        model = Objection
        fields = ["text"]


class DecisionForm(HouseForm):
    """Keep the result, or correct it: the points of each manual item and the band may be given anew."""

    outcome = forms.ChoiceField(
        label="复核结果", choices=[("keep", "维持原结果"), ("correct", "更正")], widget=forms.RadioSelect,
        help_text="更正时，先把登记错了的改好；保存时按今天的登记重新计算这个人的分数",
    )  # fmt: skip
    decision = forms.CharField(label="复核意见和理由", max_length=1000, widget=forms.Textarea)

    def __init__(self, *args, user, objection, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        result = objection.result
        items = [item for item in definition_of(result.appraisal).items if item.scoring == "manual"]
        for item in items:
            self.fields[f"points_{item.code}"] = forms.DecimalField(
                label=f"{item.code} {item.name}改为（分）", required=False, min_value=0, max_value=item.points,
                max_digits=5, decimal_places=2, help_text=f"现在 {result.points_of(item.code)} 分；不改的不填",
            )  # fmt: skip
        if result.is_open:
            choices = [("", "不改"), *band_choices(result.appraisal)]
            self.fields["band"] = forms.ChoiceField(label="等次改为", required=False, choices=choices)


# --- the selection --------------------------------------------------------------------------------------
class NominationForm(HouseModelForm):
    class Meta:
        model = Nomination
        fields = ["appointment", "year", "deeds", "reason"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        today = timezone.localdate()
        rows = Appointment.objects.visible_to(user, "selections.nominate").current_on(today)
        rows = rows.exclude(role=Appointment.Role.SUNSHINE_TUTOR).select_related("tenure__worker", "organisation")
        self.fields["appointment"].label = "推荐谁"
        self.fields["appointment"].queryset = rows.order_by("org_path", "pk")
        self.fields["appointment"].label_from_instance = lambda row: f"{row.organisation.label}　{row.tenure.worker}"
        self.fields["year"].initial = today.year
        self.fields["year"].help_text = f"{today.year - 1} 或 {today.year}"


class OpinionForm(HouseModelForm):
    agrees = forms.ChoiceField(label="是否同意", choices=[("yes", "同意"), ("no", "不同意")], widget=forms.RadioSelect)

    class Meta:
        model = NominationOpinion
        fields = ["text", "given_on"]

    field_order = ["agrees", "text", "given_on"]


class PublicityForm(HouseModelForm):
    class Meta:
        model = Nomination
        fields = ["public_from", "public_to", "public_place"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = True


class SaidForm(HouseModelForm):
    class Meta:
        model = NominationObjection
        fields = ["raised_by", "raised_on", "text"]


class FindingForm(HouseForm):
    is_upheld = forms.ChoiceField(label="问题是否属实", choices=YES_NO, widget=forms.RadioSelect)
    finding = forms.CharField(label="调查结论", max_length=1000, widget=forms.Textarea)


class ConcludeForm(HouseForm):
    outcome = forms.ChoiceField(
        label="结果", choices=[("awarded", "授予"), ("refused", "不授予")], widget=forms.RadioSelect
    )
    decided_on = ThreeBoxDateField(label="日期", help_text="表彰文件的日期，或决定不授予的日期")
    document_number = forms.CharField(label="表彰文号", max_length=100, required=False, help_text="授予的必填")
    reason = forms.CharField(label="不授予的原因", max_length=300, required=False, help_text="不授予的必填")
