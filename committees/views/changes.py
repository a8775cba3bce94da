"""An engagement goes on: renewed where it is, or begun at another body on the day after it ended here."""

from committees.forms.changes import MemberMoveForm, RenewForm
from committees.models import Appointment
from committees.services import move_member, renew_contract, why_not_renewed
from committees.services.renewal_permits import standing_permits
from committees.views.members import after_leaving, list_crumb, member_url
from committees.views.tenure_rows import days_of, permit_words, role_of
from federation.shared.templatetags.ui import cn_date
from federation.shared.views import ScopedActView, get_in_scope
from orgs.models import Tenure


class OfOneTenure(ScopedActView):
    """A step of one engagement; `self.tenure` is the post."""

    permission = "members.edit"

    def breadcrumbs(self):
        worker = self.tenure.worker
        return [list_crumb(), {"url": member_url(worker), "label": worker.name}, {"label": self.title}]

    def told(self) -> list[dict]:
        return [
            {"label": "姓名", "value": self.tenure.worker.name},
            {"label": "机构", "value": self.tenure.organisation.name},
            {"label": "岗位", "value": role_of(self.tenure)},
            {"label": "任职日期", "value": cn_date(self.tenure.started_on)},
        ]

    def success_url(self, row):
        return member_url(self.tenure.worker)


class OfOneAppointment(OfOneTenure):
    """A step whose object is the engagement itself."""

    model = Appointment

    def dispatch(self, request, *args, **kwargs):
        rows = Appointment.objects.select_related("tenure__worker", "tenure__organisation")
        self.object = get_in_scope(
            rows, request.user, self.permission, Appointment.view_permission, pk=kwargs["pk"]
        )  # fmt: skip
        self.tenure = self.object.tenure
        return super().dispatch(request, *args, **kwargs)


class RenewView(OfOneAppointment):
    form_class = RenewForm
    title = submit_label = "续聘"
    success_message = "续聘已登记。"

    def question(self):
        present = days_of(self.object.contract_from, self.object.contract_to) or "没有登记"
        rows = [*self.told(), {"label": "现在的聘期", "value": present}]
        if words := why_not_renewed(self.object):
            rows.append({"label": "不予续聘", "value": words})
        rows += [{"label": "准许续聘", "value": permit_words(each)} for each in standing_permits(self.object)]
        return {"consequence": "现在的聘期转为“以前的聘期”保留，任职不中断。", "rows": rows}

    def act(self, values):
        renew_contract(
            appointment=self.object, contract_from=values["contract_from"], contract_to=values["contract_to"],
            document_number=values["document_number"], by=self.request.user, expected_version=self.object.version,
        )  # fmt: skip


class MemberMoveView(OfOneTenure):
    model = Tenure
    form_class = MemberMoveForm
    title = submit_label = "调任"
    success_message = "调任已登记。"

    def dispatch(self, request, *args, **kwargs):
        rows = Tenure.objects.filter(appointment__isnull=False, ended_on=None)
        rows = rows.select_related("worker", "organisation", "appointment")
        self.object = get_in_scope(rows, request.user, self.permission, Tenure.view_permission, pk=kwargs["pk"])
        self.tenure = self.object
        return super().dispatch(request, *args, **kwargs)

    def get_form(self, instance=None):
        form = super().get_form(instance)
        self.form = form
        return form

    def question(self):
        return {"consequence": "原来的任职结束，第二天起在新机构任职；上岗证随人转去。一步办完。", "rows": self.told()}

    def act(self, values):
        after = move_member(
            tenure=self.tenure, target=values["organisation"], first_day=values["first_day"],
            appointment=self.form.new_appointment(), reason=values["reason"], by=self.request.user,
            expected_version=self.tenure.version,
        )  # fmt: skip
        self.still_in_scope(after)

    def success_url(self, row):
        return after_leaving(self.tenure, self.request.user)

    def cancel_url(self):
        return member_url(self.tenure.worker)
