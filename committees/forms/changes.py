"""What people type where an engagement goes on: renewed, or at another body; and where a second post is permitted."""

from django import forms

from accounts.forms import OrganisationByName
from committees.models import Appointment, RenewalPermit
from federation.shared.forms import HouseForm, HouseModelForm, ThreeBoxDateField
from orgs.models import SecondPostPermit


class RenewForm(HouseForm):
    contract_from = ThreeBoxDateField(label="新聘期起")
    contract_to = ThreeBoxDateField(label="新聘期止")
    document_number = forms.CharField(label="续聘文号", max_length=100, required=False)

    def clean(self):
        values = super().clean()
        first, last = values.get("contract_from"), values.get("contract_to")
        if first and last and last < first:
            self.add_error("contract_to", "早于新聘期起。请核对。")
        return values


class RenewalPermitForm(HouseModelForm):
    class Meta:
        model = RenewalPermit
        fields = ["reason", "document_number"]


class MemberMoveForm(HouseForm):
    organisation = OrganisationByName(
        permission="members.edit", label="调到哪个机构",
        help_text="填写机构全称、简称或 12 位区划代码；村名有重名的填区划代码。级别更高的记为聘到上一级",
    )  # fmt: skip
    first_day = ThreeBoxDateField(label="到新机构任职的第一天", help_text="原来的任职到前一天为止，中间不断档")
    contract_from = ThreeBoxDateField(label="新聘期起", required=False)
    contract_to = ThreeBoxDateField(label="新聘期止", required=False)
    employment = forms.ChoiceField(
        label="用工方式", choices=[("", "与原来相同"), *Appointment.Employment.choices], required=False
    )
    document_number = forms.CharField(label="聘任文号", max_length=100, required=False)
    reason = forms.CharField(label="说明", max_length=150, required=False, help_text="例如：年度选拔、工作需要")

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["organisation"].user = user

    def clean(self):
        values = super().clean()
        first, last = values.get("contract_from"), values.get("contract_to")
        if first and last and last < first:
            self.add_error("contract_to", "早于新聘期起。请核对。")
        if first and values.get("first_day") and first > values["first_day"]:
            self.add_error("contract_from", "晚于到新机构任职的第一天。请核对。")
        return values

    def new_appointment(self) -> Appointment:
        names = ("contract_from", "contract_to", "employment", "document_number")
        return Appointment(**{name: self.cleaned_data[name] for name in names})


class SecondPostForm(HouseModelForm):
    organisation = OrganisationByName(permission="members.permit_second", label="可以同时受聘的机构")

    class Meta:
        model = SecondPostPermit
        fields = ["organisation", "reason", "document_number"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["organisation"].user = user
