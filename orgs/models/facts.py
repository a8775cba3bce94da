"""What a body owns: the facts behind 九有, 六有 and the hundred-point assessment, each with its days."""

from django.db import models

from federation.shared.scope import OwnedByOrganisation
from orgs.querysets import (
    BudgetQuerySet,
    LetterQuerySet,
    PlaqueQuerySet,
    PremisesQuerySet,
    RegulationQuerySet,
)


class RegulationKind(models.TextChoices):
    """Township bodies need the first seven kinds, village bodies the four of orgs/policies."""

    STUDY = "study", "学习"
    WORK = "work", "工作"
    HOME_VISIT = "home_visit", "定期走访残疾人家庭"
    PETITION = "petition", "信访接待"
    SUPPORT = "support", "支援助残"
    DAILY_MANAGEMENT = "daily_management", "日常管理"
    APPRAISAL = "appraisal", "考核奖罚"
    VILLAGE_VISIT = "village_visit", "走访残疾人"
    STATISTICS = "statistics", "残疾人基本情况统计汇总"


class LedgerKind(models.TextChoices):
    """七表一录一记: the nine books."""

    T1 = "t1", "表一 残疾人基本情况汇总表"
    T2 = "t2", "表二 残疾人基本状况个人登记表"
    T3 = "t3", "表三 服务需求登记表"
    T4 = "t4", "表四 扶残助残活动记录表"
    T5 = "t5", "表五 志愿者助残活动记录表"
    T6 = "t6", "表六 残疾人求职登记表"
    T7 = "t7", "表七 残疾人来信来访登记表"
    RECORD = "record", "一录 残疾人工作记录册"
    DIARY = "diary", "一记 专职委员工作日记"


class Plaque(OwnedByOrganisation):
    hung_on = models.DateField("挂牌日期")
    removed_on = models.DateField("摘牌日期", null=True, blank=True)
    wording = models.CharField("牌面文字", max_length=100, blank=True)
    photo = models.FileField("照片", upload_to="plaques/", blank=True)

    objects = PlaqueQuerySet.as_manager()

    class Meta:
        verbose_name = "牌子"
        verbose_name_plural = "牌子"
        ordering = ["-hung_on", "id"]
        indexes = [models.Index(fields=["org_path"], name="plaque_path")]

    def __str__(self):
        return self.wording or "牌子"


class Premises(OwnedByOrganisation):
    class Use(models.TextChoices):
        OFFICE = "office", "办公场所"
        ACTIVITY = "activity", "活动场所"
        BOTH = "both", "办公和活动共用"

    class Holding(models.TextChoices):
        OWN = "own", "自有"
        BORROWED = "borrowed", "借用"
        SHARED = "shared", "共用"

    use = models.CharField("用途", max_length=10, choices=Use.choices, default=Use.BOTH)
    address = models.CharField("地址", max_length=200, blank=True)
    area = models.DecimalField("面积", max_digits=8, decimal_places=2, null=True, blank=True, help_text="平方米")
    holding = models.CharField("权属", max_length=10, choices=Holding.choices, default=Holding.OWN)
    shared_with = models.CharField("共用单位", max_length=100, blank=True)
    since = models.DateField("启用日期")
    until = models.DateField("停用日期", null=True, blank=True)

    objects = PremisesQuerySet.as_manager()

    class Meta:
        verbose_name = "场所"
        verbose_name_plural = "场所"
        ordering = ["-since", "id"]
        indexes = [models.Index(fields=["org_path"], name="premises_path")]

    def __str__(self):
        return self.get_use_display()


class Regulation(OwnedByOrganisation):
    kind = models.CharField("制度种类", max_length=20, choices=RegulationKind.choices)
    title = models.CharField("制度名称", max_length=100, blank=True)
    issued_on = models.DateField("印发日期")
    withdrawn_on = models.DateField("废止日期", null=True, blank=True)
    text = models.TextField("正文", blank=True)

    objects = RegulationQuerySet.as_manager()

    class Meta:
        verbose_name = "规章制度"
        verbose_name_plural = "规章制度"
        ordering = ["kind", "-issued_on", "id"]
        indexes = [models.Index(fields=["org_path", "kind"], name="regulation_path_kind")]

    def __str__(self):
        return self.title or f"{self.get_kind_display()}制度"


class Budget(OwnedByOrganisation):
    class Source(models.TextChoices):
        FISCAL = "fiscal", "财政预算"
        SECURITY_FUND = "security_fund", "残保金"
        SELF_RAISED = "self_raised", "自筹"
        UPPER_GRANT = "upper_grant", "上级补助"

    year = models.PositiveSmallIntegerField("年度")
    source = models.CharField("经费来源", max_length=20, choices=Source.choices)
    allocated_amount = models.DecimalField("安排金额", max_digits=14, decimal_places=2, help_text="元")
    spent_amount = models.DecimalField("支出金额", max_digits=14, decimal_places=2, default=0, help_text="元")

    objects = BudgetQuerySet.as_manager()

    class Meta:
        verbose_name = "经费"
        verbose_name_plural = "经费"
        ordering = ["-year", "source", "id"]
        indexes = [models.Index(fields=["org_path", "year"], name="budget_path_year")]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "year", "source"], name="budget_once_per_source"),
            models.CheckConstraint(
                condition=models.Q(allocated_amount__gte=0, spent_amount__gte=0), name="budget_not_negative"
            ),
        ]

    def __str__(self):
        return f"{self.year} 年{self.get_source_display()}"


class ArchiveVolume(OwnedByOrganisation):
    year = models.PositiveSmallIntegerField("年度")
    ledger_kind = models.CharField("台账种类", max_length=10, choices=LedgerKind.choices)
    item_count = models.PositiveIntegerField("件数", default=0)
    location = models.CharField("存放地点", max_length=100, blank=True)

    class Meta:
        verbose_name = "工作档案"
        verbose_name_plural = "工作档案"
        ordering = ["-year", "ledger_kind", "id"]
        indexes = [models.Index(fields=["org_path", "year"], name="archive_path_year")]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "year", "ledger_kind"], name="archive_volume_once")
        ]

    def __str__(self):
        return f"{self.year} 年{self.get_ledger_kind_display()}"


class YearlyTarget(OwnedByOrganisation):
    year = models.PositiveSmallIntegerField("年度")
    text = models.CharField("目标任务", max_length=300)
    recorded_on = models.DateField("下达日期")

    class Meta:
        verbose_name = "目标任务"
        verbose_name_plural = "目标任务"
        ordering = ["-year", "id"]
        indexes = [models.Index(fields=["org_path", "year"], name="target_path_year")]

    def __str__(self):
        return self.text


class ResponsibilityLetter(OwnedByOrganisation):
    """A yearly letter signed by the body (`organisation`, the lower party) with one above it."""

    year = models.PositiveSmallIntegerField("年度")
    upper_party = models.ForeignKey(
        "orgs.Organisation", on_delete=models.PROTECT, related_name="letters_given", verbose_name="上级单位"
    )
    signed_on = models.DateField("签订日期", null=True, blank=True, help_text="双方都签字后填写")
    scan = models.FileField("扫描件", upload_to="letters/", blank=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = "责任书"
        verbose_name_plural = "责任书"
        ordering = ["-year", "id"]
        indexes = [models.Index(fields=["org_path", "year"], name="letter_path_year")]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "year", "upper_party"], name="letter_once_a_year")
        ]

    def __str__(self):
        return f"{self.year} 年责任书"
