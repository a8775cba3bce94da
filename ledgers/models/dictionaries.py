"""The dictionaries of 表二: value kept, word shown. Imports accept either (see ledgers/resources.py)."""

from django.db import models


class DisabilityCategory(models.TextChoices):
    VISUAL = "1", "视力"
    HEARING = "2", "听力"
    SPEECH = "3", "言语"
    PHYSICAL = "4", "肢体"
    INTELLECTUAL = "5", "智力"
    PSYCHIATRIC = "6", "精神"
    MULTIPLE = "7", "多重"


class DisabilityGrade(models.TextChoices):
    FIRST = "1", "一级"
    SECOND = "2", "二级"
    THIRD = "3", "三级"
    FOURTH = "4", "四级"


class RegisterType(models.TextChoices):
    AGRICULTURAL = "1", "农业"
    NON_AGRICULTURAL = "2", "非农业"


class MaritalStatus(models.TextChoices):
    SINGLE = "single", "未婚"
    MARRIED = "married", "已婚"
    DIVORCED = "divorced", "离异"
    WIDOWED = "widowed", "丧偶"


class Education(models.TextChoices):
    NONE = "none", "未上学"
    PRIMARY = "primary", "小学"
    JUNIOR = "junior", "初中"
    SENIOR = "senior", "高中（中专）"
    COLLEGE = "college", "大专"
    UNIVERSITY = "university", "本科及以上"


class PoliticalStatus(models.TextChoices):
    MASSES = "masses", "群众"
    LEAGUE = "league", "共青团员"
    PARTY = "party", "中共党员"
    OTHER_PARTY = "other", "民主党派"


class Dibao(models.TextChoices):
    NONE = "none", "无"
    URBAN = "urban", "城镇低保"
    RURAL = "rural", "农村低保"


class Housing(models.TextChoices):
    OWN = "own", "自有"
    RENTED = "rented", "租住"
    BORROWED = "borrowed", "借住"
    DANGEROUS = "dangerous", "危房"
    NONE = "none", "无房"


class PensionInsurance(models.TextChoices):
    NONE = "none", "未参加"
    EMPLOYEE = "employee", "职工养老保险"
    RESIDENT = "resident", "居民养老保险"


class MedicalInsurance(models.TextChoices):
    NONE = "none", "未参加"
    EMPLOYEE = "employee", "职工医疗保险"
    RESIDENT = "resident", "居民医疗保险"


class EmploymentForm(models.TextChoices):
    PROPORTIONAL = "proportional", "按比例就业"
    CONCENTRATED = "concentrated", "集中就业"
    PUBLIC_WELFARE = "public_welfare", "公益性岗位"
    SELF_EMPLOYED = "self_employed", "个体就业"
    FLEXIBLE = "flexible", "灵活就业"
    SHELTERED = "sheltered", "辅助性就业"
    FARMING = "farming", "务农"
    UNEMPLOYED = "unemployed", "未就业"
    AT_SCHOOL = "at_school", "在校"
    RETIRED = "retired", "退休"


class CareForm(models.TextChoices):
    NONE = "none", "不需要"
    DAY = "day", "日间照料（阳光家园）"
    INSTITUTION = "institution", "机构托养"
    HOME = "home", "居家照料"


class EntryState(models.TextChoices):
    """Where an entry of a ledger stands between the one who writes it and the one who approves it."""

    SUBMITTED = "submitted", "待审核"
    RETURNED = "returned", "已退回"
    APPROVED = "approved", "已审核"


class CertificateStatus(models.TextChoices):
    """Of people without a certificate; empty for those who have one."""

    SUSPECTED = "suspected", "疑似残疾"
    APPLYING = "applying", "正在办证"
    NONE = "none", "未办证"


class Rehabilitation(models.TextChoices):
    SURGERY = "1", "手术"
    MEDICINE = "2", "药物"
    TRAINING = "3", "功能训练"
    DEVICE = "4", "辅助器具"
    NURSING = "5", "护理"
    SUPPORT = "6", "支持性服务"


class ConsentKind(models.TextChoices):
    PERSON = "person", "本人同意"
    GUARDIAN = "guardian", "监护人同意"


class AttachmentKind(models.TextChoices):
    PHOTO = "photo", "本人照片"
    IDENTITY = "identity", "身份证扫描件"
    CERTIFICATE = "certificate", "残疾人证扫描件"
    CONSENT = "consent", "同意书扫描件"
    OTHER = "other", "其他材料"


class TransferState(models.TextChoices):
    REQUESTED = "requested", "等待对方处理"
    ACCEPTED = "accepted", "已转移"
    REFUSED = "refused", "未同意"
    WITHDRAWN = "withdrawn", "已撤回"
