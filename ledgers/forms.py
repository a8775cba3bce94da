"""The personal form as people fill it in."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from federation.shared import normalise
from federation.shared.ethnicity import EthnicityField
from federation.shared.forms import HouseModelForm, ThreeBoxDateField
from federation.shared.sealed import SealedText
from ledgers import rules
from ledgers.consent import policy_now
from ledgers.distinct import WHY
from ledgers.entry_files import fields_of, photo_field, scan_field
from ledgers.models import DisabledPerson
from ledgers.models.dictionaries import AttachmentKind, DisabilityCategory, Rehabilitation
from orgs.models import BodyKind, Level, Organisation, Post, Sex, Tenure, Worker

DRAFT_GONE = (
    "这份草稿已在另一个窗口里提交或删除。请先到“残疾人登记”里查一下这个人是否已经登记；确实没有登记的，再按一次“提交”。"
)
PARTS = [choice for choice in DisabilityCategory.choices if choice[0] != DisabilityCategory.MULTIPLE]


class VillageField(forms.ModelChoiceField):
    """Villages and communities the user may write for, grouped by township."""

    def __init__(self, **kwargs):
        super().__init__(queryset=Organisation.objects.none(), label="所在村（社区）", **kwargs)
        self.error_messages["invalid_choice"] = (
            "所选的村（社区）不在您负责的范围内，请从列表中选择。要转到别处的，请办理转移。"
        )

    def offer(self, user, keep=None):
        """Fill the list for `user`; `keep` is the body the row lies in now."""
        # A membership ends with a day, so bodies abolished by now are left out.
        bodies = Organisation.objects.visible_to(user, DisabledPerson.edit_permission)
        villages = bodies.of_kind(BodyKind.VILLAGE_ASSOCIATION, Level.VILLAGE).live_on(timezone.localdate())
        if keep is not None:
            villages = villages | bodies.filter(pk=keep)
        self.queryset = villages.distinct()
        rows = list(self.queryset.values_list("pk", "path", "short_name", "name"))
        above = {path[: -Organisation.steplen] for _pk, path, _short, _name in rows}
        towns = dict(Organisation.objects.filter(path__in=above).values_list("path", "short_name"))
        groups: dict[str, list] = {}
        for pk, path, short, name in rows:
            groups.setdefault(towns.get(path[: -Organisation.steplen]) or "其他", []).append((pk, short or name))
        if len(rows) == 1:
            self.initial = rows[0][0]
            self.choices = [(rows[0][0], rows[0][2] or rows[0][3])]
        else:
            self.choices = [("", "请选择"), *groups.items()]


def _normal(function, value):
    """`value` as `function` keeps it, its refusal as a form error."""
    try:
        return function(value) if value else value
    except normalise.NotNormal as error:
        raise ValidationError(str(error)) from error


class PersonForm(HouseModelForm):
    organisation = VillageField()
    sex = forms.ChoiceField(label="性别", choices=Sex.choices, widget=forms.RadioSelect, required=False)
    ethnicity = EthnicityField(label="民族", required=False)
    category_parts = forms.MultipleChoiceField(
        label="多重残疾包含",
        choices=PARTS,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="只有残疾类别是多重的才填，至少选两种",
    )

    rehabilitation = forms.MultipleChoiceField(
        label="接受康复服务",
        choices=Rehabilitation.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="可选多项",
    )

    # Of a new entry; later ones are brought on the page 照片和材料.
    photo = photo_field()
    identity_scan = scan_field(AttachmentKind.IDENTITY, "身份证照片或扫描件")
    certificate_scan = scan_field(AttachmentKind.CERTIFICATE, "残疾人证照片或扫描件")
    consent_scan = scan_field(AttachmentKind.CONSENT, "签了字的同意书照片或扫描件")

    # Which draft of the author this is, for the button 存草稿 and for static/js/draft.js.
    draft = forms.CharField(required=False, widget=forms.HiddenInput)
    draft_version = forms.CharField(required=False, widget=forms.HiddenInput)
    # Shown only where files that are alike were found (ask_about): which, and why they are somebody else's.
    distinct_from = forms.CharField(required=False, widget=forms.HiddenInput)
    distinct_reason = forms.CharField(
        label="为什么不是同一个人",
        required=False,
        max_length=300,
        widget=forms.HiddenInput,
        help_text="确实不是同一个人的填写，例如：同名同日出生，身份证已当面核对。不要写号码",
    )

    sections_spec = [
        ("一、本人情况", ["organisation", "name", "sex", "ethnicity", "id_number", "born_on", "phone"]),
        (
            "二、残疾情况",
            [
                "certificate_number", "certificate_status", "category", "category_parts", "grade",
                "cause", "disabled_since", "certificate_issued_on", "next_review_on",
            ],
        ),
        (
            "三、家庭情况",
            [
                "register_type", "registered_address", "current_address", "grid", "household_size",
                "household_disabled", "is_elderly_disabled_household", "guardian_name", "guardian_relation",
                "guardian_phone", "marital_status", "education", "political_status",
            ],
        ),
        (
            "四、经济和社会保险",
            [
                "yearly_income", "dibao", "dibao_class", "is_extreme_poverty_support", "housing",
                "has_living_subsidy", "has_care_subsidy", "pension", "medical", "other_insurance",
            ],
        ),
        ("五、就业和教育", ["employment", "employer", "skills", "training_wish", "school"]),
        (
            "六、康复、辅助器具和照料",
            [
                "rehabilitation", "devices_held", "devices_needed", "is_home_adapted", "needs_home_adaptation", "care",
            ],
        ),
        (
            "七、帮扶和登记",
            ["responsible_cadre", "member_in_charge", "last_visited_on", "registered_on", "remark"],
        ),
        ("八、个人信息使用同意", ["consent_kind", "consented_on"]),
        ("九、照片和材料", ["photo", "identity_scan", "certificate_scan", "consent_scan"]),
        ("十、不是同一个人", ["distinct_reason"]),
    ]  # fmt: skip

    class Meta:
        model = DisabledPerson
        fields = [
            "organisation", "name", "sex", "ethnicity", "id_number", "born_on", "phone",
            "certificate_number", "certificate_status", "category", "category_parts", "grade",
            "cause", "disabled_since", "certificate_issued_on", "next_review_on",
            "register_type", "registered_address", "current_address", "grid", "household_size",
            "household_disabled", "is_elderly_disabled_household", "guardian_name", "guardian_relation",
            "guardian_phone", "marital_status", "education", "political_status",
            "yearly_income", "dibao", "dibao_class", "is_extreme_poverty_support", "housing",
            "has_living_subsidy", "has_care_subsidy", "pension", "medical", "other_insurance",
            "employment", "employer", "skills", "training_wish", "school",
            "rehabilitation", "devices_held", "devices_needed", "is_home_adapted", "needs_home_adaptation", "care",
            "responsible_cadre", "member_in_charge", "last_visited_on", "registered_on", "remark",
            "consent_kind", "consented_on",
        ]  # fmt: skip

    HINTS = {
        "name": "按身份证填写，少数民族姓名中间用“·”",
        "id_number": "18 位，最后一位可以是 X；出生日期和性别要与它一致",
        "certificate_number": "20 位：身份证号、类别、等级；补证另加 B1、B2。疑似残疾或未办证的不填",
        "born_on": "例如 1968 年 4 月 3 日",
        "ethnicity": "按身份证选；打字可跳到那一项",
        "guardian_phone": "手机号 11 位，座机写成 0943-3221234",
        "phone": "手机号 11 位，座机写成 0943-3221234",
        "certificate_status": "没有残疾人证的选一项；有证的不选",
    }

    def __init__(self, *args, user, draft=None, draft_gone=False, **kwargs):
        """`draft` (what was typed) is drawn and not judged; `draft_gone`: the one that was sent with it is no more."""
        instance = kwargs.get("instance")
        self.is_draft = draft is not None and not kwargs.get("kept")
        if self.is_draft:
            kwargs["kept"] = draft
        if instance is not None and instance.pk:
            kwargs["initial"] = {
                "category_parts": list(instance.category_parts),
                "rehabilitation": list(instance.rehabilitation),
                **(kwargs.get("initial") or {}),
            }
        super().__init__(*args, **kwargs)
        self.user = user
        self.draft_gone = draft_gone
        if self.is_draft:
            # Its notice is of another kind than that of an ended login.
            self.was_kept = False
        self.actions = [
            ("submit", "保存" if user.has_scope("persons.approve") else "提交", "primary"),
            ("draft", "存草稿", ""),
        ]
        for name, hint in self.HINTS.items():
            self.fields[name].help_text = hint
        self.fields["consent_kind"].help_text = policy_now().purpose
        for name in rules.MANDATORY:
            self.fields[name].counts = True
        self.fields["organisation"].offer(user, keep=self.instance.organisation_id)
        self.fields["ethnicity"].offer(self.instance.ethnicity)
        self._offer_members(user)
        if not self.instance.pk:
            for name in ("registered_on", "consented_on"):
                self.fields[name].initial = timezone.localdate()
            for name in ("consent_kind", "consented_on"):
                self.fields[name].required = True
        else:
            for name in fields_of(self):
                del self.fields[name]

    def _offer_members(self, user):
        posts = Tenure.objects.visible_to(user, DisabledPerson.edit_permission).of_post(Post.COMMITTEE_MEMBER)
        wanted = posts.in_post_on(timezone.localdate()).values("worker")
        workers = Worker.objects.filter(pk__in=wanted)
        if self.instance.member_in_charge_id:
            workers = workers | Worker.objects.filter(pk=self.instance.member_in_charge_id)
        self.fields["member_in_charge"].queryset = workers.only("name").order_by("name", "id")

    def ask_about(self, similar, button, *, is_unanswered):
        """Draw the form again with the question whether the person is one of `similar`, and the button that says no."""
        self.data = self.data.copy()
        self.data["distinct_from"] = ",".join(str(row.uid) for row in similar)
        self.fields["distinct_reason"].widget = forms.TextInput()
        self.actions = [button, *(each for each in self.actions if each[0] == "draft")]
        if is_unanswered:
            self.add_error("distinct_reason", WHY)

    # --- each field as it is kept ---------------------------------------------------------------
    def clean_name(self):
        return _normal(normalise.name, self.cleaned_data["name"])

    def clean_guardian_name(self):
        return _normal(normalise.text, self.cleaned_data["guardian_name"])

    def clean_category_parts(self):
        return "".join(sorted(self.cleaned_data["category_parts"]))

    def clean_rehabilitation(self):
        return "".join(sorted(self.cleaned_data["rehabilitation"]))

    def clean_id_number(self):
        return self._typed("id_number", normalise.id_number)

    def clean_certificate_number(self):
        return self._typed("certificate_number", normalise.certificate_number)

    def clean_phone(self):
        return self._typed("phone", normalise.phone)

    def clean_guardian_phone(self):
        return self._typed("guardian_phone", normalise.phone)

    def _typed(self, name, function):
        value = self.cleaned_data[name]
        return value if isinstance(value, SealedText) else _normal(function, value)

    # --- the fields together ----------------------------------------------------------------------
    def is_valid(self):
        return not self.is_draft and super().is_valid()

    def clean(self):
        values = super().clean()
        if self.draft_gone:
            self._say_that_the_draft_is_gone()
        self._refuse_findings(values)
        self._ask_for_day_of_consent(values)
        # Asked over all bodies on purpose: the answer says only that the number is on file.
        number, certificate = self._newly_typed("id_number"), self._newly_typed("certificate_number")
        if number and DisabledPerson.objects.id_number_taken(number, besides=self.instance.pk):
            self.add_error("id_number", rules.ID_NUMBER_TAKEN)
        elif certificate and not self.has_error("id_number") and self._is_on_file(certificate):
            self.add_error("certificate_number", rules.CERTIFICATE_TAKEN)
        return values

    def _ask_for_day_of_consent(self, values):
        """Which text somebody agreed to follows from the day."""
        changed = {"consent_kind", "consented_on"} & set(self.changed_data)
        if (
            changed
            and values.get("consent_kind")
            and not values.get("consented_on")
            and not self.has_error("consented_on")
        ):
            self.add_error("consented_on", "请填写同意日期")

    def _newly_typed(self, name) -> str:
        value = self.cleaned_data.get(name)
        return value if isinstance(value, str) and not self.has_error(name) else ""

    def _is_on_file(self, certificate) -> bool:
        people = DisabledPerson.objects
        if people.with_certificate(certificate).exclude(pk=self.instance.pk).exists():
            return True
        return people.id_number_taken(normalise.certificate_parts(certificate)[0], besides=self.instance.pk)

    def _say_that_the_draft_is_gone(self):
        """Once: what is sent from the page drawn next names no draft, and is taken."""
        self.data = self.data.copy()
        self.data["draft"] = self.data["draft_version"] = ""
        self.add_error(None, DRAFT_GONE)

    def _refuse_findings(self, values):
        """What the rules refuse, save for faults the stored record already has in fields nobody touched."""
        plain = {name: _plain(value) for name, value in values.items()}
        known = set(filter(None, self.instance.failed_checks.split(",")))
        for rule, field, sentence in rules.findings(plain):
            if not rule.refused or (rule.code in known and not self._touched(rule, field)):
                continue
            if field in self.fields and not self.has_error(field):
                self.add_error(field, sentence)

    def _touched(self, rule, field) -> bool:
        return bool({field, *rule.fields} & set(self.changed_data))


def _plain(value):
    if isinstance(value, SealedText):
        return value.open_plain() if value.is_readable() else None
    return value.isoformat() if hasattr(value, "isoformat") else value


def anchor_of(name: str) -> str:
    """Where a link to this field of the form lands: the control that takes the focus."""
    several = (forms.MultiWidget, forms.RadioSelect, forms.CheckboxSelectMultiple)
    return f"id_{name}_0" if isinstance(PersonForm.base_fields[name].widget, several) else f"id_{name}"


class EndForm(HouseModelForm):
    """A person leaves the register: moved away, deceased, or certificate cancelled; or was ended by mistake."""

    REASONS = [
        ("moved_away_on", "迁出"),
        ("deceased_on", "死亡"),
        ("cancelled_on", "残疾人证注销"),
        ("", "恢复登记（以前误填）"),
    ]

    reason = forms.ChoiceField(
        label="情形",
        widget=forms.RadioSelect,
        required=True,
        help_text="搬到别的村（社区）还在残联系统内的，不选迁出，请在登记表的“转移”里办理转出",
    )
    ended_on = ThreeBoxDateField(label="发生日期", required=False, help_text="恢复登记的不填")

    class Meta:
        model = DisabledPerson
        fields = ["remark"]

    field_order = ["reason", "ended_on", "remark"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        ended = not self.instance.is_current
        self.fields["reason"].choices = [(value or "resume", word) for value, word in self.REASONS if value or ended]
        for name, _word in self.REASONS[:3]:
            if getattr(self.instance, name):
                self.initial.update(reason=name, ended_on=getattr(self.instance, name))

    def clean(self):
        values = super().clean()
        reason, day = values.get("reason"), values.get("ended_on")
        if not reason or self.has_error("ended_on"):
            return values
        if reason == "resume":
            day = None
        elif day is None:
            self.add_error("ended_on", "请填写发生日期")
            return values
        for name, _word in self.REASONS[:3]:
            setattr(self.instance, name, day if name == reason else None)
        facts = {"born_on": self.instance.born_on, "registered_on": self.instance.registered_on, reason: day}
        for _field, sentence in rules.refusals({name: _plain(value) for name, value in facts.items()}):
            self.add_error("ended_on", sentence)
        return values
