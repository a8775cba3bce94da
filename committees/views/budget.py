"""Next year's need, by area and payer, beside what another standard would make of it; the same as a workbook."""

from django.urls import reverse
from django.utils import timezone

from committees.budget import PAYERS, budget_of, budget_sheet, words_of
from committees.forms import BudgetForm
from committees.views.batch_steps import batches_crumb
from federation.shared import audit
from federation.shared.views import ScopedView
from federation.shared.workbooks import workbook_response


class BudgetView(ScopedView):
    permission = "subsidies.view"
    title = "补贴预算"
    template_name = "committees/budget.html"

    def breadcrumbs(self):
        return [batches_crumb()]

    def get(self, request):
        form = BudgetForm(request.GET or None, user=request.user)
        if not request.GET or not form.is_valid():
            return self.page(form=form, status=422 if form.errors else 200)
        budget = self.budget(form.cleaned_data)
        asked = request.GET.urlencode()
        issue = ""
        if budget.what_if and request.user.has_scope("subsidies.edit"):
            issue = f"{reverse('subsidy-standard-add')}?{asked}"
        return self.page(
            form=form, budget=budget, words=words_of(budget), payers=PAYERS, issue_url=issue,
            table_url=f"{reverse('subsidy-budget-table')}?{asked}",
        )  # fmt: skip

    def budget(self, values):
        return budget_of(values["organisation"], values["year"], timezone.localdate(), values.get("what_if"))


class BudgetTableView(BudgetView):
    def get(self, request):
        form = BudgetForm(request.GET or None, user=request.user)
        if not request.GET or not form.is_valid():
            return super().get(request)
        budget = self.budget(form.cleaned_data)
        name = f"{budget.area.label}{budget.year}年补贴预算"
        audit.record(
            "subsidy.budget_given", actor=request.user, organisation=budget.area,
            details={"year": budget.year, "what_if": bool(budget.what_if)},
        )  # fmt: skip
        mark = f"{request.user}　{request.user.home_organisation or ''}　{timezone.localtime():%Y-%m-%d %H:%M}"
        return workbook_response(name, [budget_sheet(budget)], watermark=mark)
