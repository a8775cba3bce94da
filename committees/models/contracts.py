"""Contracts that ended because another followed (续聘), and who was renewed in spite of what speaks against it.

The present contract stands on the appointment itself.
"""

from django.db import models
from django.db.models import F, Q

from committees.models.appointments import Appointment
from federation.shared.scope import OwnedByOrganisation
from federation.shared.templatetags.ui import cn_date


class PastContract(OwnedByOrganisation):
    """One earlier contract of an appointment, kept as it was when the next one was signed."""

    appointment = models.ForeignKey(
        Appointment, on_delete=models.CASCADE, related_name="past_contracts", verbose_name="聘任"
    )
    contract_from = models.DateField("聘期起")
    contract_to = models.DateField("聘期止")
    document_number = models.CharField("聘任文号", max_length=100, blank=True)

    view_permission = "members.view"
    edit_permission = "members.edit"

    class Meta:
        verbose_name = "以前的聘期"
        verbose_name_plural = "以前的聘期"
        ordering = ["-contract_from", "id"]
        indexes = [models.Index(fields=["org_path"], name="past_contract_path")]
        constraints = [
            models.CheckConstraint(condition=Q(contract_to__gte=F("contract_from")), name="past_contract_order"),
            models.UniqueConstraint(fields=["appointment", "contract_from"], name="past_contract_once"),
        ]

    def __str__(self):
        return f"{cn_date(self.contract_from)}至 {cn_date(self.contract_to)}"


class RenewalPermit(OwnedByOrganisation):
    """That one engagement may be renewed once although something speaks against it: an administrator notes why.

    The contract that ended when it was made use of points at it from `past_contract`.
    """

    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, related_name="renewal_permits", verbose_name="聘任"
    )
    # What it lifts: committees.renewal_bars.Bar, as it was when the permit was given.
    bar = models.CharField("不予续聘的依据", max_length=50, editable=False)
    bar_words = models.CharField("不予续聘的原因", max_length=300, editable=False)
    reason = models.CharField("准许的原因", max_length=200, help_text="例如：该村无人可聘，本人已整改，县残联会议同意")
    document_number = models.CharField("依据文件", max_length=100, blank=True)
    past_contract = models.OneToOneField(
        PastContract, on_delete=models.PROTECT, null=True, editable=False, related_name="renewed_by_permit",
        verbose_name="用于哪个聘期之后的续聘",
    )  # fmt: skip

    view_permission = "members.view"
    edit_permission = "members.permit_renewal"
    # Words about people: the log keeps their hash.
    audit_sensitive = ("reason", "bar_words")

    class Meta:
        verbose_name = "续聘的准许"
        verbose_name_plural = "续聘的准许"
        ordering = ["-id"]
        indexes = [models.Index(fields=["org_path"], name="renewal_permit_path")]
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "bar"], condition=Q(past_contract__isnull=True), name="renewal_permit_open_once"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="renewal_permit_has_reason"),
        ]

    def __str__(self):
        return f"准许续聘 {self.appointment}"
