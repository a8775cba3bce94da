"""What belongs to a personal form beside its fields: photo and scans, and what was typed but not yet submitted."""

import uuid

from django.db import models

from federation.shared.scope import OwnedByOrganisation
from federation.shared.sealed import SealedField, SealedRow
from ledgers.models.dictionaries import AttachmentKind
from ledgers.models.persons import DisabledPerson
from ledgers.querysets import AttachmentQuerySet, DraftQuerySet


class Attachment(OwnedByOrganisation):
    """A photo or scan; its content lies sealed outside the web root and is served by permission only."""

    uid = models.UUIDField("编号", default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(
        DisabledPerson, on_delete=models.CASCADE, related_name="attachments", verbose_name="残疾人"
    )
    kind = models.CharField("材料种类", max_length=20, choices=AttachmentKind.choices)
    title = models.CharField("说明", max_length=100, blank=True)
    content_type = models.CharField("文件类型", max_length=50, editable=False)
    size = models.PositiveIntegerField("大小", editable=False, help_text="字节")
    sha256 = models.CharField("摘要", max_length=64, editable=False)
    # Relative to MEDIA_ROOT.
    stored_path = models.CharField(max_length=200, editable=False)

    objects = AttachmentQuerySet.as_manager()
    view_permission = "persons.view"
    edit_permission = "persons.edit"
    reveal_permission = "persons.reveal"
    # What somebody wrote about a scan may name the person.
    audit_sensitive = ("title",)

    class Meta:
        verbose_name = "登记表附件"
        verbose_name_plural = "登记表附件"
        ordering = ["kind", "id"]
        indexes = [models.Index(fields=["org_path", "kind"], name="attachment_path_kind")]
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=models.Q(kind="photo"), name="attachment_one_photo"),
        ]

    def __str__(self):
        return self.get_kind_display()

    @property
    def is_photo(self) -> bool:
        return self.kind == AttachmentKind.PHOTO

    @property
    def ending(self) -> str:
        return "pdf" if self.content_type == "application/pdf" else "jpg"


class PersonDraft(SealedRow, OwnedByOrganisation):
    """What somebody typed into the form and did not submit yet, exactly as typed: no check has to pass.

    Seen only by who wrote it. `person` and `base_version` are set where a form on file is being changed.
    """

    person = models.ForeignKey(DisabledPerson, on_delete=models.CASCADE, null=True, related_name="drafts")
    base_version = models.PositiveIntegerField("修改所依据的版本", null=True)
    # A query string of the form's fields (without token and files).
    payload = SealedField("填写内容", kind="form", null=False)
    name = SealedField("姓名", kind="form")

    objects = DraftQuerySet.as_manager()
    view_permission = "persons.edit"
    edit_permission = "persons.edit"

    class Meta:
        verbose_name = "登记表草稿"
        verbose_name_plural = "登记表草稿"
        ordering = ["-updated_at"]
        indexes = [models.Index(fields=["created_by", "-updated_at"], name="draft_own")]
        constraints = [
            models.UniqueConstraint(
                fields=["created_by", "person"], condition=models.Q(person__isnull=False), name="draft_once_a_person"
            ),
        ]

    def __str__(self):
        return "草稿"
