from django.db import models

from committees.querysets import AppointmentQuerySet
from federation.shared.scope import OwnedByOrganisation
from orgs.models import Tenure


class Appointment(OwnedByOrganisation):
    """The engagement (聘任) behind a committee member's or tutor's tenure."""

    class Role(models.TextChoices):
        TOWNSHIP_MEMBER = "township_member", "乡镇（街道）专职委员"
        VILLAGE_MEMBER = "village_member", "村专职委员"
        COMMUNITY_MEMBER = "community_member", "社区专职委员"
        SUNSHINE_TUTOR = "sunshine_tutor", "阳光家园辅导员"

    class Employment(models.TextChoices):
        PUBLIC_WELFARE = "public_welfare", "公益性岗位"
        FISCAL_SUBSIDY = "fiscal_subsidy", "财政补贴"
        DIBAO_TOPPED_UP = "dibao_topped_up", "低保加补贴"
        CONCURRENT = "concurrent", "兼职"

    class Ending(models.TextChoices):
        RENEWED = "renewed", "续聘"
        DISMISSED = "dismissed", "解聘"
        RESIGNED = "resigned", "辞职"
        MOVED = "moved", "调动"
        PROMOTED = "promoted", "聘到上一级"
        DIED = "died", "去世"

    class Ground(models.TextChoices):
        """Why somebody was dismissed."""

        INCAPABLE = "incapable", "不胜任工作"
        INCOMPETENT = "incompetent", "年度考核不称职"
        OTHER = "other", "其他（写明原因）"

    tenure = models.OneToOneField(Tenure, on_delete=models.PROTECT, related_name="appointment", verbose_name="任职")
    role = models.CharField("岗位", max_length=20, choices=Role.choices)
    contract_from = models.DateField("聘期起", null=True, blank=True)
    contract_to = models.DateField("聘期止", null=True, blank=True)
    employment = models.CharField("用工方式", max_length=20, choices=Employment.choices, blank=True)
    document_number = models.CharField("聘任文号", max_length=100, blank=True)
    certificate_number = models.CharField("上岗证编号", max_length=50, blank=True)
    certificate_issued_on = models.DateField("上岗证发证日期", null=True, blank=True)
    certificate_expires_on = models.DateField("上岗证有效期至", null=True, blank=True)
    ending = models.CharField("离任原因", max_length=10, choices=Ending.choices, blank=True)
    ending_ground = models.CharField("解聘原因", max_length=12, choices=Ground.choices, blank=True)

    objects = AppointmentQuerySet.as_manager()
    view_permission = "members.view"
    edit_permission = "members.edit"

    class Meta:
        verbose_name = "聘任"
        verbose_name_plural = "聘任"
        ordering = ["-contract_from", "id"]
        indexes = [models.Index(fields=["org_path", "role"], name="appointment_path_role")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(contract_to__isnull=True)
                | models.Q(contract_from__isnull=True)
                | models.Q(contract_to__gte=models.F("contract_from")),
                name="appointment_contract_order",
            ),
            models.CheckConstraint(
                condition=models.Q(ending_ground="") | models.Q(ending="dismissed"),
                name="appointment_ground_of_dismissal",
            ),
        ]

    def __str__(self):
        return f"{self.tenure.worker} {self.get_role_display()}"
