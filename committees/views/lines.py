"""Pages of single lines: the arithmetic of one, deductions, corrections, payments once more, people forgotten."""

from django.urls import reverse
from django.utils.functional import cached_property

from committees import services
from committees.forms import AgainForm, CorrectForm, DeductionForm, ReturnedMoneyForm, SupplementForm
from committees.models import Appointment, SubsidyBatch, SubsidyDeduction, SubsidyLine
from committees.services.lines import why_not_corrected
from committees.views.batch_steps import BatchStepView, batch_url, batches_crumb
from federation.shared.forms import HouseForm
from federation.shared.templatetags.ui import cn_date, cn_month
from federation.shared.views import ScopedActView, ScopedDetailView, Section, get_in_scope

# So many people are offered at once; the next ones after these are done.
SHOWN = 200


Outcome = SubsidyLine.Outcome


def line_url(line) -> str:
    return reverse("subsidy-line-detail", args=[line.pk])


def may_take_back_return(line) -> bool:
    if line.outcome != Outcome.FAILED or line.batch.state != SubsidyBatch.State.APPROVED:
        return False
    return services.failed_of(line.batch).filter(worker=line.worker_id, arrived_on__isnull=False).exists()


class LineDetailView(ScopedDetailView):
    permission = "subsidies.view"
    model = SubsidyLine

    def get_queryset(self):
        return super().get_queryset().select_related("organisation", "worker", "batch__organisation", "corrects__batch")

    def breadcrumbs(self):
        return [batches_crumb(), {"url": batch_url(self.object.batch), "label": str(self.object.batch)}]

    def get_title(self):
        return f"{self.object.worker.name}的补贴明细"

    def actions(self, row):
        notice = {"url": reverse("subsidy-line-notice", args=[row.pk]), "label": "发放通知"}
        return [*self.changes(row), *([notice] if row.batch.is_final else [])]

    def changes(self, row) -> list[dict]:
        mine = SubsidyLine.objects.visible_to(self.request.user, SubsidyLine.edit_permission).filter(pk=row.pk)
        if not mine.exists():
            return []
        wanted = []
        if row.batch.state == SubsidyBatch.State.DRAFT:
            wanted = [("deduct", "扣减")] if row.corrects_id is None else []
            wanted += [("remove", "删除这一行")] if row.kind != SubsidyLine.Kind.REGULAR else []
        elif row.batch.is_final:
            is_origin = row.corrects_id is None
            wanted = [("correct", "更正")] if is_origin and row.outcome != Outcome.GIVEN_UP else []
            wanted += [("returned", "登记退汇")] if row.outcome == Outcome.PAID and row.amount > 0 else []
            wanted += [("again", "退回重发")] if row.outcome == Outcome.FAILED else []
            wanted += [("not-returned", "撤销退汇")] if may_take_back_return(row) else []
        return [{"url": reverse(f"subsidy-line-{name}", args=[row.pk]), "label": label} for name, label in wanted]

    def sections(self, row):
        deductions = [self._deduction(each, row) for each in row.deductions.visible_to(self.request.user)]
        money = [
            {"label": "类别", "value": row.get_kind_display()},
            {"label": "算式", "value": row.arithmetic},
            {"label": "应发", "value": f"{row.gross_amount} 元"},
            *deductions,
            {"label": "实发", "value": f"{row.amount} 元"},
            {"label": "县财政", "value": f"{row.county_share} 元"},
            {"label": "乡镇（街道）", "value": f"{row.township_share} 元"},
            {"label": "公益性岗位资金", "value": f"{row.welfare_share} 元"},
        ]
        about = [
            {"label": "机构", "value": row.organisation.name},
            {"label": "岗位", "value": row.get_role_display()},
            {"label": "到账情况", "value": f"{row.get_outcome_display()} {cn_date(row.outcome_on)}".strip()},
        ]
        for label, value in (("问题", row.problem), ("原因", row.reason), ("银行退回原因", row.outcome_reason)):
            if value:
                about.append({"label": label, "value": value})
        if row.corrects:
            about.append({"label": "更正的是", "value": str(row.corrects.batch), "url": line_url(row.corrects)})
        return [Section("金额", money), Section("其他", about)]

    def _deduction(self, deduction, row) -> dict:
        shown = {"label": f"扣减：{deduction.reason}", "value": f"-{deduction.amount} 元"}
        if row.batch.state == SubsidyBatch.State.DRAFT:
            shown["url"] = reverse("subsidy-deduction-delete", args=[deduction.pk])
        return shown


class LineStepView(ScopedActView):
    """Something done about one line; `self.object` is the line."""

    permission = "subsidies.edit"
    label = ""

    @property
    def submit_label(self):
        return self.label

    def dispatch(self, request, *args, **kwargs):
        rows = SubsidyLine.objects.select_related(
            "batch__organisation", "organisation", "worker", "appointment", "corrects"
        )
        self.object = get_in_scope(rows, request.user, self.permission, SubsidyLine.view_permission, pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def breadcrumbs(self):
        batch = self.object.batch
        line = {"url": line_url(self.object), "label": self.object.worker.name}
        return [batches_crumb(), {"url": batch_url(batch), "label": str(batch)}, line]

    def get_title(self):
        return f"{self.label}：{self.object.worker.name}"

    def question(self):
        rows = [
            {"label": "批次", "value": str(self.object.batch)},
            {"label": "算式", "value": self.object.arithmetic},
            {"label": "实发", "value": f"{self.object.amount} 元"},
        ]
        return {"consequence": self.consequence, "rows": rows}

    def success_url(self, row):
        return line_url(getattr(self, "made", None) or self.object)


class LineDeductView(LineStepView):
    label = "扣减"
    consequence = "扣减以后，实发和各方承担的金额跟着改。"
    success_message = "扣减已登记。"
    form_class = DeductionForm

    def act(self, values):
        services.deduct(line=self.object, amount=values["amount"], reason=values["reason"], by=self.request.user)


class LineCorrectView(LineStepView):
    label = "更正"
    consequence = "已审批的批次不能改。差额放进一个还没有复核的批次，和那一批一起复核、审批、发放。"
    success_message = "更正已放进批次。"
    form_class = CorrectForm

    def form_kwargs(self):
        return super().form_kwargs() | {"line": self.object}

    @cached_property
    def refusal(self) -> str:
        return why_not_corrected(self.object)

    @cached_property
    def difference(self):
        return None if self.refusal else services.difference(self.object)

    def get_form(self, instance=None):
        return self.form_class(self.sent(), initial={"amount": self.difference}, **self.form_kwargs())

    def question(self):
        asked = super().question()
        if self.refusal:
            asked["consequence"] = self.refusal
        else:
            asked["rows"].append({"label": "按今天的任职和标准算，差额", "value": f"{self.difference} 元"})
        return asked

    def act(self, values):
        self.made = services.correct_line(line=self.object, by=self.request.user, **values)


class LineAgainView(LineStepView):
    label = "退回重发"
    consequence = "银行退回的金额放进一个还没有复核的批次再发一次。请先改正账号。"
    success_message = "已放进批次重发。"
    form_class = AgainForm

    def form_kwargs(self):
        return super().form_kwargs() | {"line": self.object}

    def act(self, values):
        self.made = services.pay_again(line=self.object, by=self.request.user, **values)


class LineReturnedView(LineStepView):
    label = "登记退汇"
    consequence = (
        "钱到账以后银行又退了回来。此人在这个批次里的一笔改为“银行退回”，批次回到“已审批”，"
        "可以重发、放进以后的批次再发，或者登记不再发。"
    )
    success_message = "退汇已登记。请改正账号后重发，或者登记不再发。"
    form_class = ReturnedMoneyForm

    def question(self):
        asked = super().question()
        asked["rows"].append({"label": "到账日期", "value": cn_date(self.object.outcome_on)})
        if self.object.batch.state == SubsidyBatch.State.ARCHIVED:
            asked["consequence"] = services.ARCHIVED
        return asked

    def act(self, values):
        services.record_return(line=self.object, by=self.request.user, **values)


class LineNotReturnedView(LineStepView):
    label = "撤销退汇"
    consequence = "登记错了才用：钱其实没有退回来。这一笔改回“已到账”，日期是原来的到账日期。"
    success_message = "退汇已撤销。"
    form_class = HouseForm

    def act(self, values):
        services.take_back_return(line=self.object, by=self.request.user)


class LineRemoveView(LineStepView):
    label = "删除这一行"
    consequence = "从批次里删除这一行，审计日志里留下记录。"
    success_message = "已删除。"
    form_class = HouseForm
    is_done = False

    def act(self, values):
        services.remove_line(line=self.object, by=self.request.user)
        self.is_done = True

    def success_url(self, row):
        return batch_url(self.object.batch) if self.is_done else line_url(self.object)


class DeductionDeleteView(ScopedActView):
    permission = "subsidies.edit"
    title = "删去扣减"
    submit_label = "删去"
    success_message = "扣减已删去。"
    form_class = HouseForm

    def dispatch(self, request, *args, **kwargs):
        rows = SubsidyDeduction.objects.select_related("line__batch__organisation", "line__worker", "organisation")
        self.object = get_in_scope(
            rows, request.user, self.permission, SubsidyDeduction.view_permission, pk=kwargs["pk"]
        )
        return super().dispatch(request, *args, **kwargs)

    def breadcrumbs(self):
        line = self.object.line
        return [batches_crumb(), {"url": line_url(line), "label": line.worker.name}]

    def question(self):
        return {"consequence": "删去以后按应发的金额发放。", "rows": [{"label": "扣减", "value": str(self.object)}]}

    def act(self, values):
        services.take_back_deduction(deduction=self.object, by=self.request.user)

    def success_url(self, row):
        return line_url(self.object.line)


class SupplementView(BatchStepView):
    """People whom an earlier batch has forgotten."""

    permission = "subsidies.edit"
    name, label = "supplement", "补发"
    states = (SubsidyBatch.State.DRAFT,)
    consequence = "所选的人以前漏发的月份，按那几个月的标准补发。"
    success_message = "已放进批次补发。"
    form_class = SupplementForm

    @cached_property
    def missed(self) -> list[tuple[int, str]]:
        found = services.forgotten(self.object)
        rows = Appointment.objects.visible_to(self.request.user, self.permission).filter(pk__in=list(found)[:SHOWN])
        rows = rows.select_related("tenure__worker", "organisation").order_by("org_path", "pk")
        return [(row.pk, self._words(row, found[row.pk])) for row in rows]

    def _words(self, row, months) -> str:
        named = "、".join(map(cn_month, months[:6])) + ("等" if len(months) > 6 else "")
        return f"{row.organisation.label} {row.tenure.worker.name}：{named}，共 {len(months)} 个月"

    def get_form(self, instance=None):
        return self.form_class(self.sent(), choices=self.missed, **self.form_kwargs())

    def question(self):
        asked = super().question()
        if not self.missed:
            asked["consequence"] = "以前的批次没有漏发的人，不用补发。"
        return asked

    def act(self, values):
        services.supplement(
            batch=self.object, appointments=values["people"], reason=values["reason"], by=self.request.user
        )
