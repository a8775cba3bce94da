"""What people may ask about their own data, whose keeping has run out, and that somebody's data was erased."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from federation.shared.scope import OwnedByOrganisation
from ledgers.models.persons import DisabledPerson
from ledgers.querysets import RequestQuerySet


class PersonRequest(OwnedByOrganisation):
    """A request about one's own data (个人信息保护法 art. 44–47): who asked, what was decided, until when.

    It outlives the person's file, but then names nobody and keeps no words of the request.
    """

    class Kind(models.TextChoices):
        ACCESS = "access", "查阅、复制"
        CORRECTION = "correction", "更正、补充"
        ERASURE = "erasure", "删除"
        WITHDRAWAL = "withdrawal", "撤回同意"

    class Asker(models.TextChoices):
        PERSON = "person", "本人"
        GUARDIAN = "guardian", "监护人"
        AGENT = "agent", "受委托人"
        RELATIVE = "relative", "近亲属（本人已去世）"

    class Check(models.TextChoices):
        IDENTITY_CARD = "identity_card", "核对身份证原件"
        CERTIFICATE = "certificate", "核对残疾人证原件"
        AUTHORITY = "authority", "核对身份证和委托书或监护、亲属关系证明"
        KNOWN = "known", "上门办理，村（社区）工作人员当面确认"

    class State(models.TextChoices):
        WAITING = "waiting", "等待办理"
        GRANTED = "granted", "已办理"
        REFUSED = "refused", "未同意"

    uid = models.UUIDField("编号", default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(
        DisabledPerson, on_delete=models.SET_NULL, null=True, editable=False, related_name="requests",
        verbose_name="残疾人",
    )  # fmt: skip
    kind = models.CharField("请求", max_length=10, choices=Kind.choices)
    asker = models.CharField("谁提出", max_length=10, choices=Asker.choices)
    identity_check = models.CharField("怎样核实身份", max_length=20, choices=Check.choices)
    received_on = models.DateField("收到日期")
    due_on = models.DateField("答复期限", editable=False)
    content = models.CharField("请求内容", max_length=300, blank=True)
    state = models.CharField("办理情况", max_length=10, choices=State.choices, default=State.WAITING, editable=False)
    answer = models.CharField("办理结果", max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+",
        verbose_name="办理人",
    )  # fmt: skip
    decided_on = models.DateField("办理日期", null=True, editable=False)

    objects = RequestQuerySet.as_manager()
    view_permission = "persons.view"
    edit_permission = "persons.edit"
    audit_sensitive = ("content", "answer")

    class Meta:
        verbose_name = "个人信息请求"
        verbose_name_plural = "个人信息请求"
        ordering = ["-id"]
        indexes = [models.Index(fields=["org_path", "state", "due_on"], name="request_path_state")]

    def __str__(self):
        return f"{self.get_kind_display()}（{self.received_on}）"

    @property
    def is_overdue(self) -> bool:
        return self.state == self.State.WAITING and self.person_id is not None and self.due_on < timezone.localdate()


class ErasureProposal(OwnedByOrganisation):
    """A file whose period of keeping has run out: put here by the nightly run, erased only when somebody says so."""

    person = models.OneToOneField(DisabledPerson, on_delete=models.CASCADE, related_name="erasure_proposal")
    # A line of the retention policy; see ledgers/policies/.
    rule = models.CharField("保存期限", max_length=20)
    due_on = models.DateField("到期日期")
    kept_until = models.DateField("暂缓到", null=True, blank=True)
    kept_reason = models.CharField("暂缓原因", max_length=300, blank=True)
    kept_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )

    view_permission = "persons.erase"
    edit_permission = "persons.erase"
    audit_sensitive = ("kept_reason",)

    class Meta:
        verbose_name = "到期待删除的登记表"
        verbose_name_plural = "到期待删除的登记表"
        ordering = ["due_on", "id"]
        indexes = [models.Index(fields=["org_path", "due_on"], name="proposal_path_due")]

    def __str__(self):
        return f"到期 {self.due_on}"


class Erasure(OwnedByOrganisation):
    """That a person's data was erased, without saying whose: so that a restored backup erases it again.

    `organisation` is where the person was registered, `created_by` who confirmed it, `created_at` when.
    """

    class Reason(models.TextChoices):
        RETENTION = "retention", "保存期满"
        REQUEST = "request", "本人或近亲属请求"
        RESTORED = "restored", "恢复备份后再次删除"

    # A keyed hash of the file's uid.
    person_hash = models.CharField("编号摘要", max_length=32, db_index=True, editable=False)
    # The same of the files that had become one with it: an older backup has them as files of their own.
    merged_hashes = models.JSONField("合并过的登记表的编号摘要", default=list, editable=False)
    reason = models.CharField("删除原因", max_length=10, choices=Reason.choices)
    # {what: number of rows or files}
    removed = models.JSONField("删除了什么", default=dict)

    view_permission = "persons.erase"
    edit_permission = "persons.erase"

    class Meta:
        verbose_name = "个人信息删除记录"
        verbose_name_plural = "个人信息删除记录"
        ordering = ["-id"]
        indexes = [models.Index(fields=["org_path", "-id"], name="erasure_path")]

    def __str__(self):
        return f"删除记录 {self.pk}"
