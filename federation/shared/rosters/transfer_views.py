"""People of a preview who are registered elsewhere: asked for, all or those chosen; nobody is taken silently."""

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse

from federation.shared.numbers import plain_number
from federation.shared.rosters import preview, services
from federation.shared.rosters.asking import may_ask, told, within_at_once
from federation.shared.rosters.registry import roster_of
from federation.shared.rosters.resource import RosterRefused
from federation.shared.rosters.views import RosterPage
from federation.shared.submissions import answer_once


class RosterTransfersView(RosterPage):
    template_name = "rosters/transfers.html"
    title = "申请转入"

    def breadcrumbs(self):
        name = reverse("roster-detail", args=[self.kwargs["pk"]])
        return [*super().breadcrumbs(), {"url": name, "label": "预览"}, {"label": self.title}]

    def get(self, request, **kwargs):
        row = self.get_object()
        if not may_ask(row, request.user):
            return redirect("roster-detail", pk=row.pk)
        shown = preview.page_of(row, roster_of(row.kind), "transfer", plain_number(request.GET.get("page")) or 1)
        return self.page(
            roster_import=row,
            table=shown,
            preview=shown,
            within=within_at_once(row, request.user),
            cancel_url=reverse("roster-detail", args=[row.pk]),
        )

    def post(self, request, **kwargs):
        return answer_once(request, self._ask)

    def _ask(self):
        request, row = self.request, self.get_object()
        back = redirect("roster-transfers", pk=row.pk)
        if not may_ask(row, request.user):
            return redirect("roster-detail", pk=row.pk)
        rows = {plain_number(number) for number in request.POST.getlist("row")} - {None}
        if request.POST.get("which") != "all" and not rows:
            messages.error(request, "没有选人。请先勾选要转入的人，或按“全部申请转入”。")
            return back
        try:
            outcome = services.ask_for_rows(
                row,
                rows=None if request.POST.get("which") == "all" else rows,
                at_once=request.POST.get("at_once") == "1" and bool(within_at_once(row, request.user)),
                by=request.user,
            )
        except RosterRefused as refusal:
            messages.error(request, str(refusal))
            return back
        messages.success(request, told(outcome))
        return redirect("roster-detail", pk=row.pk)
