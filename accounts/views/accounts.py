"""Keeping accounts: list, add, edit, roles, disable, new password."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Prefetch
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html_join

from accounts import services
from accounts.filters import AccountFilter
from accounts.forms import (
    AccountForm,
    AssignmentDatesForm,
    AssignmentForm,
    NewAccountForm,
    StateForm,
    WorkerLinkForm,
)
from accounts.models import Assignment, User
from federation.shared.export_kinds import Sensitivity
from federation.shared.list_exports import ListExport, Shown
from federation.shared.tables import Column, Table
from federation.shared.templatetags.ui import cn_date, tag
from federation.shared.views import (
    ScopedDetailView,
    ScopedFormView,
    ScopedListView,
    ScopedUpdateView,
    ScopedView,
    Section,
    add_refusal,
    get_in_scope,
)

HERE = {"url": "/accounts/", "label": "账号"}


def account_url(account) -> str:
    return reverse("account-detail", args=[account.pk])


def roles_of(account) -> str:
    """The roles of a prefetched account, one a line."""
    return format_html_join("；", "{}", ((str(each),) for each in account.assignments.all()))


def state_of(account) -> str:
    return tag("ok", "启用") if account.is_active else tag("bad", "停用")


class AccountListView(ScopedListView):
    permission = "accounts.manage"
    model = User
    title = "账号"
    caption = "本单位和下级机构的账号"
    filterset_class = AccountFilter
    ordering = ("username", "display_name")
    exports = (
        ListExport(
            "accounts", "account-list", Sensitivity.OFFICE,
            ("username", "display_name", "roles", "phone_extension", "state",
             Shown("最近登录", lambda account: account.last_login, "moment")),
        ),
    )  # fmt: skip
    columns = [
        Column("username", "账号", sort="username", link=account_url),
        Column("display_name", "姓名", sort="display_name"),
        Column("roles", "角色和机构", value=roles_of),
        Column("state", "状态", value=state_of),
        Column("last_login", "最近登录", value=lambda account: _day(account.last_login)),
    ]

    def get_queryset(self):
        with_bodies = Assignment.objects.select_related("organisation").order_by("org_path", "role")
        return super().get_queryset().prefetch_related(Prefetch("assignments", with_bodies))

    def actions(self):
        return [
            {"url": reverse("account-add"), "label": "新建账号", "kind": "primary"},
            {"url": f"{reverse('roster-upload')}?kind=accounts", "label": "成批导入", "kind": ""},
            {"url": reverse("first-passwords"), "label": "发初始密码", "kind": ""},
            {"url": reverse("key-list"), "label": "接口密钥", "kind": ""},
            {"url": reverse("role-table"), "label": "角色和权限一览", "kind": ""},
        ]


def _day(moment) -> str:
    return cn_date(moment) if moment else "从未登录"


class AccountDetailView(ScopedDetailView):
    permission = "accounts.manage"
    model = User
    template_name = "accounts/account_detail.html"

    def breadcrumbs(self):
        return [HERE]

    def get_title(self):
        return f"账号 {self.object.username}"

    def sections(self, row):
        return [
            Section(
                "账号",
                [
                    {"label": "账号", "value": row.username},
                    {"label": "姓名", "value": row.display_name},
                    {"label": "办公电话", "value": row.phone_extension},
                    {"label": "对应的工作人员", "value": row.worker.name if row.worker else "没有对应"},
                    {"label": "状态", "value": state_of(row)},
                    {"label": "最近登录", "value": _day(row.last_login)},
                    {"label": "下次登录须改密码", "value": "是" if row.must_change_password else "否"},
                ],
            )
        ]

    def is_own(self, row) -> bool:
        return row.pk == self.request.user.pk

    def actions(self, row):
        if self.is_own(row):
            return []
        state = ("停用", "danger") if row.is_active else ("启用", "")
        return [
            {"url": reverse("account-edit", args=[row.pk]), "label": "修改姓名电话", "kind": ""},
            {"url": reverse("assignment-add", args=[row.pk]), "label": "增加角色", "kind": "primary"},
            {"url": reverse("account-worker", args=[row.pk]), "label": "对应工作人员", "kind": ""},
            {"url": reverse("account-reset-password", args=[row.pk]), "label": "重设密码", "kind": ""},
            {"url": reverse("account-state", args=[row.pk]), "label": state[0], "kind": state[1]},
        ]

    def extra(self, row):
        assignments = list(
            Assignment.objects.visible_to(self.request.user).filter(user=row).select_related("organisation")
        )
        in_force = set(Assignment.objects.in_force().filter(user=row).values_list("pk", flat=True))
        link = None if self.is_own(row) else lambda each: reverse("assignment-edit", args=[each.pk])
        columns = [
            Column("role", "角色", value=lambda each: each.get_role_display(), link=link),
            Column("organisation", "机构"),
            Column("since", "从哪天起"),
            Column("until", "到哪天止", value=lambda each: each.until or "一直有效"),
            Column(
                "state",
                "状态",
                value=lambda each: tag("ok", "有效") if each.pk in in_force else tag("warn", "未生效或已结束"),
            ),
        ]
        table = Table("角色（点角色名可修改起止日期）", columns, assignments, request=self.request)
        return {"assignment_table": table, "lead": services.OWN_RIGHTS if self.is_own(row) else ""}


class AccountCreateView(ScopedFormView):
    permission = "accounts.manage"
    model = User
    title = "新建账号"
    form_class = NewAccountForm
    submit_label = "新建并显示初始密码"

    def breadcrumbs(self):
        return [HERE]

    def success_url(self, row):
        return account_url(row) if row else HERE["url"]

    def get(self, request):
        return self.show(self.get_form())

    def post(self, request):
        form = self.get_form()
        if not form.is_valid():
            return self.show(form)
        account = form.new_account
        try:
            with transaction.atomic():
                password = services.create_account(account=account, assignment=form.assignment, by=request.user)
                self.still_in_scope(account)
        except ValidationError as refusal:
            add_refusal(form, refusal)
            return self.show(form)
        return show_password(self, account, password)


def show_password(view, account, password):
    """The one time a first password is shown: in the answer itself, kept nowhere."""
    view.template_name = "accounts/secret.html"
    return view.page(
        title="初始密码",
        secret=password,
        label="初始密码",
        name=f"{account.username}（{account.display_name}）",
        advice="请当面或打电话告诉本人。本人第一次登录时须换成自己的密码。离开本页后不能再看到它，忘记了可以再重设一次。",
        back_url=account_url(account),
    )


class AccountUpdateView(ScopedUpdateView):
    permission = "accounts.manage"
    model = User
    form_class = AccountForm

    def get_object(self):
        account = super().get_object()
        services.refuse_own_account(account, self.request.user)
        return account

    def breadcrumbs(self):
        return [HERE, {"url": account_url(self.object), "label": self.object.username}]

    def get_title(self):
        return f"修改账号 {self.object.username}"

    def update(self, form):
        account = form.save(commit=False)
        services.change_account(
            account=account, by=self.request.user, expected_version=self.submitted_version()
        )  # fmt: skip
        return account

    def success_url(self, row):
        return account_url(row)


class AccountWorkerView(AccountUpdateView):
    """Which worker the account is: decides whose posts and subsidies its page 我的 shows."""

    form_class = WorkerLinkForm

    def get_title(self):
        return f"账号 {self.object.username} 对应的工作人员"

    def update(self, form):
        account = form.save(commit=False)
        services.link_worker(
            account=account, worker=form.cleaned_data["worker"], by=self.request.user,
            expected_version=self.submitted_version(),
        )  # fmt: skip
        return account


class AccountActionView(ScopedView):
    """A page that asks first, then does one thing to somebody else's account."""

    permission = "accounts.manage"
    model = User
    template_name = "generic/confirm.html"

    def dispatch(self, request, *args, **kwargs):
        self.account = get_in_scope(User.objects, request.user, self.permission, pk=kwargs["pk"])
        services.refuse_own_account(self.account, request.user)
        return super().dispatch(request, *args, **kwargs)

    def breadcrumbs(self):
        return [HERE, {"url": account_url(self.account), "label": self.account.username}]

    def ask(self, **context):
        rows = [
            {"label": "账号", "value": self.account.username},
            {"label": "姓名", "value": self.account.display_name},
        ]
        return self.page(rows=rows, cancel_url=account_url(self.account), **context)


class ResetPasswordView(AccountActionView):
    def get(self, request, pk):
        return self.ask(
            title="重设密码",
            consequence="原来的密码马上失效，本人正在使用的登录会退出。新密码只显示一次。",
            submit_label="重设密码",
        )

    def post(self, request, pk):
        password = services.reset_password(account=self.account, by=request.user)
        return show_password(self, self.account, password)


class AccountStateView(AccountActionView):
    """The form says what is wanted: sent twice, or from a page that is no longer true, it does not do the opposite."""

    def get(self, request, pk):
        if self.account.is_active:
            return self.ask(
                form=StateForm(initial={"state": StateForm.DISABLED}),
                title="停用账号",
                consequence="停用后，本人下一次打开页面时就会退出，不能再登录。资料和记录都保留，可以再启用。",
                submit_label="停用",
                danger=True,
            )
        return self.ask(
            form=StateForm(initial={"state": StateForm.ENABLED}),
            title="启用账号",
            consequence="启用后，本人可以用原来的密码登录，角色照旧。",
            submit_label="启用",
        )

    def post(self, request, pk):
        form = StateForm(request.POST)
        if not form.is_valid():
            return self.get(request, pk)
        active = form.cleaned_data["state"] == StateForm.ENABLED
        services.set_active(account=self.account, active=active, by=request.user)
        messages.success(request, f"账号 {self.account.username} 已{'启用' if active else '停用'}。")
        return redirect(account_url(self.account))


class AssignmentCreateView(ScopedFormView):
    permission = "accounts.manage"
    model = Assignment
    form_class = AssignmentForm

    def dispatch(self, request, *args, **kwargs):
        self.account = get_in_scope(User.objects, request.user, self.permission, pk=kwargs["pk"])
        services.refuse_own_account(self.account, request.user)
        return super().dispatch(request, *args, **kwargs)

    def breadcrumbs(self):
        return [HERE, {"url": account_url(self.account), "label": self.account.username}]

    def get_title(self):
        return f"给账号 {self.account.username} 增加角色"

    def get_form(self):
        data = self.request.POST if self.request.method == "POST" else None
        return self.form_class(data, account=self.account, **self.form_kwargs())

    def success_url(self, row):
        return account_url(self.account)

    def get(self, request, pk):
        return self.show(self.get_form())

    def post(self, request, pk):
        form = self.get_form()
        if not form.is_valid():
            return self.show(form)
        try:
            with transaction.atomic():
                row = services.grant_role(assignment=form.assignment, by=request.user)
                self.still_in_scope(row)
        except ValidationError as refusal:
            add_refusal(form, refusal)
            return self.show(form)
        messages.success(request, f"已增加角色：{row}。")
        return redirect(self.success_url(row))


class AssignmentUpdateView(ScopedUpdateView):
    permission = "accounts.manage"
    model = Assignment
    form_class = AssignmentDatesForm

    def get_object(self):
        assignment = super().get_object()
        # Whoever holds a role above is not managed from here, and nobody changes their own.
        get_in_scope(User.objects, self.request.user, self.permission, pk=assignment.user_id)
        services.refuse_own_account(assignment.user, self.request.user)
        return assignment

    def breadcrumbs(self):
        account = self.object.user
        return [HERE, {"url": account_url(account), "label": account.username}]

    def get_title(self):
        return f"修改 {self.object.user.username} 的角色：{self.object}"

    def update(self, form):
        return services.change_role_dates(
            assignment=form.save(commit=False), expected_version=self.submitted_version(), by=self.request.user
        )

    def success_url(self, row):
        return account_url(row.user)
