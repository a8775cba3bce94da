"""The audit log: rows that are only ever added, in 16 chains of hashes.

An entry's hash covers its content and the hash before it, so an edit, a gap or a swap breaks the chain at a
record that `verify_audit` names. The seal beside it is keyed (audit key of the key file): whoever owns the
database but not the key cannot rebuild a tail. The head of a chain carries count and last hash under the
same key, so that a cut tail is noticed. Triggers refuse UPDATE, DELETE and TRUNCATE (audit_triggers.py).
"""

import datetime
import hashlib
import hmac
import json

from django.conf import settings
from django.db import models

from federation.shared.scope import ScopedQuerySet

CHAINS = 16
GENESIS = "0" * 64


def keyed(text: str) -> str:
    """HMAC-SHA-256 under the audit key, in hex."""
    return hmac.new(settings.KEYS.audit, text.encode(), hashlib.sha256).hexdigest()


class AuditQuerySet(ScopedQuerySet):
    path_field = "organisation__path"

    def in_scopes(self, scopes):
        """Entries of the scopes' bodies. Those of no body (a login under an unknown name, a backup) are read
        by auditors at the top of the tree only, as nobody below can claim them."""
        steplen = self.model._meta.get_field("organisation").related_model.steplen
        if any(len(scope.path) == steplen for scope in scopes):
            rootless = models.Q(organisation=None)
            for scope in scopes:
                rootless |= self.scope_condition(scope)
            return self.filter(rootless)
        return super().in_scopes(scopes)

    def in_order(self):
        return self.order_by("chain", "number")


class AuditEntry(models.Model):
    """Who did what to which row, when and from where. Holds identifiers and field names, never a person's data."""

    chain = models.PositiveSmallIntegerField("链")
    number = models.BigIntegerField("序号")
    at = models.DateTimeField("时间", db_index=True)
    action = models.CharField("操作", max_length=100, db_index=True)
    # "user", "system", or the label of another kind of caller ("accounts.apikey"); no key to the table, so
    # that the log outlives what it speaks of.
    actor_kind = models.CharField("操作者类型", max_length=60)
    actor_id = models.BigIntegerField("操作者编号", null=True)
    organisation = models.ForeignKey(
        "orgs.Organisation",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="+",
        verbose_name="机构",
    )
    target_label = models.CharField("对象类型", max_length=100, blank=True)
    target_id = models.CharField("对象编号", max_length=64, blank=True)
    before = models.JSONField("改动前", default=dict)
    after = models.JSONField("改动后", default=dict)
    reason = models.CharField("理由", max_length=500, blank=True)
    details = models.JSONField("说明", default=dict)
    ip = models.CharField("来源地址", max_length=45, blank=True)
    user_agent = models.CharField("浏览器", max_length=200, blank=True)
    request_id = models.CharField("请求编号", max_length=64, blank=True)
    entry_hash = models.CharField("校验值", max_length=64)
    seal = models.CharField("封印", max_length=64)

    objects = AuditQuerySet.as_manager()
    view_permission = "audit.view"

    class Meta:
        verbose_name = "审计记录"
        verbose_name_plural = "审计记录"
        constraints = [models.UniqueConstraint(fields=["chain", "number"], name="audit_chain_number_once")]
        indexes = [
            models.Index(fields=["actor_kind", "actor_id", "at"], name="audit_actor_at"),
            models.Index(fields=["target_label", "target_id"], name="audit_target"),
        ]

    def __str__(self):
        return f"链 {self.chain} 第 {self.number} 号"

    def canonical(self) -> str:
        """The content in one fixed spelling: what the hash covers."""
        content = {
            "chain": self.chain,
            "number": self.number,
            "at": self.at.astimezone(datetime.UTC).isoformat(timespec="microseconds"),
            "action": self.action,
            "actor": [self.actor_kind, self.actor_id],
            "organisation": self.organisation_id,
            "target": [self.target_label, self.target_id],
            "before": self.before,
            "after": self.after,
            "reason": self.reason,
            "details": self.details,
            "from": [self.ip, self.user_agent, self.request_id],
        }
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def hash_after(self, previous_hash: str) -> str:
        return hashlib.sha256(f"{previous_hash}|{self.canonical()}".encode()).hexdigest()


class AuditHead(models.Model):
    """The end of one chain; its row lock puts the writers of that chain in line."""

    chain = models.PositiveSmallIntegerField("链", primary_key=True)
    count = models.BigIntegerField("条数", default=0)
    last_hash = models.CharField("最后校验值", max_length=64, default=GENESIS)
    seal = models.CharField("封印", max_length=64)

    class Meta:
        verbose_name = "审计链"
        verbose_name_plural = "审计链"

    def __str__(self):
        return f"链 {self.chain}：{self.count} 条"

    def expected_seal(self) -> str:
        return keyed(f"head|{self.chain}|{self.count}|{self.last_hash}")
