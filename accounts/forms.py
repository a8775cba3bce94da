"""What people type to log in, to change a password, and to keep accounts and keys."""

from datetime import timedelta

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import RegexValidator
from django.db.models import Q
from django.utils import timezone

from accounts.models import ApiKey, Assignment, User
from accounts.services import (
    KEY_NAME_TAKEN,
    NAME_TAKEN,
    USERNAME,
    USERNAME_RULE,
    check_assignment,
    workers_for,
)
from federation.roles import API_RESOURCES, Role
from federation.shared.forms import HouseForm, HouseFormMixin, HouseModelForm, ThreeBoxDateField
from orgs.models import Organisation, Worker

KEY_LONGEST_DAYS = 365


class LoginForm(HouseFormMixin, AuthenticationForm):
    """One sentence for an unknown name, a wrong password and a disabled account: it tells nobody which."""

    error_messages = {
        "invalid_login": "账号或密码不正确。请核对后再试；忘记密码请联系本单位管理员重设。",
        "inactive": "账号或密码不正确。请核对后再试；忘记密码请联系本单位管理员重设。",
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "账号"
        self.fields["password"].label = "密码"
        for field in self.fields.values():
            field.error_messages["required"] = f"请填写{field.label}"


class NewPasswordForm(HouseFormMixin, PasswordChangeForm):
    error_messages = {
        "password_incorrect": "现在的密码不正确，请重新填写。",
        "password_mismatch": "两次填写的新密码不一样，请重新填写。",
    }
    field_order = ["old_password", "new_password1", "new_password2"]

    def __init__(self, user, *args, **kwargs):
        # By position: the mixin would take `user=` for itself.
        super().__init__(user, *args, **kwargs)
        labels = {"old_password": "现在的密码", "new_password1": "新密码", "new_password2": "再填一次新密码"}
        for name, label in labels.items():
            self.fields[name].label = label
            self.fields[name].help_text = ""
            self.fields[name].error_messages["required"] = f"请填写{label}"
        self.fields["new_password1"].help_text = "至少 10 个字符，不能全是数字，不要用姓名、账号和常见密码。"

    def clean_new_password1(self):
        new = self.cleaned_data["new_password1"]
        if new == self.cleaned_data.get("old_password"):
            raise forms.ValidationError("新密码不能与现在的密码相同，请另想一个。")
        return new


class OrganisationByName(forms.CharField):
    """A body in the user's scope, typed as its code or name: a list of 19,000 bodies is no choice."""

    default_error_messages = {
        "none": "在您管理的范围内没有找到“%(typed)s”。请填写机构全称、简称或 12 位区划代码。",
        "several": "“%(typed)s”有 %(count)s 个，请改填区划代码：%(names)s。",
    }

    def __init__(self, *, permission, **kwargs):
        self.permission = permission
        self.user = None
        kwargs.setdefault("label", "机构")
        kwargs.setdefault("help_text", "填写机构全称、简称或 12 位区划代码")
        super().__init__(max_length=100, **kwargs)

    def clean(self, value):
        typed = super().clean(value)
        if not typed:
            return None
        bodies = Organisation.objects.visible_to(self.user, self.permission).filter(abolished_on__isnull=True)
        found = list(bodies.filter(Q(code=typed) | Q(name=typed))[:6]) or list(bodies.filter(short_name=typed)[:6])
        if not found:
            raise ValidationError(self.error_messages["none"], code="none", params={"typed": typed})
        if len(found) > 1:
            names = "、".join(f"{body.name} {body.code}" for body in found[:5])
            params = {"typed": typed, "count": len(found) if len(found) < 6 else "好几", "names": names}
            raise ValidationError(self.error_messages["several"], code="several", params=params)
        return found[0]


class AssignmentForm(HouseForm):
    """A role at an organisation inside the giver's scope. `account` is None for an account still to be made."""

    role = forms.ChoiceField(label="角色", choices=[("", "请选择"), *Role.choices])
    organisation = OrganisationByName(permission="accounts.manage")
    since = ThreeBoxDateField(label="从哪天起", initial=timezone.localdate)
    until = ThreeBoxDateField(label="到哪天止", required=False, help_text="一直有效的不填；截止当天仍有效")

    def __init__(self, *args, user, account=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        self.account = account
        self.fields["organisation"].user = user

    def clean(self):
        cleaned = super().clean()
        if self.errors:
            return cleaned
        names = ("role", "organisation", "since", "until")
        self.assignment = Assignment(user=self.account, **{name: cleaned[name] for name in names})
        _add_errors(self, self.assignment, self.user)
        return cleaned


def _add_errors(form, assignment, by):
    try:
        check_assignment(assignment, by=by)
    except ValidationError as error:
        problems = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
        for name, texts in problems.items():
            form.add_error(name if name in form.fields else None, texts)


class AssignmentDatesForm(HouseModelForm):
    """Role and organisation of an assignment never change: end it and give another."""

    class Meta:
        model = Assignment
        fields = ["since", "until"]
        labels = {"since": "从哪天起", "until": "到哪天止"}

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self):
        cleaned = super().clean()
        if not self.errors:
            self.instance.since, self.instance.until = cleaned["since"], cleaned["until"]
            _add_errors(self, self.instance, self.user)
        return cleaned


class AccountForm(HouseModelForm):
    class Meta:
        model = User
        fields = ["display_name", "phone_extension"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)


class HandOutForm(HouseForm):
    """For whom first passwords are made: a township's accounts, or all that wait."""

    organisation = OrganisationByName(
        permission="accounts.manage", label="只发哪个机构及其下级的", required=False,
        help_text="不填就按机构次序发。填写机构全称、简称或 12 位区划代码",
    )  # fmt: skip

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["organisation"].user = user


class WorkerLinkForm(HouseModelForm):
    """Who logs in with the account: somebody in post at one of its bodies who has no other account."""

    class Meta:
        model = User
        fields = ["worker"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["worker"]
        seen = Worker.objects.visible_to(user).filter(pk__in=workers_for(self.instance).values("pk"))
        free = seen.filter(Q(account=None) | Q(account=self.instance))
        field.queryset = free.only("name").order_by("name", "id")
        field.empty_label = "不对应任何人"


class StateForm(HouseForm):
    ENABLED, DISABLED = "enabled", "disabled"
    state = forms.ChoiceField(choices=[(ENABLED, "启用"), (DISABLED, "停用")], widget=forms.HiddenInput)


class NewAccountForm(AssignmentForm):
    """A new account with its first role: an account without one could be managed by nobody."""

    username = forms.CharField(
        label="账号",
        max_length=30,
        help_text="3 到 30 个小写字母、数字或 . _ -，以字母开头，例如 huishi.wang",
        validators=[RegexValidator(rf"^{USERNAME.pattern}$", USERNAME_RULE)],
    )
    display_name = forms.CharField(label="姓名", max_length=50)
    phone_extension = forms.CharField(label="办公电话", max_length=30, required=False)
    field_order = ["username", "display_name", "phone_extension", "role", "organisation", "since", "until"]

    def clean_username(self):
        username = self.cleaned_data["username"]
        if User.objects.filter(username=username).exists():
            raise ValidationError(NAME_TAKEN)
        return username

    @property
    def new_account(self) -> User:
        names = ("username", "display_name", "phone_extension")
        return User(**{name: self.cleaned_data[name] for name in names})


class KeyForm(HouseForm):
    name = forms.CharField(label="名称", max_length=100, help_text="谁用它做什么，例如：省残联年报系统")
    organisation = OrganisationByName(permission="accounts.manage", label="可读取哪个机构及其下级")
    resources = forms.MultipleChoiceField(
        label="可读取的内容", choices=list(API_RESOURCES.items()), widget=forms.CheckboxSelectMultiple
    )
    expires_on = ThreeBoxDateField(label="有效期至", help_text="最长一年；到期前另发一个，换好后停用旧的")

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["organisation"].user = user

    def clean_expires_on(self):
        day = self.cleaned_data["expires_on"]
        today = timezone.localdate()
        if not today < day <= today + timedelta(days=KEY_LONGEST_DAYS):
            raise ValidationError(f"有效期应在明天至 {today + timedelta(days=KEY_LONGEST_DAYS):%Y-%m-%d} 之间。")
        return day

    def clean(self):
        cleaned = super().clean()
        if (
            not self.errors
            and ApiKey.objects.filter(organisation=cleaned["organisation"], name=cleaned["name"]).exists()
        ):
            self.add_error("name", KEY_NAME_TAKEN)
        return cleaned
