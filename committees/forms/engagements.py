"""What people type about committee members: the person, the post and the contract in one form."""

from django import forms
from django.core.exceptions import ValidationError

from committees.models import Appointment
from committees.services import MEMBER_IDENTITIES, NOT_A_MEMBER
from federation.shared import normalise
from federation.shared.ethnicity import EthnicityField
from federation.shared.forms import HouseForm, HouseModelForm, ThreeBoxDateField
from federation.shared.sealed import SealedText
from orgs import uploads
from orgs.forms import normal
from orgs.models import PAID_POSTS, Identity, Post, Sex, Tenure, Worker
from orgs.services import worker_with_id_number
from orgs.worker_rules import contradictions

MEMBER_CHOICES = [choice for choice in Identity.choices if choice[0] in MEMBER_IDENTITIES]
PAID_CHOICES = [choice for choice in Post.choices if choice[0] in PAID_POSTS]


class WorkerForm(HouseModelForm):
    """A person's own record."""

    sex = forms.ChoiceField(label="性别", choices=Sex.choices, widget=forms.RadioSelect, required=False)
    ethnicity = EthnicityField(label="民族", required=False)

    sections_spec = [
        ("一、本人情况", ["name", "id_number", "sex", "ethnicity", "born_on", "education", "political_status"]),
        ("二、身份", ["identity", "certificate_number", "relative_name", "relation"]),
        ("三、联系和账号", ["phone", "address", "payment_account"]),
    ]

    class Meta:
        model = Worker
        fields = [
            *("name", "id_number", "sex", "ethnicity", "born_on", "education", "political_status"),
            *("identity", "certificate_number", "relative_name", "relation", "phone", "address", "payment_account"),
        ]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["ethnicity"].offer(self.instance.ethnicity)
        self.fields["name"].help_text = "按身份证填写，少数民族姓名中间用“·”"
        self.fields["id_number"].help_text = "18 位，最后一位可以是 X"
        self.fields["certificate_number"].help_text = "本人是残疾人的填写，20 位"
        self.fields["relative_name"].help_text = "身份是残疾人亲友的填写"
        self.fields["phone"].help_text = "手机号 11 位，座机写成 0943-3221234"

    def clean_name(self):
        return normal(normalise.name, self.cleaned_data["name"])

    def clean_id_number(self):
        return self._typed("id_number", normalise.id_number)

    def clean_certificate_number(self):
        return self._typed("certificate_number", normalise.certificate_number)

    def clean_phone(self):
        return self._typed("phone", normalise.phone)

    def _typed(self, name, function):
        value = self.cleaned_data[name]
        return value if isinstance(value, SealedText) else normal(function, value)

    def clean(self):
        values = super().clean()
        born = values.get("born_on")
        found = contradictions(
            _plain(values.get("id_number")),
            values.get("sex") or "",
            born.isoformat() if born else "",
            _plain(values.get("certificate_number")),
        )
        for field, sentence in found:
            self.add_error(field, sentence)
        if values.get("identity") == Identity.RELATIVE and not values.get("relative_name"):
            self.add_error("relative_name", "身份是残疾人亲友，请填写残疾亲友姓名。")
        return values


class WorkerEditForm(WorkerForm):
    """Besides: the ID number belongs to nobody else, and who is engaged stays disabled or a relative."""

    def clean_id_number(self):
        number = super().clean_id_number()
        if isinstance(number, str) and number:
            other = worker_with_id_number(number)
            if other is not None and other.pk != self.instance.pk:
                raise ValidationError("这个身份证号已登记给另一个人。请核对身份证。")
        return number

    def clean_identity(self):
        identity = self.cleaned_data["identity"]
        engaged = self.instance.tenures.filter(post__in=PAID_POSTS, ended_on=None)
        if identity not in MEMBER_IDENTITIES and engaged.exists():
            raise ValidationError(NOT_A_MEMBER)
        return identity


def _plain(value) -> str:
    if isinstance(value, SealedText):
        return value.open_plain() if value.is_readable() else ""
    return value or ""


def check_contract(form, values):
    """The days of a contract and of a certificate, in order."""
    for start, end in (("contract_from", "contract_to"), ("certificate_issued_on", "certificate_expires_on")):
        if values.get(start) and values.get(end) and values[end] < values[start]:
            form.add_error(end, f"早于{form.fields[start].label}。请核对。")
    if values.get("certificate_number") and not values.get("certificate_issued_on"):
        form.add_error("certificate_issued_on", "填了上岗证编号，请填发证日期。")


class EngagementForm(WorkerForm):
    """Person, post and contract of a new committee member or tutor."""

    post = forms.ChoiceField(label="岗位", choices=PAID_CHOICES)
    identity = forms.ChoiceField(label="身份", choices=MEMBER_CHOICES, widget=forms.RadioSelect)
    started_on = ThreeBoxDateField(label="任职日期")
    is_concurrent = forms.BooleanField(label="兼任", required=False)
    other_job = forms.CharField(label="另任职务", max_length=100, required=False, help_text="专职的不填")
    contract_from = ThreeBoxDateField(label="聘期起", required=False)
    contract_to = ThreeBoxDateField(label="聘期止", required=False)
    employment = forms.ChoiceField(
        label="用工方式", choices=[("", "请选择"), *Appointment.Employment.choices], required=False
    )
    document_number = forms.CharField(label="聘任文号", max_length=100, required=False)
    member_certificate = forms.CharField(label="上岗证编号", max_length=50, required=False)
    certificate_issued_on = ThreeBoxDateField(label="上岗证发证日期", required=False)
    certificate_expires_on = ThreeBoxDateField(label="上岗证有效期至", required=False)

    sections_spec = [
        *WorkerForm.sections_spec,
        ("四、任职", ["post", "started_on", "is_concurrent", "other_job"]),
        ("五、聘任", ["contract_from", "contract_to", "employment", "document_number"]),
        ("六、上岗证", ["member_certificate", "certificate_issued_on", "certificate_expires_on"]),
    ]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        self.fields["id_number"].required = True

    def _get_validation_exclusions(self):
        # A person on file is found again by the number (orgs.services.find_or_record_worker), not refused here.
        return super()._get_validation_exclusions() | {"id_number", "id_number_index"}

    def clean(self):
        values = super().clean()
        check_contract(self, values | {"certificate_number": values.get("member_certificate")})
        return values

    def tenure_values(self) -> dict:
        return {name: self.cleaned_data[name] for name in ("post", "started_on", "is_concurrent", "other_job")}

    def appointment_values(self) -> dict:
        names = ("contract_from", "contract_to", "employment", "document_number")
        names += ("certificate_issued_on", "certificate_expires_on")
        values = {name: self.cleaned_data[name] for name in names}
        return values | {"certificate_number": self.cleaned_data["member_certificate"]}


class AppointmentForm(HouseModelForm):
    """Corrects days, contract and certificate of an engagement."""

    started_on = ThreeBoxDateField(label="任职日期")
    is_concurrent = forms.BooleanField(label="兼任", required=False)
    other_job = forms.CharField(label="另任职务", max_length=100, required=False)
    document_scan = forms.FileField(label="任职书扫描件", required=False, help_text=uploads.HINT)

    sections_spec = [
        ("一、任职", ["started_on", "is_concurrent", "other_job", "document_scan"]),
        ("二、聘任", ["role", "contract_from", "contract_to", "employment", "document_number"]),
        ("三、上岗证", ["certificate_number", "certificate_issued_on", "certificate_expires_on"]),
    ]
    of_tenure = ("started_on", "is_concurrent", "other_job", "document_scan")

    class Meta:
        model = Appointment
        fields = [
            *("role", "contract_from", "contract_to", "employment", "document_number"),
            *("certificate_number", "certificate_issued_on", "certificate_expires_on"),
        ]

    def __init__(self, *args, user, **kwargs):
        tenure = kwargs["instance"].tenure
        stored = {name: getattr(tenure, name) for name in self.of_tenure}
        super().__init__(*args, **(kwargs | {"initial": stored | (kwargs.get("initial") or {})}))

    def clean_document_scan(self):
        scan = self.cleaned_data["document_scan"]
        return uploads.accept_scan(scan) if scan and "document_scan" in self.changed_data else scan

    def clean(self):
        values = super().clean()
        check_contract(self, values)
        return values

    def changed_tenure(self) -> Tenure:
        """The tenure with what was typed of it."""
        tenure = self.instance.tenure
        for name in self.of_tenure:
            value = self.cleaned_data[name]
            # An empty file box means "as before".
            if name != "document_scan" or value:
                setattr(tenure, name, value)
        return tenure


class EndEngagementForm(HouseForm):
    ended_on = ThreeBoxDateField(label="离任日期", help_text="离任当天仍算在任")
    ending = forms.ChoiceField(
        label="离任原因",
        choices=[choice for choice in Appointment.Ending.choices if choice[0] != Appointment.Ending.RENEWED],
        widget=forms.RadioSelect,
    )
    ground = forms.ChoiceField(
        label="解聘原因", choices=[("", "不是解聘"), *Appointment.Ground.choices], required=False,
        help_text="离任原因选“解聘”的，请选一项",
    )  # fmt: skip
    reason = forms.CharField(label="说明", max_length=200, required=False, help_text="写明经过或依据")

    def clean(self):
        values = super().clean()
        if values.get("ending") != Appointment.Ending.DISMISSED:
            values["ground"] = ""
            return values
        if not values.get("ground"):
            self.add_error("ground", "请选择解聘的原因。")
        if values.get("ground") == Appointment.Ground.OTHER and not values.get("reason"):
            self.add_error("reason", "解聘原因选了“其他”，请写明。")
        return values
