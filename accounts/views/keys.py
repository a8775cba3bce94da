"""Keys of machine clients: list, issue (the secret is shown once), disable."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.filters import KeyFilter
from accounts.forms import KeyForm
from accounts.models import ApiKey
from federation.roles import API_RESOURCES
from federation.shared.export_kinds import Sensitivity
from federation.shared.list_exports import ListExport
from federation.shared.tables import Column
from federation.shared.templatetags.ui import cn_date, tag
from federation.shared.views import ScopedFormView, ScopedListView, ScopedView, add_refusal, get_in_scope

HERE = {"url": "/keys/", "label": "接口密钥"}


def state_of(key) -> str:
    if not key.is_active:
        return tag("bad", "停用")
    if key.expires_on < timezone.localdate():
        return tag("warn", "已过期")
    if not key.is_valid:
        return tag("warn", "机构已撤销")
    return tag("ok", "有效")


def resources_of(key) -> str:
    return "、".join(API_RESOURCES.get(name, name) for name in key.resources)


class KeyListView(ScopedListView):
    permission = "accounts.manage"
    model = ApiKey
    title = "接口密钥"
    caption = "上级或其他系统读取数据用的密钥（点名称可停用）"
    filterset_class = KeyFilter
    ordering = ("name", "-expires_on")
    exports = (
        ListExport(
            "keys", "key-list", Sensitivity.OFFICE,
            ("name", "key_id", "organisation", "resources", "expires_on", "last_used_at", "state"),
        ),
    )  # fmt: skip
    columns = [
        Column("name", "名称", sort="name", link=lambda key: reverse("key-disable", args=[key.pk])),
        Column("key_id", "密钥编号"),
        Column("organisation", "机构"),
        Column("resources", "可读取的内容", value=resources_of),
        Column("expires_on", "有效期至", sort="expires_on"),
        Column("last_used_at", "最近使用", value=lambda key: cn_date(key.last_used_at) or "从未使用"),
        Column("state", "状态", value=state_of),
    ]

    def get_queryset(self):
        return super().get_queryset().select_related("organisation")

    def actions(self):
        return [
            {"url": reverse("key-add"), "label": "发放密钥", "kind": "primary"},
            {"url": reverse("api-docs"), "label": "接口说明", "kind": ""},
        ]


class KeyCreateView(ScopedFormView):
    permission = "accounts.manage"
    model = ApiKey
    title = "发放接口密钥"
    form_class = KeyForm
    submit_label = "发放并显示密钥"

    def breadcrumbs(self):
        return [HERE]

    def success_url(self, row):
        return HERE["url"]

    def get(self, request):
        return self.show(self.get_form())

    def post(self, request):
        form = self.get_form()
        if not form.is_valid():
            return self.show(form)
        try:
            with transaction.atomic():
                key, secret = services.issue_key(by=request.user, **form.cleaned_data)
                self.still_in_scope(key)
        except ValidationError as refusal:
            add_refusal(form, refusal)
            return self.show(form)
        self.template_name = "accounts/secret.html"
        return self.page(
            title="接口密钥",
            secret=secret,
            label="密钥",
            name=key.name,
            advice="请马上抄给对方，并用安全的方式传送。系统只保存它的校验值，离开本页后谁也看不到它；丢失了请停用后另发一个。",
            back_url=HERE["url"],
        )


class KeyDisableView(ScopedView):
    permission = "accounts.manage"
    model = ApiKey
    template_name = "generic/confirm.html"

    def breadcrumbs(self):
        return [HERE]

    def get_object(self):
        return get_in_scope(ApiKey.objects, self.request.user, self.permission, pk=self.kwargs["pk"])

    def get(self, request, pk):
        key = self.get_object()
        rows = [
            {"label": "名称", "value": key.name},
            {"label": "密钥编号", "value": key.key_id},
            {"label": "机构", "value": str(key.organisation)},
            {"label": "状态", "value": state_of(key)},
        ]
        return self.page(
            title="停用接口密钥",
            consequence="停用后，用它读取数据的系统马上会被拒绝。停用不能撤回，需要时请另发一个。",
            submit_label="停用",
            danger=True,
            rows=rows,
            cancel_url=HERE["url"],
        )

    def post(self, request, pk):
        key = self.get_object()
        services.disable_key(key=key, by=request.user)
        messages.success(request, f"密钥“{key.name}”已停用。")
        return redirect(HERE["url"])
