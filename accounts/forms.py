"""What people type to log in and to change a password."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm

from federation.shared.forms import HouseFormMixin


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

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
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
