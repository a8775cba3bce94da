"""Forms of what people ask about their own data, and of files whose period is over."""

from django import forms
from django.utils import timezone

from federation.shared.forms import HouseForm, HouseModelForm, ThreeBoxDateField
from ledgers.models import PersonRequest
from ledgers.requests import KEPT_FOR


class RequestForm(HouseModelForm):
    class Meta:
        model = PersonRequest
        fields = ["kind", "asker", "identity_check", "received_on", "content"]
        help_texts = {
            "identity_check": "不能只凭电话办理：要确认提出的人是本人，或有监护、委托、亲属关系证明",
            "content": "更正的写清哪一项、应当是什么；其他的可以不填",
        }

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            self.fields["received_on"].initial = timezone.localdate()
        self.fields["received_on"].latest = timezone.localdate()

    def clean(self):
        values = super().clean()
        if values.get("kind") == PersonRequest.Kind.CORRECTION and not values.get("content"):
            self.add_error("content", "请写清要更正哪一项、应当是什么")
        if values.get("asker") == PersonRequest.Asker.RELATIVE and self.instance.person.deceased_on is None:
            self.add_error("asker", "登记表上没有死亡日期，近亲属不能代为提出；请选监护人或受委托人，或先登记死亡")
        return values


class DecisionForm(HouseForm):
    decision = forms.ChoiceField(
        label="办理", choices=[("grant", "已按请求办理"), ("refuse", "不同意")], widget=forms.RadioSelect
    )
    answer = forms.CharField(
        label="办理结果",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="写怎样办的；不同意的写理由和依据。这句话要告诉请求人",
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class WithdrawalForm(DecisionForm):
    """A withdrawal that is granted says on what the file may still be kept."""

    kept_for = forms.ChoiceField(
        label="凭什么继续保存这份登记表",
        choices=list(KEPT_FOR.items()),
        widget=forms.RadioSelect,
        required=False,
        help_text="同意办理的必选。撤回以后不再导出、不再成批打印；没有别的依据的要删除",
    )

    field_order = ["decision", "kept_for", "answer", "version"]


class ErasureForm(HouseForm):
    """Erase now, or keep until a day for a reason."""

    decision = forms.ChoiceField(
        label="办理", choices=[("erase", "删除"), ("keep", "暂缓删除")], widget=forms.RadioSelect
    )
    kept_until = ThreeBoxDateField(label="暂缓到", required=False, help_text="暂缓的填写，最长 5 年")
    reason = forms.CharField(
        label="暂缓原因", max_length=300, required=False, help_text="例如：补贴发放有争议，等处理结果；不要写号码"
    )


class ConfirmForm(HouseForm):
    """Yes or no to an erasure on request."""

    decision = forms.ChoiceField(
        label="办理", choices=[("erase", "删除这个人的个人信息"), ("refuse", "不同意删除")], widget=forms.RadioSelect
    )
    answer = forms.CharField(
        label="不同意的理由", max_length=300, required=False, help_text="写明依据，这句话要告诉请求人"
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
