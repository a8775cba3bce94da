from django.db import models

from federation.shared.scope import OwnedByOrganisation, ScopedQuerySet, VersionedModel
from federation.shared.sealed import BlindIndexField, SealedField, SealedRow
from orgs.querysets import OwnRows, TenureQuerySet


class Sex(models.TextChoices):
    MALE = "1", "男"
    FEMALE = "2", "女"


class Identity(models.TextChoices):
    """Whether a worker is disabled or a relative: committee members must be one of the two."""

    DISABLED = "disabled", "残疾人"
    RELATIVE = "relative", "残疾人亲友"
    NEITHER = "neither", "其他"


class Post(models.TextChoices):
    PRESIDIUM_CHAIR = "presidium_chair", "主席团主席"
    DIRECTOR = "director", "理事长"
    DEPUTY_DIRECTOR = "deputy_director", "副理事长"
    ASSOCIATION_CHAIR = "association_chair", "协会主席"
    ASSOCIATION_VICE_CHAIR = "association_vice_chair", "协会副主席"
    COMMITTEE_MEMBER = "committee_member", "专职委员"
    SUNSHINE_TUTOR = "sunshine_tutor", "阳光家园辅导员"
    STAFF = "staff", "工作人员"


# Nobody holds two of these at once, unless an administrator noted why (SecondPostPermit); kept by orgs.triggers.
PAID_POSTS = (Post.COMMITTEE_MEMBER, Post.SUNSHINE_TUTOR)


class WorkerQuerySet(OwnRows, ScopedQuerySet):
    """A worker is seen by whoever sees one of the bodies where the person holds or held a post."""

    path_field = "tenures__org_path"
    worker_field = "pk"

    def in_scopes(self, scopes):
        if not scopes:
            return self.none()
        return self.filter(pk__in=Tenure.objects.in_scopes(scopes).values("worker"))


class Worker(SealedRow, VersionedModel):
    """One person who holds or has held posts; one record whatever the posts were."""

    name = models.CharField("姓名", max_length=50)
    name_pinyin = models.CharField("姓名拼音", max_length=200, blank=True, editable=False)
    name_initials = models.CharField("姓名拼音首字母", max_length=50, blank=True, editable=False, db_index=True)
    id_number = SealedField("身份证号", kind="id_number")
    id_number_index = BlindIndexField("身份证号索引", source="id_number", domain="id_number")
    sex = models.CharField("性别", max_length=1, choices=Sex.choices, blank=True)
    ethnicity = models.CharField("民族", max_length=20, blank=True)
    born_on = models.DateField("出生日期", null=True, blank=True)
    education = models.CharField("文化程度", max_length=20, blank=True)
    political_status = models.CharField("政治面貌", max_length=20, blank=True)
    phone = SealedField("联系电话", kind="phone")
    address = models.CharField("住址", max_length=200, blank=True)
    identity = models.CharField("身份", max_length=10, choices=Identity.choices, blank=True)
    certificate_number = SealedField("残疾人证号", kind="certificate")
    relative_name = models.CharField("残疾亲友姓名", max_length=50, blank=True)
    relation = models.CharField("与残疾人关系", max_length=20, blank=True)
    payment_account = SealedField("一卡通账号", kind="account")
    # Relative to MEDIA_ROOT; the content is sealed (orgs.worker_photos).
    photo_path = models.CharField(max_length=200, blank=True, editable=False)
    photo_at = models.DateTimeField("照片上传时间", null=True, editable=False)

    objects = WorkerQuerySet.as_manager()
    view_permission = "members.view"
    edit_permission = "members.edit"
    reveal_permission = "members.reveal"
    # Pinyin follows from the name; of the photo it is said when it was changed.
    unrecorded_fields = ("name_pinyin", "name_initials", "photo_path")

    class Meta:
        verbose_name = "工作人员"
        verbose_name_plural = "工作人员"
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["id_number_index"], name="worker_id_number_once")]

    def __str__(self):
        return self.name


class Tenure(OwnedByOrganisation):
    """A person in a post of a body, from a day and (perhaps) until one, both days included."""

    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="tenures", verbose_name="工作人员")
    post = models.CharField("职务", max_length=30, choices=Post.choices)
    started_on = models.DateField("任职日期")
    ended_on = models.DateField("离任日期", null=True, blank=True, help_text="仍在任的不填；离任当天仍算在任")
    is_concurrent = models.BooleanField("兼任", default=False)
    other_job = models.CharField("另任职务", max_length=100, blank=True, help_text="例如：社会事务中心主任、民政助理员")
    document_number = models.CharField("任职文号", max_length=100, blank=True)
    document_scan = models.FileField("任职书扫描件", upload_to="tenures/", blank=True)
    term = models.CharField("届次", max_length=20, blank=True)
    permit = models.ForeignKey(
        "orgs.SecondPostPermit", on_delete=models.PROTECT, null=True, blank=True, editable=False,
        related_name="tenures", verbose_name="同时任两个受聘岗位的准许",
    )  # fmt: skip

    objects = TenureQuerySet.as_manager()
    view_permission = "members.view"
    edit_permission = "members.edit"

    class Meta:
        verbose_name = "任职"
        verbose_name_plural = "任职"
        ordering = ["post", "-started_on", "id"]
        indexes = [
            models.Index(fields=["org_path", "post"], name="tenure_path_post"),
            models.Index(fields=["post", "started_on", "ended_on"], name="tenure_post_days"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_on__isnull=True) | models.Q(ended_on__gte=models.F("started_on")),
                name="tenure_ends_after_start",
            ),
            models.UniqueConstraint(fields=["organisation", "worker", "post", "started_on"], name="tenure_once"),
        ]

    def __str__(self):
        return f"{self.worker} {self.get_post_display()}"
