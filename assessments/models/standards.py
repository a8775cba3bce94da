"""Editions of a standard."""

import hashlib
import json

from django.db import models

from assessments.querysets import StandardQuerySet
from orgs.models import BodyKind, Level


def definition_hash(definition: dict) -> str:
    text = json.dumps(definition, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Standard(models.Model):
    """One edition of a standard. Its whole text is `definition` (see assessments.standards); the hash freezes it."""

    class Kind(models.TextChoices):
        CHECKLIST = "checklist", "达标清单"
        HUNDRED = "hundred", "百分制"

    class Subject(models.TextChoices):
        BODY = "body", "机构"
        MEMBER = "member", "专职委员"

    code = models.CharField("代号", max_length=50, unique=True, help_text="例如：township_2012，一个版本一个代号")
    title = models.CharField("名称", max_length=100)
    kind = models.CharField("类别", max_length=10, choices=Kind.choices)
    subject = models.CharField("考核对象", max_length=10, choices=Subject.choices, default=Subject.BODY)
    body_kind = models.CharField("机构类型", max_length=30, choices=BodyKind.choices, blank=True)
    level = models.PositiveSmallIntegerField("级别", choices=Level.choices, null=True, blank=True)
    applies_from = models.PositiveSmallIntegerField("起用年度")
    definition = models.JSONField("内容")
    content_hash = models.CharField("内容校验值", max_length=64, editable=False)
    loaded_at = models.DateTimeField("装入时间", auto_now=True)

    objects = StandardQuerySet.as_manager()
    view_permission = "assessments.view"

    class Meta:
        verbose_name = "考核标准"
        verbose_name_plural = "考核标准"
        ordering = ["kind", "-level", "code"]

    def __str__(self):
        return self.title

    @property
    def is_checklist(self) -> bool:
        return self.kind == self.Kind.CHECKLIST
