"""A person passes from one body to another, or two files of one person become one."""

import uuid

from django.conf import settings
from django.db import models

from federation.shared.fields import OrgPathField
from federation.shared.scope import OwnedByOrganisation, VersionedModel
from federation.shared.sealed import SealedField, SealedRow
from ledgers.models.dictionaries import TransferState
from ledgers.models.persons import DisabledPerson
from ledgers.querysets import DistinctQuerySet, TransferQuerySet


class Transfer(OwnedByOrganisation):
    """A request that a person pass to another body. `organisation` is the sending body; both sides see it."""

    uid = models.UUIDField("编号", default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(DisabledPerson, on_delete=models.CASCADE, related_name="transfers")
    to_organisation = models.ForeignKey(
        "orgs.Organisation", on_delete=models.PROTECT, related_name="+", verbose_name="转入机构"
    )
    to_path = OrgPathField("转入机构路径", source="to_organisation")
    # Which side asked: the other decides.
    asked_by_receiver = models.BooleanField("转入方申请", default=True)
    moved_on = models.DateField("迁移日期", help_text="实际迁入的日期")
    reason = models.CharField("原因", max_length=300, blank=True)
    # What the transfer cleared: the sending body had written the person off as moved away.
    written_off_on = models.DateField("转移前登记的迁出日期", null=True, editable=False)
    state = models.CharField("状态", max_length=10, choices=TransferState.choices, default=TransferState.REQUESTED)
    answer = models.CharField("处理意见", max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    decided_at = models.DateTimeField("处理时间", null=True, editable=False)

    objects = TransferQuerySet.as_manager()
    view_permission = "persons.view"
    edit_permission = "persons.edit"
    # A row tells of the body that sent the person, wherever the person goes later (see ledgers.following).
    stays_behind = True
    audit_sensitive = ("reason", "answer")

    class Meta:
        verbose_name = "残疾人转移"
        verbose_name_plural = "残疾人转移"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["org_path", "state"], name="transfer_from_state"),
            models.Index(fields=["to_path", "state"], name="transfer_to_state"),
            # Who was transferred after a past day: see ledgers/whereabouts.py.
            models.Index(fields=["moved_on"], name="transfer_moved", condition=models.Q(state="accepted")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(state="requested"), name="transfer_one_open_a_person"
            ),
        ]

    def __str__(self):
        return f"转移 {self.pk}"


class PersonMerge(SealedRow, OwnedByOrganisation):
    """Two files of one person made one: `person` stays, the other is kept sealed so that it can be undone."""

    person = models.ForeignKey(DisabledPerson, on_delete=models.CASCADE, related_name="merges")
    # JSON: the removed row, what the kept one held before, and the rows that were turned over to it.
    payload = SealedField("合并前的内容", kind="form", null=False)
    reason = models.CharField("合并原因", max_length=300)
    kept_version = models.PositiveIntegerField("合并后的版本")
    undone_at = models.DateTimeField("撤销时间", null=True, editable=False)

    # A record of its change would keep what an undo takes away.
    unrecorded_fields = ("payload",)
    view_permission = "persons.view"
    edit_permission = "persons.merge"

    class Meta:
        verbose_name = "登记表合并"
        verbose_name_plural = "登记表合并"
        ordering = ["-id"]
        indexes = [models.Index(fields=["org_path", "-id"], name="merge_path")]

    def __str__(self):
        return f"合并 {self.pk}"


class DistinctPair(VersionedModel):
    """Somebody looked at two files that are alike and said that they are two people's; the pair is not offered again.

    It belongs to no body: who sees both files sees it (see ledgers/distinct.py).
    """

    uid = models.UUIDField("编号", default=uuid.uuid4, unique=True, editable=False)
    # In the order of their keys, so that a pair is stored once whichever file it was said of.
    lower = models.ForeignKey(DisabledPerson, on_delete=models.CASCADE, related_name="+", verbose_name="一份登记表")
    higher = models.ForeignKey(DisabledPerson, on_delete=models.CASCADE, related_name="+", verbose_name="另一份登记表")
    reason = models.CharField("为什么不是同一个人", max_length=300)

    objects = DistinctQuerySet.as_manager()
    view_permission = "persons.view"
    edit_permission = "persons.edit"
    audit_sensitive = ("reason",)

    class Meta:
        verbose_name = "认定不是同一个人"
        verbose_name_plural = "认定不是同一个人"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["lower", "higher"], name="distinct_pair_once"),
            models.CheckConstraint(condition=models.Q(lower__lt=models.F("higher")), name="distinct_pair_ordered"),
        ]

    def __str__(self):
        return f"认定不是同一个人 {self.pk}"
