"""Imports of rosters: one row a file, and what was read from it, sealed, until it is confirmed or refused."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from federation.shared.scope import OwnedByOrganisation


class RosterImport(OwnedByOrganisation):
    """A workbook somebody sent: `organisation` is the body for whose area it may write, nothing outside it."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", "等待检查"
        CHECKED = "checked", "已检查，等待确认"
        CONFIRMING = "confirming", "正在写入"
        DONE = "done", "已写入"
        REFUSED = "refused", "没有读入"
        UNDOING = "undoing", "正在撤销"
        UNDONE = "undone", "已撤销"

    class Mode(models.TextChoices):
        ALL_OR_NOTHING = "all_or_nothing", "全部正确才写入"
        CORRECT_ROWS = "correct_rows", "只写入正确的行"

    uid = models.UUIDField("编号", default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField("名册种类", max_length=30)
    file_name = models.CharField("文件名", max_length=200)
    sha256 = models.CharField("文件摘要", max_length=64)
    size = models.PositiveBigIntegerField("文件大小", help_text="字节")
    # Relative to MEDIA_ROOT; the content is sealed, and nobody but the importing code opens it.
    stored_path = models.CharField(max_length=200, editable=False)
    mode = models.CharField("写入方式", max_length=20, choices=Mode.choices, default=Mode.ALL_OR_NOTHING)
    state = models.CharField("状态", max_length=20, choices=State.choices, default=State.UPLOADED)
    job = models.ForeignKey("shared.Job", on_delete=models.SET_NULL, null=True, related_name="+")
    refusal = models.CharField("没有读入的原因", max_length=500, blank=True)
    row_count = models.PositiveIntegerField("行数", default=0)
    new_count = models.PositiveIntegerField("新增", default=0)
    changed_count = models.PositiveIntegerField("有变化", default=0)
    unchanged_count = models.PositiveIntegerField("无变化", default=0)
    wrong_count = models.PositiveIntegerField("有错误", default=0)
    transfer_count = models.PositiveIntegerField("在别处登记", default=0)
    # Sheet, headings and first errors, without anything that identifies a person.
    report = models.JSONField(default=dict)
    confirmed_at = models.DateTimeField("写入时间", null=True)
    undone_at = models.DateTimeField("撤销时间", null=True)

    view_permission = "rosters.import"
    edit_permission = "rosters.import"
    # How long what was read and written is kept for its preview and its undo.
    KEPT_DAYS = 90

    class Meta:
        verbose_name = "名册导入"
        verbose_name_plural = "名册导入"
        ordering = ["-id"]
        indexes = [models.Index(fields=["org_path", "-id"], name="roster_import_path")]

    def __str__(self):
        return f"{self.file_name}（{timezone.localtime(self.created_at):%Y-%m-%d %H:%M}）"

    @property
    def correct_count(self) -> int:
        return self.new_count + self.changed_count

    @property
    def is_working(self) -> bool:
        return self.state in (self.State.UPLOADED, self.State.CONFIRMING, self.State.UNDOING)

    @property
    def may_be_undone(self) -> bool:
        """Written, and what an undo needs is still kept."""
        return self.state == self.State.DONE and self.blocks.filter(content=StagedBlock.Content.WRITTEN).exists()

    @property
    def may_be_checked_again(self) -> bool:
        """Checked, not written, and the file is still kept."""
        return self.state == self.State.CHECKED and bool(self.stored_path)

    @property
    def may_be_confirmed(self) -> bool:
        """Checked, with something to write, and no wrong row where all must be right."""
        blocked = self.wrong_count and self.mode == self.Mode.ALL_OR_NOTHING
        return self.state == self.State.CHECKED and self.correct_count > 0 and not blocked


class StagedBlock(models.Model):
    """Some thousand rows of an import as one sealed blob: columns of what was read, and what became of each row."""

    class Content(models.TextChoices):
        ROWS = "rows", "读入的行"
        ERRORS = "errors", "错误"
        WRITTEN = "written", "写入的行"

    roster_import = models.ForeignKey(RosterImport, on_delete=models.CASCADE, related_name="blocks")
    content = models.CharField(max_length=10, choices=Content.choices)
    number = models.PositiveIntegerField()
    first_row = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    # How many rows of each outcome the block holds, so that a page of one outcome opens the right block only.
    counts = models.JSONField(default=dict)
    payload = models.BinaryField()

    class Meta:
        verbose_name = "暂存的名册"
        verbose_name_plural = "暂存的名册"
        ordering = ["roster_import", "content", "number"]
        constraints = [models.UniqueConstraint(fields=["roster_import", "content", "number"], name="staged_block_once")]

    def __str__(self):
        return f"{self.roster_import_id} {self.content} {self.number}"


class RosterSynonym(models.Model):
    """A further word by which a column heading of a roster is known, added by an administrator."""

    kind = models.CharField("名册种类", max_length=30)
    field = models.CharField("列", max_length=50)
    word = models.CharField("表头写法", max_length=50)
    # As headings are compared: without spaces, full width made half.
    compared = models.CharField(max_length=50, editable=False)
    version = models.PositiveIntegerField("版本", default=1, editable=False)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        verbose_name = "表头同义词"
        verbose_name_plural = "表头同义词"
        ordering = ["kind", "field", "word"]
        constraints = [models.UniqueConstraint(fields=["kind", "compared"], name="roster_synonym_once")]

    def __str__(self):
        return self.word
