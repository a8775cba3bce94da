"""Files whose period of keeping is over: the list, the decision on one, and what was erased."""

import datetime

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from federation.shared.export_kinds import Sensitivity
from federation.shared.history import save_versioned
from federation.shared.list_exports import ListExport, Shown
from federation.shared.tables import Column
from federation.shared.templatetags.ui import cn_date
from federation.shared.views import ScopedActView, ScopedListView, get_in_scope
from ledgers import consent
from ledgers.erasure import PERMISSION as ERASE
from ledgers.erasure import erase_person
from ledgers.keeping import proposals_to_decide
from ledgers.models import Erasure, ErasureProposal
from ledgers.privacy_forms import ErasureForm
from ledgers.views.persons import person_url
from ledgers.views.privacy import WHAT_GOES

LONGEST = 5  # years for which an erasure may be put off at once
DAYS_A_YEAR = 365


def rule_word(name: str) -> str:
    rules = {rule.name: rule for rule in consent.policy_now().keeping}
    rule = rules.get(name)
    return f"{rule.label}满 {rule.years} 年" if rule else name


def list_url() -> str:
    return reverse("erasure-list")


class ErasureListView(ScopedListView):
    model = ErasureProposal
    permission = ERASE
    title = "到期待删除"
    columns = [
        Column(
            "person", "姓名", value=lambda row: row.person.name,
            link=lambda row: reverse("erasure-confirm", args=[row.person.uid]),
        ),
        Column("place", "登记机构", value=lambda row: row.organisation.label),
        Column("rule", "为什么到期", value=lambda row: rule_word(row.rule)),
        Column("due_on", "到期日期", sort="due_on"),
        Column("kept", "暂缓", value=lambda row: f"到 {cn_date(row.kept_until)}" if row.kept_until else ""),
    ]  # fmt: skip
    ordering = ("due_on",)
    exports = (
        ListExport(
            "erasures-due", "erasure-list", Sensitivity.PERSONAL,
            ("person", "place", "rule", "due_on", "kept_until", "kept_reason"),
            told=lambda view: "连暂缓的" if view.request.GET.get("all") else "不含暂缓的",
        ),
    )  # fmt: skip

    def get_queryset(self):
        rows = super().get_queryset().select_related("person", "organisation")
        return rows if self.request.GET.get("all") else proposals_to_decide(rows)

    def actions(self):
        all_shown = bool(self.request.GET.get("all"))
        return [
            {
                "url": list_url() if all_shown else f"{list_url()}?all=1",
                "label": "不看暂缓的" if all_shown else "连暂缓的一起看",
                "kind": "",
            },
            {"url": reverse("erasure-done"), "label": "删除记录", "kind": ""},
        ]

    def extra(self):
        return {
            "lead": "保存期满的登记表，系统每天凌晨列在这里，不会自己删除；由有删除权限的人逐份确认，或写明原因暂缓。"
        }


class ErasureConfirmView(ScopedActView):
    """Erase the file, or put the erasure off."""

    permission = ERASE
    form_class = ErasureForm
    submit_label = "确定"
    success_message = "已删除。"

    def dispatch(self, request, *args, uid, **kwargs):
        rows = ErasureProposal.objects.select_related("person", "organisation")
        self.object = get_in_scope(rows, request.user, self.permission, person__uid=uid)
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"到期删除：{self.object.person.name}"

    def breadcrumbs(self):
        return [{"url": list_url(), "label": "到期待删除"}]

    def question(self):
        row = self.object
        rows = [
            {"label": "登记表", "value": row.person.name, "url": person_url(row.person)},
            {"label": "登记机构", "value": row.organisation.name},
            {"label": "为什么到期", "value": f"{rule_word(row.rule)}，{cn_date(row.due_on)}到期"},
        ]
        if row.kept_until:
            rows.append({"label": "暂缓过", "value": f"到 {cn_date(row.kept_until)}：{row.kept_reason}"})
        return {"consequence": f"{WHAT_GOES}删除后找不回来。", "rows": rows, "danger": True}

    def act(self, values):
        if values["decision"] == "keep":
            self._put_off(values)
        else:
            erase_person(person=self.object.person, by=self.request.user, reason=Erasure.Reason.RETENTION)

    def _put_off(self, values):
        today, until = timezone.localdate(), values["kept_until"]
        if until is None or not today < until <= today + datetime.timedelta(days=LONGEST * DAYS_A_YEAR):
            raise ValidationError({"kept_until": f"请填写今天以后、{LONGEST} 年以内的日期"})
        if not values["reason"].strip():
            raise ValidationError({"reason": "请写明为什么暂缓"})
        self.object.kept_until, self.object.kept_reason = until, values["reason"].strip()
        self.object.kept_by = self.request.user
        save_versioned(self.object, by=self.request.user, action="ledgers.erasure.put_off")
        self.success_message = f"已暂缓到{cn_date(until)}。"

    def success_url(self, row):
        return list_url()


class ErasureDoneView(ScopedListView):
    """That somebody was erased, where, when, by whom and why; never who."""

    model = Erasure
    permission = ERASE
    title = "个人信息删除记录"
    columns = [
        Column(
            "created_at", "时间", value=lambda row: f"{timezone.localtime(row.created_at):%Y-%m-%d %H:%M}", sort="id"
        ),
        Column("place", "登记机构", value=lambda row: row.organisation.label),
        Column("reason", "原因", value=lambda row: row.get_reason_display()),
        Column("created_by", "确认人", value=lambda row: row.created_by or "系统"),
        Column("removed", "删除了多少项", value=lambda row: sum(row.removed.values()), numeric=True),
    ]
    ordering = ("-id",)
    exports = (
        ListExport(
            "erasures-done", "erasure-done", Sensitivity.OFFICE,
            (Shown("时间", lambda row: row.created_at, "moment"), "place", "reason", "created_by", "removed"),
        ),
    )  # fmt: skip

    def get_queryset(self):
        return super().get_queryset().select_related("organisation", "created_by")

    def breadcrumbs(self):
        return [{"url": list_url(), "label": "到期待删除"}]

    def extra(self):
        return {"lead": "只记删除过，不记是谁。恢复备份以后，放行后台任务之前，系统按这些记录把已删除的人再删除一次。"}
