"""What people type about training: sessions, who goes, who was there, certificates, targets."""

from django import forms
from django.utils import timezone

from committees.forms.subsidies import areas_for
from committees.models import SubsidyPeriod, TrainingAttendance, TrainingSession, TrainingTarget
from committees.services.training import OUTCOMES
from federation.shared.forms import HouseForm, HouseModelForm, ThreeBoxDateField
from orgs.models import Level


class SessionForm(HouseModelForm):
    sections_spec = [
        ("一、培训班", ["organisation", "title", "code", "kind", "gives_certificate"]),
        ("二、时间和地点", ["starts_on", "ends_on", "hours", "place"]),
        ("三、内容", ["topics", "teacher"]),
    ]

    class Meta:
        model = TrainingSession
        fields = [
            *("organisation", "title", "code", "kind", "gives_certificate", "starts_on", "ends_on", "hours", "place"),
            *("topics", "teacher"),
        ]
        widgets = {"topics": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        hosts = areas_for(user, TrainingSession.edit_permission)
        self.fields["organisation"].label = "主办机构"
        self.fields["organisation"].queryset = hosts
        self.fields["organisation"].initial = hosts.first()


class CancelSessionForm(HouseForm):
    reason = forms.CharField(label="取消原因", max_length=200)


class RegisterForm(HouseForm):
    """People to be ticked, or all who still have to go; `choices` are (tenure, name and body)."""

    people = forms.TypedMultipleChoiceField(
        label="报名的人", coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, user, choices, due: int, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        self.fields["people"].choices = choices
        self.actions = [("chosen", "给勾选的人报名", "primary")] if choices else []
        if due:
            self.actions.append(("due", f"给还要培训的 {due} 人全部报名", "" if choices else "primary"))

    def clean(self):
        values = super().clean()
        if self.chosen_action == "chosen" and not values.get("people"):
            self.add_error("people", "请勾选要报名的人。")
        return values


class AttendanceForm(HouseForm):
    """One choice a person: was there, and with what result. Fields are called by the attendance's key."""

    def __init__(self, *args, user, rows: list[TrainingAttendance], all_attended: bool, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        for row in rows:
            first = row.outcome
            if all_attended and row.presence == TrainingAttendance.Presence.REGISTERED:
                first = TrainingAttendance.Presence.ATTENDED.value
            self.fields[f"p{row.pk}"] = forms.ChoiceField(
                label=f"{row.worker.name}（{row.organisation.label}）", choices=OUTCOMES, initial=first
            )
            self.fields[f"v{row.pk}"] = forms.IntegerField(initial=row.version, widget=forms.HiddenInput, min_value=1)

    def outcomes(self) -> dict[int, tuple[str, int]]:
        return {
            int(name[1:]): (value, self.cleaned_data[f"v{name[1:]}"])
            for name, value in self.cleaned_data.items()
            if name.startswith("p")
        }


class AttendanceEditForm(HouseModelForm):
    sections_spec = [
        ("一、到会和考核", ["presence", "hours", "result", "remark"]),
        ("二、证书", ["certificate_number", "certificate_issued_on", "certificate_expires_on"]),
    ]

    class Meta:
        model = TrainingAttendance
        fields = [
            *("presence", "hours", "result", "remark"),
            *("certificate_number", "certificate_issued_on", "certificate_expires_on"),
        ]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)


class CertificateForm(HouseForm):
    prefix_word = forms.CharField(
        label="编号的前一部分", max_length=30, required=False, help_text="例如：会残培〔2026〕"
    )
    first_number = forms.IntegerField(label="第一个号码", min_value=1, max_value=999_999, initial=1)
    digits = forms.IntegerField(
        label="号码几位", min_value=1, max_value=6, initial=3, help_text="不够的前面补 0，例如 3 位的 001"
    )
    issued_on = ThreeBoxDateField(label="发证日期")
    expires_on = ThreeBoxDateField(label="有效期至", required=False, help_text="长期有效的不填")


class TargetForm(HouseModelForm):
    class Meta:
        model = TrainingTarget
        fields = ["organisation", "year", "audience", "times", "document_number"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        areas = areas_for(user, TrainingTarget.edit_permission).filter(level__lte=Level.COUNTY)
        self.fields["organisation"].label = "地区"
        self.fields["organisation"].queryset = areas
        self.fields["organisation"].initial = areas.first()
        self.fields["organisation"].help_text = "这个地区和它的下级都按这个次数，下级另有规定的除外"
        self.fields["year"].initial = timezone.localdate().year


class PeriodForm(HouseModelForm):
    class Meta:
        model = SubsidyPeriod
        fields = ["organisation", "from_year", "length", "month_rule", "document_number"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        areas = areas_for(user)
        self.fields["organisation"].label = "地区"
        self.fields["organisation"].queryset = areas
        self.fields["organisation"].initial = areas.first()
        self.fields["organisation"].help_text = "这个地区和它的下级都按这个周期，下级另有规定的除外"
        self.fields["from_year"].initial = timezone.localdate().year
