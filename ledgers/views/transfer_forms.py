"""What is typed when a person is asked for, offered, or when the other side answers."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from federation.shared import normalise
from federation.shared.forms import HouseForm, SealedNumberField, ThreeBoxDateField
from ledgers.forms import VillageField


class MoveForm(HouseForm):
    """When and why: what both sides fill in."""

    moved_on = ThreeBoxDateField(label="迁移日期", help_text="实际迁入的日期，例如 2026 年 4 月 3 日")
    reason = forms.CharField(
        label="原因",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="例如：随子女搬到本村居住，户口已迁入。不要写号码",
    )

    def clean_moved_on(self):
        day = self.cleaned_data["moved_on"]
        if day > timezone.localdate():
            raise ValidationError(f"迁移日期 {day} 晚于今天。请改为实际日期。")
        return day


class AskForm(MoveForm):
    to_organisation = VillageField()
    id_number = SealedNumberField(kind="id_number", label="身份证号", help_text="18 位，按身份证填写")
    name = forms.CharField(label="姓名", max_length=50, help_text="按身份证填写，要与原登记表一致")

    field_order = ["to_organisation", "id_number", "name", "moved_on", "reason"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to_organisation"].label = "转入哪个村（社区）"
        self.fields["to_organisation"].offer(self.user)

    def clean_id_number(self):
        return _normal(normalise.id_number, self.cleaned_data["id_number"])

    def clean_name(self):
        return _normal(normalise.name, self.cleaned_data["name"])


def _normal(function, value):
    try:
        return function(value)
    except normalise.NotNormal as error:
        raise ValidationError(str(error)) from error


class OfferForm(MoveForm):
    to_organisation = forms.ChoiceField(label="转到哪个村（社区）", widget=forms.RadioSelect)

    field_order = ["to_organisation", "moved_on", "reason"]

    def __init__(self, *args, villages, **kwargs):
        super().__init__(*args, **kwargs)
        self.villages = {str(village.pk): village for village, _words in villages}
        self.fields["to_organisation"].choices = [(str(village.pk), words) for village, words in villages]

    def clean_to_organisation(self):
        return self.villages[self.cleaned_data["to_organisation"]]


class AnswerForm(HouseForm):
    actions = [("accept", "同意转移", "primary"), ("refuse", "不同意", "danger")]

    answer = forms.CharField(
        label="处理意见",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="不同意的必填：写明原因，对方会看到。不要写号码",
    )
