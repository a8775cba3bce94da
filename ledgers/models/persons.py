"""表二 残疾人基本状况个人登记表: one record per disabled person."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from federation.shared.scope import OwnedByOrganisation
from federation.shared.sealed import BlindIndexField, SealedField, SealedRow
from ledgers.models.derived import (
    CodePointField,
    EldestBornField,
    FailedChecksField,
    MissingMandatoryField,
    NamePinyinField,
)
from ledgers.models.dictionaries import (
    CareForm,
    CertificateStatus,
    ConsentKind,
    Dibao,
    DisabilityCategory,
    DisabilityGrade,
    Education,
    EmploymentForm,
    EntryState,
    Housing,
    MaritalStatus,
    MedicalInsurance,
    PensionInsurance,
    PoliticalStatus,
    RegisterType,
)
from ledgers.models.summary_key import summary_key_field
from ledgers.querysets import STILL_REGISTERED, PersonQuerySet, sixty_by
from ledgers.rules import MANDATORY
from orgs.models import Sex

# What the list is filtered by, the usual first.
FILTERED = (
    "category", "grade", "moved_away_on", "deceased_on", "cancelled_on", "sex", "born_on", "missing_mandatory",
    "failed_checks", "register_type", "marital_status", "education", "political_status", "dibao", "housing", "pension",
    "medical", "employment", "care", "eldest_born_on", "is_extreme_poverty_support",
    "has_living_subsidy", "has_care_subsidy", "is_home_adapted", "needs_home_adaptation", "next_review_on",
    "category_parts", "last_visited_on",
)  # fmt: skip

ENDS = ("moved_away_on", "deceased_on", "cancelled_on")
# What turns many people away whichever value is asked for.
VARIED = ("sex", "born_on", "education", "employment", "dibao", "housing", "marital_status")

# What nearly everybody has. The others are few, and in a province no walk by name would find them soon: they have an
# index each. A form where the item is empty is not among them: whole rosters come without it.
COMMON = {
    "education": ("none", "primary", "junior", "senior"),
    "political_status": ("masses",),
    "pension": ("resident",),
    "medical": ("resident",),
    "care": ("none",),
}


def uncommon(name: str) -> models.Q:
    return ~models.Q(**{f"{name}__in": ["", *COMMON[name]]})


class DisabledPerson(SealedRow, OwnedByOrganisation):
    """`organisation` is the village or community body where the person is registered today."""

    # Identity
    name = CodePointField("姓名", max_length=50)
    name_pinyin = NamePinyinField("姓名拼音", part=0, max_length=200, blank=True)
    name_initials = NamePinyinField("姓名拼音首字母", part=1, max_length=50, blank=True)
    sex = models.CharField("性别", max_length=1, choices=Sex.choices, blank=True)
    ethnicity = models.CharField("民族", max_length=20, blank=True)
    born_on = models.DateField("出生日期", null=True, blank=True)
    id_number = SealedField("身份证号", kind="id_number")
    id_number_index = BlindIndexField("身份证号索引", source="id_number", domain="id_number")
    phone = SealedField("联系电话", kind="phone")

    # Disability
    certificate_number = SealedField("残疾人证号", kind="certificate")
    certificate_number_index = BlindIndexField("残疾人证号索引", source="certificate_number", domain="certificate")
    certificate_status = models.CharField(
        "未持证情况", max_length=10, choices=CertificateStatus.choices, blank=True, help_text="有残疾人证的不填"
    )
    category = models.CharField("残疾类别", max_length=1, choices=DisabilityCategory.choices, blank=True)
    category_parts = models.CharField(
        "多重残疾包含", max_length=6, blank=True, help_text="只有多重残疾填写，例如 14 表示视力和肢体"
    )
    grade = models.CharField("残疾等级", max_length=1, choices=DisabilityGrade.choices, blank=True)
    cause = models.CharField("致残原因", max_length=50, blank=True)
    disabled_since = models.DateField("致残日期", null=True, blank=True)
    certificate_issued_on = models.DateField("残疾人证发证日期", null=True, blank=True)
    next_review_on = models.DateField("下次复审日期", null=True, blank=True)

    # Household
    register_type = models.CharField("户口类型", max_length=1, choices=RegisterType.choices, blank=True)
    registered_address = models.CharField("户籍地址", max_length=200, blank=True)
    current_address = models.CharField("现住址", max_length=200, blank=True)
    # Without a constraint: checking it for each of 40,900 imported rows would cost more than it protects.
    household = models.ForeignKey(
        "ledgers.Household",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="persons",
        verbose_name="家庭",
    )
    grid = models.CharField("网格", max_length=50, blank=True)
    household_size = models.PositiveSmallIntegerField("家庭人口", null=True, blank=True, help_text="人")
    household_disabled = models.PositiveSmallIntegerField("家庭残疾人数", null=True, blank=True, help_text="人，含本人")
    # What is filled in; whether it is so today says `is_elderly_disabled`.
    is_elderly_disabled_household = models.BooleanField(
        "老残一体", default=False, help_text="与 60 岁及以上老人同住的选；本人满 60 岁的自动算"
    )
    eldest_born_on = EldestBornField("家中最年长者出生日期", null=True, editable=False)
    guardian_name = models.CharField("监护人或联系人", max_length=50, blank=True)
    guardian_relation = models.CharField("与本人关系", max_length=20, blank=True)
    guardian_phone = SealedField("监护人电话", kind="phone")
    guardian_phone_index = BlindIndexField("监护人电话索引", source="guardian_phone", domain="phone")
    marital_status = models.CharField("婚姻状况", max_length=10, choices=MaritalStatus.choices, blank=True)
    education = models.CharField("文化程度", max_length=10, choices=Education.choices, blank=True)
    political_status = models.CharField("政治面貌", max_length=10, choices=PoliticalStatus.choices, blank=True)

    # Economy and insurance
    yearly_income = models.DecimalField(
        "家庭人均年收入", max_digits=10, decimal_places=2, null=True, blank=True, help_text="元"
    )
    dibao = models.CharField("低保", max_length=10, choices=Dibao.choices, blank=True)
    dibao_class = models.CharField("低保类别", max_length=10, blank=True, help_text="例如：一类")
    is_extreme_poverty_support = models.BooleanField("特困供养", default=False)
    housing = models.CharField("住房", max_length=10, choices=Housing.choices, blank=True)
    has_living_subsidy = models.BooleanField("困难残疾人生活补贴", default=False)
    has_care_subsidy = models.BooleanField("重度残疾人护理补贴", default=False)
    pension = models.CharField("养老保险", max_length=10, choices=PensionInsurance.choices, blank=True)
    medical = models.CharField("医疗保险", max_length=10, choices=MedicalInsurance.choices, blank=True)
    other_insurance = models.CharField("其他保险", max_length=100, blank=True)

    # Work, school, rehabilitation
    employment = models.CharField("就业形式", max_length=20, choices=EmploymentForm.choices, blank=True)
    employer = models.CharField("就业单位", max_length=100, blank=True)
    skills = models.CharField("技能特长", max_length=100, blank=True)
    training_wish = models.CharField("培训愿望", max_length=100, blank=True)
    school = models.CharField("就读学校", max_length=100, blank=True, help_text="在校的填写")
    rehabilitation = models.CharField(
        "接受康复服务", max_length=6, blank=True, help_text="可选多项，例如 13 表示手术和功能训练"
    )
    devices_held = models.CharField("已有辅助器具", max_length=100, blank=True)
    devices_needed = models.CharField("需要辅助器具", max_length=100, blank=True)
    is_home_adapted = models.BooleanField("已做家庭无障碍改造", default=False)
    needs_home_adaptation = models.BooleanField("需要家庭无障碍改造", default=False)
    care = models.CharField("托养照料", max_length=20, choices=CareForm.choices, blank=True)

    # Help and end
    responsible_cadre = models.CharField("帮扶责任人", max_length=50, blank=True)
    member_in_charge = models.ForeignKey(
        "orgs.Worker", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="负责的专职委员"
    )
    last_visited_on = models.DateField("最近走访日期", null=True, blank=True)
    registered_on = models.DateField("登记日期")
    moved_away_on = models.DateField("迁出日期", null=True, blank=True)
    deceased_on = models.DateField("死亡日期", null=True, blank=True)
    cancelled_on = models.DateField("残疾人证注销日期", null=True, blank=True)
    remark = models.CharField("备注", max_length=300, blank=True)

    # Personal information is kept with the consent of the person, or of who stands in for them.
    consent_kind = models.CharField("个人信息处理同意", max_length=10, choices=ConsentKind.choices, blank=True)
    consented_on = models.DateField("同意日期", null=True, blank=True)
    # Set by a granted request; a later consent outweighs it (see ledgers/consent.py).
    consent_withdrawn_on = models.DateField("撤回同意日期", null=True, blank=True, editable=False)

    # A member of a village submits, the township approves or returns; what comes by roster is approved.
    state = models.CharField("审核状态", max_length=10, choices=EntryState.choices, default=EntryState.APPROVED)
    returned_reason = models.CharField("退回原因", max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        db_constraint=False,
        related_name="+",
        verbose_name="审核人",
    )
    decided_at = models.DateTimeField("审核时间", null=True, blank=True, editable=False)

    # Not a foreign key: a check per row at COMMIT would cost a third of an import.
    source_import = models.PositiveBigIntegerField("来源导入编号", null=True, editable=False, db_index=True)

    # What 建档率 and 数据合格率 count; see ledgers/rules.py.
    missing_mandatory = MissingMandatoryField("缺项数", default=0, editable=False)
    failed_checks = FailedChecksField("数据问题", max_length=300, blank=True, editable=False)
    # What 表一 counts; see ledgers/models/summary_key.py.
    summary_key = summary_key_field()

    objects = PersonQuerySet.as_manager()
    view_permission = "persons.view"
    edit_permission = "persons.edit"
    reveal_permission = "persons.reveal"

    MANDATORY = MANDATORY
    # Follow from other columns; a change of them alone is no change of the record.
    unrecorded_fields = (
        "name_pinyin", "name_initials", "missing_mandatory", "failed_checks", "decided_at", "eldest_born_on",
    )  # fmt: skip

    class Meta:
        verbose_name = "残疾人登记表"
        verbose_name_plural = "残疾人登记表"
        ordering = ["name", "id"]
        indexes = [
            # With the three ends in it, counts of those still registered never touch the table; with the rest, 表一.
            models.Index(
                fields=[
                    "org_path",
                    "category",
                    "grade",
                    "moved_away_on",
                    "deceased_on",
                    "cancelled_on",
                    "registered_on",
                    "sex",
                    "born_on",
                    "summary_key",
                ],
                name="person_summary",
            ),
            # With what a list of people found by their names shows and is narrowed by.
            models.Index(
                fields=[
                    "name",
                    "id",
                    "org_path",
                    "category",
                    "grade",
                    "moved_away_on",
                    "deceased_on",
                    "cancelled_on",
                    "sex",
                    "born_on",
                ],
                name="person_name",
            ),
            models.Index(fields=["name_initials", "org_path"], name="person_initials_path"),
            # A page and a count of the list read one of these two alone, whatever is filtered by: within a county
            # the rows in scope, in a province the rows in the order of names. 32 columns are what PostgreSQL allows.
            models.Index(fields=["org_path", *FILTERED, "name_pinyin", "name", "id"], name="person_scope"),
            models.Index(fields=["name_pinyin", "name", "id", "org_path", *FILTERED], name="person_walk"),
            # The same walk among those of one category and grade: where hardly anybody meets everything that is asked
            # for, it ends soon. What turns many people away stands in it, so that few rows are opened in vain.
            models.Index(
                fields=["category", "grade", "name_pinyin", "name", "id", "org_path", *ENDS, *VARIED],
                name="person_kind",
            ),
            # Few rows each: those with faults, and those who left.
            *(
                models.Index(
                    fields=["name_pinyin", "name", "id", "org_path", *FILTERED],
                    name=f"person_{name}",
                    condition=condition,
                )
                for name, condition in (
                    ("failed", ~models.Q(failed_checks="")),
                    ("missing", models.Q(missing_mandatory__gt=0)),
                    ("ended", ~STILL_REGISTERED),
                )
            ),
            *(
                models.Index(
                    fields=[
                        name,
                        "name_pinyin",
                        "name",
                        "id",
                        "org_path",
                        *(each for each in FILTERED if each != name),
                    ],
                    name=f"person_{name}",
                    condition=uncommon(name),
                )
                for name in COMMON
            ),
            # The people of one part of a village.
            models.Index(fields=["grid", "org_path", *ENDS], name="person_grid"),
            models.Index(fields=["certificate_number_index"], name="person_certificate"),
            # Who registered after the day of an assessment.
            models.Index(fields=["registered_on"], name="person_registered"),
            # Few rows each: what waits for somebody, who lives together, who has the same guardian.
            models.Index(
                fields=["org_path", "state"], name="person_waiting", condition=~models.Q(state=EntryState.APPROVED)
            ),
            models.Index(fields=["household"], name="person_household", condition=models.Q(household__isnull=False)),
            models.Index(
                fields=["guardian_phone_index"],
                name="person_guardian_phone",
                condition=models.Q(guardian_phone_index__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["id_number_index"], name="person_id_number_once"),
        ]

    def __str__(self):
        return self.name

    @property
    def is_current(self) -> bool:
        return not (self.moved_away_on or self.deceased_on or self.cancelled_on)

    @property
    def is_elderly_disabled(self) -> bool:
        """老残一体 today: the question of `in_old_home` about one row."""
        return self.eldest_born_on is not None and self.eldest_born_on <= sixty_by(timezone.localdate())


__all__ = ["DisabilityCategory", "DisabilityGrade", "DisabledPerson"]
