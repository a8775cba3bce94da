"""People and machines that log in, and the organisations at which they hold a role."""

import functools
import hashlib
import secrets

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone

from federation.roles import API_RESOURCES, Role, permissions_of, roles_with
from federation.shared.fields import OrgPathField, subtree
from federation.shared.querysets import APPROVE_EXPORTS, APPROVE_EXPORTS_BELOW
from federation.shared.scope import Scope, ScopedQuerySet


class UserQuerySet(ScopedQuerySet):
    """An account belongs to the organisations of its assignments."""

    path_field = "assignments__org_path"

    def in_scopes(self, scopes):
        """Accounts all of whose assignments lie in the scopes: nobody manages somebody from above."""
        if not scopes:
            return self.none()
        inside = Q()
        for scope in scopes:
            inside |= subtree(scope.path, "org_path")
        outside = Assignment.objects.exclude(inside).values("user")
        within = Assignment.objects.filter(inside).values("user")
        return self.filter(pk__in=within).exclude(pk__in=outside)

    def second_persons(self, asker, path: str):
        """Who may agree that `asker` takes out what lies at `path` and below (see ExportQuerySet.to_answer)."""
        above = [path[:end] for end in range(1, len(path) + 1)]
        own = [each.org_path for each in asker.current_assignments]
        answers = Assignment.objects.in_force().filter(
            Q(role__in=roles_with(APPROVE_EXPORTS_BELOW), org_path__in=above)
            | Q(role__in=roles_with(APPROVE_EXPORTS), org_path__in=own)
        )
        return self.filter(is_active=True, pk__in=answers.values("user")).exclude(pk=asker.pk)


class AccountManager(UserManager.from_queryset(UserQuerySet)):
    use_in_migrations = False


class User(AbstractUser):
    """An account. What it may do comes from its assignments alone; Django's own groups are not used."""

    display_name = models.CharField("姓名", max_length=50)
    phone_extension = models.CharField("办公电话", max_length=30, blank=True)
    worker = models.OneToOneField(
        "orgs.Worker", on_delete=models.SET_NULL, null=True, blank=True, related_name="account",
        verbose_name="对应的工作人员", help_text="对应以后，本人在“我的”里看得到自己的任职、上岗证、补贴和提醒",
    )  # fmt: skip
    must_change_password = models.BooleanField("下次登录须改密码", default=False)
    version = models.PositiveIntegerField("版本", default=1, editable=False)

    objects = AccountManager()

    view_permission = "accounts.manage"

    class Meta:
        verbose_name = "账号"
        verbose_name_plural = "账号"
        ordering = ["username"]

    def __str__(self):
        return self.display_name or self.username

    @functools.cached_property
    def current_assignments(self):
        """Every assignment in force; read once a request.

        Its federation an association's officer alone needs (`Assignment.scope_for`): every page of everybody else
        would pay for the join.
        """
        if not self.is_active:
            return []
        return list(self.assignments.in_force().select_related("organisation").order_by("org_path"))

    def scopes(self, permission: str) -> list[Scope]:
        """The subtrees in which this account holds `permission`; empty means nothing at all."""
        scopes = []
        for assignment in self.current_assignments:
            if permission not in permissions_of(assignment.role):
                continue
            scopes.append(assignment.scope_for(permission))
        return scopes

    def has_scope(self, permission: str) -> bool:
        return bool(self.scopes(permission))

    def colleagues(self, path: str):
        """The accounts with a role in force at the body of this path."""
        return User.objects.filter(pk__in=Assignment.objects.in_force().filter(org_path=path).values("user"))

    @property
    def home_organisation(self):
        """The organisation whose page the account lands on: that of its highest assignment."""
        assignments = self.current_assignments
        return assignments[0].organisation if assignments else None


class AssignmentQuerySet(ScopedQuerySet):
    def in_force(self):
        """Assignments that count today, at bodies that still live."""
        today = timezone.localdate()
        return self.filter(
            Q(until__isnull=True) | Q(until__gte=today),
            Q(organisation__abolished_on__isnull=True) | Q(organisation__abolished_on__gt=today),
            since__lte=today,
        )

    def holding(self, permission: str, path: str):
        """Those by which somebody holds `permission` today for what lies at `path`, the nearest body's first."""
        above = [path[:end] for end in range(1, len(path) + 1)]
        rows = self.in_force().filter(role__in=roles_with(permission), org_path__in=above, user__is_active=True)
        return rows.order_by("-org_path", "user")

    def at_the_same_time_as(self, other: "Assignment"):
        """Assignments that count on one of the days of `other`, today or later; what is over does not matter."""
        begins, today = other.since, timezone.localdate()
        rows = self.filter(Q(until__isnull=True) | Q(until__gte=max(begins, today)))
        rows = rows.filter(Q(organisation__abolished_on__isnull=True) | Q(organisation__abolished_on__gt=today))
        if other.until is not None and other.until < today:
            return self.none()
        return rows if other.until is None else rows.filter(since__lte=other.until)


class Assignment(models.Model):
    """A role held at an organisation, from a day and (perhaps) until one."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="assignments", verbose_name="账号")
    role = models.CharField("角色", max_length=30, choices=Role.choices)
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.PROTECT, verbose_name="机构")
    org_path = OrgPathField("机构路径")
    since = models.DateField("起", default=timezone.localdate)
    until = models.DateField("止", null=True, blank=True, help_text="一直有效的不填；当天仍有效")
    version = models.PositiveIntegerField("版本", default=1, editable=False)

    objects = AssignmentQuerySet.as_manager()
    view_permission = "accounts.manage"

    class Meta:
        verbose_name = "角色分配"
        verbose_name_plural = "角色分配"
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "organisation"], name="assignment_once"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("since")), name="assignment_ends_after_start"
            ),
        ]

    def __str__(self):
        return f"{self.get_role_display()}（{self.organisation}）"

    def scope_for(self, permission: str) -> Scope:
        """Own subtree; an association officer reads the people of its own category in the federation's area."""
        association = self.organisation
        if permission.startswith("persons.") and association.federation_id:
            return Scope(path=association.federation.path, category=association.association_category)
        return Scope(path=self.org_path)


class ApiKey(models.Model):
    """A machine's key: bound to an organisation and to named resources; only its hash is stored."""

    name = models.CharField("名称", max_length=100, help_text="例如：省残联年报系统")
    key_id = models.CharField("密钥编号", max_length=16, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.PROTECT, verbose_name="机构")
    org_path = OrgPathField("机构路径")
    resources = models.JSONField("可读取的内容", default=list)
    version = models.PositiveIntegerField("版本", default=1, editable=False)
    is_active = models.BooleanField("启用", default=True)
    expires_on = models.DateField("有效期至")
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    last_used_at = models.DateTimeField("最近使用", null=True, editable=False)

    objects = ScopedQuerySet.as_manager()
    view_permission = "accounts.manage"
    is_authenticated = True

    class Meta:
        verbose_name = "接口密钥"
        verbose_name_plural = "接口密钥"
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="api_key_name_once")]

    def __str__(self):
        return self.name

    @staticmethod
    def hash_secret(secret: str) -> str:
        # The secret has 256 random bits: a plain digest is enough, and comparing it is fast.
        return hashlib.sha256(secret.encode()).hexdigest()

    @classmethod
    def issue(cls, **fields) -> tuple["ApiKey", str]:
        """A new key and its secret, which is shown this once."""
        secret = secrets.token_urlsafe(32)
        key = cls.objects.create(key_id=secrets.token_hex(8), secret_hash=cls.hash_secret(secret), **fields)
        return key, f"{key.key_id}.{secret}"

    @property
    def is_valid(self) -> bool:
        """Neither disabled nor expired, and its body still lives: what an abolished one asked for ends with it."""
        today = timezone.localdate()
        return self.is_active and self.expires_on >= today and self.organisation.is_live_on(today)

    def allows(self, resource: str) -> bool:
        return resource in API_RESOURCES and resource in self.resources and self.is_valid

    def scopes(self, permission: str) -> list[Scope]:
        """Its organisation's subtree for the resource it asks (permissions read "api.<resource>")."""
        resource = permission.removeprefix("api.")
        return [Scope(path=self.org_path)] if permission.startswith("api.") and self.allows(resource) else []
