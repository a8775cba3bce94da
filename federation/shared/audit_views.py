"""The audit log for its readers: a list to search and the whole of one entry. Nothing here writes."""

import django_filters
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone

from federation.actions import ACTIONS
from federation.shared import audit
from federation.shared.audit_words import action_words, label_words
from federation.shared.export_kinds import Sensitivity
from federation.shared.forms import HouseForm, ThreeBoxDateField
from federation.shared.list_exports import ListExport, Shown
from federation.shared.models import AuditEntry
from federation.shared.tables import Column
from federation.shared.views import ScopedDetailView, ScopedListView, Section

HIDDEN = "（不登记内容，只登记校验值）"


def when(entry) -> str:
    return timezone.localtime(entry.at).strftime("%Y-%m-%d %H:%M:%S")


def who(entry) -> str:
    if entry.actor_kind == audit.USER:
        return entry.actor_name or f"账号 {entry.actor_id}"
    if entry.actor_kind == audit.SYSTEM:
        return "系统"
    if entry.actor_kind == audit.ANONYMOUS:
        return "未登录的访问者"
    return f"{label_words(entry.actor_kind)} {entry.actor_id}"


def what(entry) -> str:
    return f"{label_words(entry.target_label)} {entry.target_id}".strip()


class WholeDayFilter(django_filters.Filter):
    """A day typed in three boxes."""

    field_class = ThreeBoxDateField


class AuditFilter(django_filters.FilterSet):
    username = django_filters.CharFilter(label="登录名", method="by_username")
    action = django_filters.ChoiceFilter(label="操作", choices=lambda: sorted(ACTIONS.items()), empty_label="全部")
    target = django_filters.CharFilter(label="对象编号", field_name="target_id")
    since = WholeDayFilter(label="从", field_name="at", lookup_expr="date__gte")
    until = WholeDayFilter(label="到", field_name="at", lookup_expr="date__lte")

    class Meta:
        model = AuditEntry
        form = HouseForm
        fields = ["username", "action", "target", "since", "until"]

    def by_username(self, queryset, name, value):
        # What the account did and what was tried in its name.
        accounts = get_user_model()._default_manager.filter(username=value).values("pk")
        did = queryset.filter(actor_kind=audit.USER, actor_id__in=accounts)
        tried = queryset.filter(target_label=get_user_model()._meta.label_lower)
        numbers = [str(pk) for pk in accounts.values_list("pk", flat=True)]
        return did | tried.filter(target_id__in=numbers)


class AuditQueryMixin:
    permission = "audit.view"
    model = AuditEntry

    def get_queryset(self):
        accounts = get_user_model()._default_manager.filter(pk=OuterRef("actor_id"))
        # A kind other than "user" has ids of its own: who() looks at the kind first.
        names = Subquery(accounts.values("display_name")[:1])
        return super().get_queryset().select_related("organisation").annotate(actor_name=names)


class AuditListView(AuditQueryMixin, ScopedListView):
    title = "审计日志"
    columns = [
        Column("at", "时间", value=when, sort="id", link=lambda entry: reverse("audit-detail", args=[entry.pk])),
        Column("actor", "操作者", value=who),
        Column("action", "操作", value=lambda entry: action_words(entry.action)),
        Column("target", "对象", value=what),
        Column("organisation", "机构", value=lambda entry: entry.organisation),
        Column("ip", "来源地址"),
        Column("reason", "理由"),
    ]
    exports = (
        ListExport(
            "audit", "audit-list", Sensitivity.OFFICE,
            ("at", "actor", Shown("操作", lambda entry: action_words(entry.action), width=24),
             "target", "organisation", "ip", "reason"),
        ),
    )  # fmt: skip
    filterset_class = AuditFilter
    ordering = ("-id",)
    # Counting would read the whole log for a number nobody needs.
    counts_rows = False


class AuditDetailView(AuditQueryMixin, ScopedDetailView):
    def get_title(self):
        return f"审计记录：{action_words(self.object.action)}"

    def breadcrumbs(self):
        return [{"url": reverse("audit-list"), "label": "审计日志"}]

    def sections(self, entry):
        return [
            Section(
                "做了什么",
                [
                    _row("时间", when(entry)),
                    _row("操作者", who(entry)),
                    _row("操作", f"{action_words(entry.action)}（{entry.action}）"),
                    _row("对象", what(entry)),
                    _row("机构", entry.organisation),
                    _row("理由", entry.reason),
                    *[_row(name, value) for name, value in sorted(entry.details.items())],
                ],
            ),
            Section("改动内容", [_row(label, text) for label, text in _changes(entry)] or [_row("改动", "没有")]),
            Section(
                "来源", [_row("来源地址", entry.ip), _row("浏览器", entry.user_agent), _row("请求", entry.request_id)]
            ),
            Section("校验", [_row("位置", entry), _row("校验值", entry.entry_hash)]),
        ]


def _row(label, value) -> dict:
    return {"label": label, "value": value}


def _changes(entry) -> list[tuple[str, str]]:
    names = sorted(set(entry.before) | set(entry.after))
    return [
        (_field_words(entry.target_label, name), f"{_shown(entry.before.get(name))} → {_shown(entry.after.get(name))}")
        for name in names
    ]


def _field_words(label, name) -> str:
    try:
        return str(apps.get_model(label)._meta.get_field(name).verbose_name)
    except (LookupError, ValueError, FieldDoesNotExist):
        return name


def _shown(value) -> str:
    if value in (None, ""):
        return "（空）"
    if isinstance(value, bool):
        return "是" if value else "否"
    return HIDDEN if isinstance(value, dict) and "hashed" in value else str(value)
