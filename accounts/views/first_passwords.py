"""Handing out first passwords: asked for township by township, shown in the answer itself and nowhere else."""

from django.urls import reverse

from accounts.first_passwords import AT_ONCE, hand_out, without_password
from accounts.forms import HandOutForm
from accounts.models import User
from accounts.views.accounts import HERE
from federation.shared.views import ScopedFormView


class FirstPasswordsView(ScopedFormView):
    permission = "accounts.manage"
    model = User
    form_class = HandOutForm
    template_name = "generic/confirm.html"
    title = "发初始密码"
    submit_label = "生成并显示"
    # What is shown must not be kept to be shown again.
    answers_once = False

    def breadcrumbs(self):
        return [HERE]

    def success_url(self, row):
        return HERE["url"]

    def ask(self, form):
        count = without_password(self.request.user).count()
        told = (
            f"还有 {count:,} 个账号没有密码。每次最多给 {AT_ONCE} 个账号生成初始密码，只显示这一次，请马上打印或抄下，"
            "当面或打电话告诉本人。本人第一次登录须换成自己的密码。"
        )
        return self.show(form, consequence=told)

    def get(self, request):
        return self.ask(self.get_form())

    def post(self, request):
        form = self.get_form()
        if not form.is_valid():
            return self.ask(form)
        area = form.cleaned_data["organisation"]
        given = hand_out(by=request.user, area=area)
        if not given:
            form.add_error(None, "没有还没发过密码的账号。已发过、忘记了的，请在账号页面重设密码。")
            return self.ask(form)
        self.template_name = "accounts/first_passwords.html"
        return self.page(
            title="初始密码",
            given=given,
            left=without_password(request.user, area).count(),
            again_url=reverse("first-passwords"),
            back_url=HERE["url"],
        )
