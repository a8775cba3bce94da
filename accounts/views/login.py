"""Logging in and out, and one's own password. Log-ins reach the audit log by shared.audit_signals."""

from django.contrib import messages
from django.contrib.auth import logout, views
from django.db import transaction
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from accounts import attempts
from accounts.forms import LoginForm, NewPasswordForm
from accounts.models import User
from accounts.sessions import begin_session
from federation.shared import audit
from federation.shared.permissions import LOGGED_IN, PUBLIC


@method_decorator(never_cache, name="dispatch")
class LoginView(views.LoginView):
    permission = PUBLIC
    authentication_form = LoginForm
    redirect_authenticated_user = True
    extra_context = {"title": "登录"}

    def form_valid(self, form):
        response = super().form_valid(form)
        begin_session(self.request)
        return response

    def post(self, request, *args, **kwargs):
        if attempts.is_waiting("login", request):
            return render(request, "registration/locked.html", {"title": "暂时不能登录"}, status=429)
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form):
        attempts.count_refusal("login", self.request)
        return self.render_to_response(self.get_context_data(form=form), status=422)


WRONG_PASSWORDS_ALLOWED = 5
GUESSED = (
    f"现在的密码连续 {WRONG_PASSWORDS_ALLOWED} 次不正确，已退出登录。请重新登录后再改；忘记密码请联系本单位管理员重设。"
)


OVERTAKEN = "您的账号刚被停用，或者密码刚被重设，这次没有修改。请重新登录；登录不了请联系本单位管理员。"


class LogoutView(views.LogoutView):
    permission = LOGGED_IN


class PasswordChangeView(views.PasswordChangeView):
    permission = LOGGED_IN
    form_class = NewPasswordForm
    success_url = reverse_lazy("password_change_done")
    extra_context = {"title": "修改密码"}

    def get(self, request, *args, **kwargs):
        if request.user.must_change_password:
            messages.info(request, "这是您第一次登录或密码刚被重设，请先换成自己的密码。")
        return super().get(request, *args, **kwargs)

    def form_valid(self, form):
        user = form.user
        with transaction.atomic():
            stored = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
            if not stored.is_active or stored.password != user.password:
                # Disabled, or given another password, while the words were looked at: that stands.
                logout(self.request)
                messages.error(self.request, OVERTAKEN)
                return redirect("login")
            form.save(commit=False)
            user.must_change_password = False
            user.save(update_fields=["password", "must_change_password"])
            audit.record("accounts.password_changed", actor=user, target=user)
        # As super() does: this login stays, every other session of the account ends.
        views.update_session_auth_hash(self.request, user)
        return redirect(self.get_success_url())

    def form_invalid(self, form):
        if "old_password" in form.errors and self.request.POST.get("old_password"):
            # Who sits down at somebody's open page may not try passwords for as long as the login lasts.
            kind = f"password-{form.user.pk}"
            attempts.count_refusal(kind, self.request)
            if attempts.is_waiting(kind, self.request, WRONG_PASSWORDS_ALLOWED):
                attempts.forget(kind, self.request)
                logout(self.request)
                messages.error(self.request, GUESSED)
                return redirect("login")
        return self.render_to_response(self.get_context_data(form=form), status=422)


class PasswordChangeDoneView(views.PasswordChangeDoneView):
    permission = LOGGED_IN
    extra_context = {"title": "密码已修改"}
