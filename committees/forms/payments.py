"""What people type about sheets for the bank and what came back of them."""

from django import forms

from federation.shared.forms import HouseForm, ThreeBoxDateField
from federation.shared.models import ExportFile


class PurposeForm(HouseForm):
    purpose = forms.CharField(
        label="用途",
        min_length=4,
        max_length=200,
        help_text="写明做什么用，例如：发给本人核对。用途会登记备查。",
        error_messages={"min_length": "用途至少写 4 个字，写明做什么用。"},
    )


class SheetForm(HouseForm):
    """What every file with opened account numbers asks: which format, and what for."""

    format = forms.ChoiceField(
        label="文件格式", choices=ExportFile.Format.choices, initial=ExportFile.Format.XLSX, widget=forms.RadioSelect
    )
    purpose = forms.CharField(
        label="用途",
        min_length=4,
        max_length=200,
        help_text="表里有完整的账号和身份证号。写明交给谁，例如：交农商银行代发上半年补贴。用途会印在文件里，并登记备查。",
        error_messages={"min_length": "用途至少写 4 个字，写明交给谁、做什么用。"},
    )


class SendToBankForm(SheetForm):
    leave_out = forms.BooleanField(
        label="其余的人先发", required=False, help_text="账号不能用的人留在退回名单里，改正账号以后再重发"
    )
    field_order = ["leave_out", "format", "purpose"]

    def __init__(self, *args, has_faults, **kwargs):
        super().__init__(*args, **kwargs)
        if not has_faults:
            del self.fields["leave_out"]


class SheetAgainForm(SheetForm):
    sheet = forms.TypedChoiceField(label="哪一张", coerce=int)
    field_order = ["sheet", "format", "purpose"]

    def __init__(self, *args, sheets, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["sheet"].choices = sheets


class SendAgainForm(SheetForm):
    people = forms.TypedMultipleChoiceField(label="重发给谁", coerce=int, widget=forms.CheckboxSelectMultiple)
    field_order = ["people", "format", "purpose"]

    def __init__(self, *args, choices, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["people"].choices = choices


class GiveUpForm(HouseForm):
    reason = forms.CharField(
        label="原因",
        max_length=100,
        help_text="例如：本人已去世。这些月份放回，以后的批次可以补发",
    )


class ReturnedMoneyForm(HouseForm):
    on = ThreeBoxDateField(label="退汇日期", help_text="银行把钱退回来的日期")
    reason = forms.CharField(label="退汇原因", max_length=100, help_text="照银行的通知写，例如：账户已销户")
