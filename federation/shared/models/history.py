"""What changed in a row: one record a saved version, differences only.

The row itself is the newest state and its creation is the audit entry, so a record of a person costs what
was changed and not a copy of forty columns. Sealed values stay sealed here, bound to their record.
"""

from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from federation.shared.change_values import Difference, display, opened
from federation.shared.sealed import history_aad


class ChangeRecordQuerySet(models.QuerySet):
    def of(self, instance):
        """Records of one row, newest first. The caller has fetched the row in scope."""
        return self.filter(label=instance._meta.label_lower, object_id=instance.pk).order_by("-version")


class ChangeRecord(models.Model):
    class Kind(models.TextChoices):
        CREATED = "created", "新建"
        CHANGED = "changed", "修改"

    class Via(models.TextChoices):
        FORM = "form", "页面填写"
        IMPORT = "import", "名册导入"
        UNDO = "undo", "撤销导入"
        API = "api", "接口"
        JOB = "job", "后台任务"
        SYSTEM = "system", "系统"

    label = models.CharField("对象类型", max_length=100)
    object_id = models.BigIntegerField("对象编号")
    version = models.PositiveIntegerField("版本")
    at = models.DateTimeField("时间")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="修改人"
    )
    via = models.CharField("途径", max_length=20, choices=Via.choices)
    source = models.CharField("来源", max_length=100, blank=True, help_text="例如：import:12")
    kind = models.CharField("类别", max_length=10, choices=Kind.choices, default=Kind.CHANGED)
    changes = models.JSONField("改动", default=dict)

    objects = ChangeRecordQuerySet.as_manager()

    class Meta:
        verbose_name = "修改记录"
        verbose_name_plural = "修改记录"
        constraints = [models.UniqueConstraint(fields=["label", "object_id", "version"], name="change_version_once")]
        indexes = [models.Index(fields=["source"], name="change_source", condition=~models.Q(source=""))]

    def __str__(self):
        return f"{self.label} {self.object_id} 第 {self.version} 版"

    @property
    def differences(self) -> list[Difference]:
        """The changes in words; sealed values masked. A field that no longer exists keeps its stored name."""
        model = apps.get_model(self.label)
        found = []
        for name, sides in self.changes.items():
            try:
                field = model._meta.get_field(name)
            except FieldDoesNotExist:
                found.append(Difference(name, name, str(sides[0]), str(sides[1])))
                continue
            old, new = (
                display(field, opened(value, history_aad(self.label, self.object_id, self.version, name, side)))
                for side, value in enumerate(sides)
            )
            found.append(Difference(name, str(field.verbose_name), old, new))
        return found
