from django.conf import settings
from django.db import models
from treebeard.mp_tree import MP_Node, MP_NodeManager

from federation.shared.fields import PathField
from orgs.models.divisions import Division, Level
from orgs.querysets import OrganisationQuerySet

STEPLEN = 4


class BodyKind(models.TextChoices):
    FEDERATION = "federation", "残联"
    VILLAGE_ASSOCIATION = "village_association", "村（社区）残协"
    SPECIALISED_ASSOCIATION = "specialised_association", "专门协会"


class PlaceKind(models.TextChoices):
    """The kind of place a body covers (乡/镇/街道…; 村/社区/虚拟)."""

    PROVINCE = "province", "省（自治区、直辖市）"
    CITY = "city", "市（州、盟）"
    COUNTY = "county", "县（市、区、旗）"
    TOWN = "town", "镇"
    TOWNSHIP = "township", "乡"
    STREET = "street", "街道"
    DISTRICT_OFFICE = "district_office", "区公所"
    VILLAGE = "village", "村"
    COMMUNITY = "community", "社区"
    VIRTUAL = "virtual", "虚拟社区"
    OTHER = "other", "其他"


class AssociationCategory(models.TextChoices):
    """The five specialised associations; the value is the disability category they stand for."""

    BLIND = "1", "盲人协会"
    DEAF = "2", "聋人协会"
    PHYSICAL = "4", "肢残人协会"
    INTELLECTUAL = "5", "智力残疾人及亲友协会"
    PSYCHIATRIC = "6", "精神残疾人及亲友协会"


class PartyBody(models.TextChoices):
    NONE = "", "无"
    GROUP = "group", "党组"
    BRANCH = "branch", "党支部"


class OrganisationManager(MP_NodeManager.from_queryset(OrganisationQuerySet)):
    """treebeard's manager gives its own queryset class; ours carries scope as well."""

    def get_queryset(self):
        return OrganisationQuerySet(self.model, using=self._db).order_by("path")


class Organisation(MP_Node):
    """A federation, a village association or a specialised association, on the tree of organisations.

    The parent stands *above* the child's level, not always on the next one. A specialised association
    hangs below its federation and has no division of its own.
    """

    path = PathField("路径", unique=True)
    steplen = STEPLEN
    node_order_by = []

    name = models.CharField("名称", max_length=100)
    short_name = models.CharField("简称", max_length=50, blank=True, help_text="例如：会师镇")
    name_pinyin = models.CharField("名称拼音", max_length=300, blank=True, editable=False, db_index=True)
    name_initials = models.CharField("名称拼音首字母", max_length=100, blank=True, editable=False, db_index=True)
    level = models.PositiveSmallIntegerField("级别", choices=Level.choices)
    body_kind = models.CharField("机构类型", max_length=30, choices=BodyKind.choices)
    place_kind = models.CharField("所在地类型", max_length=20, choices=PlaceKind.choices, blank=True)
    association_category = models.CharField("协会类别", max_length=1, choices=AssociationCategory.choices, blank=True)
    federation = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="specialised_associations",
        verbose_name="所属残联",
        help_text="只有专门协会填写",
    )
    division = models.OneToOneField(
        Division, on_delete=models.PROTECT, null=True, blank=True, related_name="organisation", verbose_name="行政区划"
    )
    code = models.CharField("区划代码", max_length=12, blank=True, db_index=True)
    urban_rural_class = models.CharField("城乡分类代码", max_length=3, blank=True)
    established_on = models.DateField("成立日期", null=True, blank=True)
    abolished_on = models.DateField("撤销日期", null=True, blank=True, help_text="仍在运行的不填")
    address = models.CharField("地址", max_length=200, blank=True)
    phone = models.CharField("办公电话", max_length=30, blank=True)
    is_independent = models.BooleanField("机构独立", default=False)
    colocated_with = models.CharField("合署办公单位", max_length=100, blank=True, help_text="不合署办公的不填")
    is_planned_separately = models.BooleanField("计划单列", default=False)
    party_body = models.CharField("党组织", max_length=10, choices=PartyBody.choices, blank=True)
    party_body_on = models.DateField("党组织成立日期", null=True, blank=True)

    version = models.PositiveIntegerField("版本", default=1, editable=False)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    updated_at = models.DateTimeField("更新时间", auto_now=True, db_index=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )

    objects = OrganisationManager()

    view_permission = "organisations.view"
    edit_permission = "organisations.edit"
    # Pinyin follows from the name.
    unrecorded_fields = ("name_pinyin", "name_initials")

    class Meta:
        verbose_name = "机构"
        verbose_name_plural = "机构"
        ordering = ["path"]
        indexes = [
            models.Index(fields=["body_kind", "level", "path"], name="org_kind_level_path"),
            # Direct children of a body, without walking over everything below it.
            models.Index(fields=["depth", "path"], name="org_depth_path"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(abolished_on__isnull=True)
                | models.Q(established_on__isnull=True)
                | models.Q(abolished_on__gte=models.F("established_on")),
                name="organisation_abolished_after_established",
            ),
            models.UniqueConstraint(
                fields=["federation", "association_category"],
                condition=models.Q(abolished_on__isnull=True, federation__isnull=False),
                name="organisation_one_association_per_category",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def label(self) -> str:
        """The short name where there is one: what lists show."""
        return self.short_name or self.name

    def is_live_on(self, day) -> bool:
        return (self.established_on is None or self.established_on <= day) and (
            self.abolished_on is None or self.abolished_on > day
        )
