"""An administrator permits one renewal in spite of what speaks against it, or takes the permit back."""

from committees.forms.changes import RenewalPermitForm
from committees.models import RenewalPermit
from committees.renewal_bars import bars_against
from committees.services import permit_renewal, withdraw_renewal_permit
from committees.views.changes import OfOneAppointment, OfOneTenure
from federation.shared.forms import HouseForm
from federation.shared.views import get_in_scope


class RenewalPermitView(OfOneAppointment):
    permission = "members.permit_renewal"
    form_class = RenewalPermitForm
    title = submit_label = "准许续聘"
    success_message = "已准许。由业务人员办理续聘。"

    def question(self):
        against = [{"label": "不予续聘", "value": bar.words} for bar in bars_against(self.object)]
        words = "只准许续聘一次；以后的考核再不称职的，要另行准许。原因本人和业务人员都看得到。"
        return {"consequence": words, "rows": [*self.told(), *against]}

    def act(self, values):
        permit_renewal(
            appointment=self.object, reason=values["reason"], document_number=values["document_number"],
            by=self.request.user,
        )  # fmt: skip


class RenewalWithdrawView(OfOneTenure):
    permission = "members.permit_renewal"
    model = RenewalPermit
    form_class = HouseForm
    title = submit_label = "取消续聘的准许"
    success_message = "准许已取消。"

    def dispatch(self, request, *args, **kwargs):
        rows = RenewalPermit.objects.select_related(
            "appointment__tenure__worker", "appointment__tenure__organisation", "past_contract"
        )
        self.object = get_in_scope(
            rows, request.user, self.permission, RenewalPermit.view_permission, pk=kwargs["pk"]
        )  # fmt: skip
        self.tenure = self.object.appointment.tenure
        return super().dispatch(request, *args, **kwargs)

    def question(self):
        rows = [*self.told(), {"label": "准许的原因", "value": self.object.reason}]
        return {"consequence": "取消以后，不能再按它办理续聘。", "rows": rows}

    def act(self, values):
        withdraw_renewal_permit(permit=self.object, by=self.request.user)
