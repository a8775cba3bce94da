"""Columns of the roster of disabled persons (表二): what each is called, how a cell is read, what the template says."""

from federation.shared import normalise
from federation.shared.ethnicity import ETHNICITY
from federation.shared.normalise import YES_NO, Dictionary
from federation.shared.rosters import RosterColumn
from ledgers import in_charge_column
from ledgers.models import DisabledPerson
from ledgers.models.dictionaries import (
    CareForm,
    CertificateStatus,
    ConsentKind,
    Dibao,
    DisabilityCategory,
    DisabilityGrade,
    Education,
    EmploymentForm,
    MaritalStatus,
    MedicalInsurance,
    PensionInsurance,
    PoliticalStatus,
    RegisterType,
    Rehabilitation,
)
from orgs.models import Sex

CATEGORY = Dictionary(
    DisabilityCategory.choices,
    {value: [f"{word}残疾"] for value, word in DisabilityCategory.choices}
    | {"2": ["听力残疾", "聋"], "1": ["视力残疾", "盲"], "7": ["多重残疾", "综合"], "4": ["肢体残疾", "肢残"]},
)
GRADE = Dictionary(
    DisabilityGrade.choices,
    {"1": ["1级", "壹级", "Ⅰ级", "一", "壹"], "2": ["2级", "贰级", "Ⅱ级", "二", "贰"],
     "3": ["3级", "叁级", "Ⅲ级", "三", "叁"], "4": ["4级", "肆级", "Ⅳ级", "四", "肆"]},
)  # fmt: skip
EDUCATION = Dictionary(
    Education.choices,
    {"none": ["文盲", "半文盲", "未上过学", "无"], "junior": ["初级中学"], "senior": ["高中", "中专", "职高", "技校"],
     "college": ["专科", "大学专科"], "university": ["本科", "大学", "研究生", "大学本科", "硕士", "博士"]},
)  # fmt: skip
POLITICS = Dictionary(
    PoliticalStatus.choices, {"party": ["党员", "中共预备党员", "预备党员"], "league": ["团员"], "masses": ["一般群众"]}
)
EMPLOYMENT = Dictionary(
    EmploymentForm.choices,
    {"proportional": ["按比例"], "concentrated": ["集中"], "self_employed": ["个体"], "flexible": ["灵活"],
     "sheltered": ["辅助性"], "unemployed": ["无业", "待业", "未就业（无业）"], "at_school": ["在校生", "学生"],
     "farming": ["务农种养", "农业种养", "种养业"], "public_welfare": ["公益岗", "公益岗位"]},
)  # fmt: skip
MARRIAGE = Dictionary(
    MaritalStatus.choices, {"married": ["有配偶", "初婚", "再婚"], "divorced": ["离婚"], "single": ["单身"]}
)


def category_parts(value: str) -> str:
    """视力、肢体 or 14 → 14: the categories of a multiple disability, in order, each once."""
    return _several(value, CATEGORY)


_REHABILITATION = Dictionary(
    Rehabilitation.choices,
    {"1": ["康复手术"], "2": ["服药", "用药"], "3": ["训练", "康复训练"], "4": ["辅具", "辅助器具适配"],
     "5": ["护理服务"], "6": ["支持服务"]},
)  # fmt: skip


def rehabilitation(value: str) -> str:
    """手术、功能训练 or 13 → 13: the kinds of service, in order, each once."""
    return _several(value, _REHABILITATION)


def _several(value: str, dictionary: Dictionary) -> str:
    plain = normalise.text(value)
    if not plain:
        return ""
    digits = plain.translate(str.maketrans("、，,;；/＋+ ", "         "))
    parts = list(digits.replace(" ", "")) if digits.replace(" ", "").isdigit() else digits.split()
    return "".join(sorted({dictionary(part) for part in parts}))


def _said(dictionary: Dictionary):
    """What says 14 as 视力、肢体."""
    return lambda value: "、".join(dictionary.word(code) for code in value)


def _column(name: str, **more) -> RosterColumn:
    """A column that is a field of the person: heading, length and mask are the field's own."""
    field = DisabledPerson._meta.get_field(name)
    more.setdefault("max_length", getattr(field, "max_length", None) or 200)
    if field.choices and "clean" not in more:
        more["clean"] = Dictionary(field.choices)
    more.setdefault("help", str(field.help_text))
    return RosterColumn(field=name, heading=more.pop("heading", str(field.verbose_name)), **more)


def _date(name: str, **more) -> RosterColumn:
    return _column(name, clean=normalise.date, kind="date", width=13, max_length=10, **more)


COLUMNS = (
    _column("name", clean=normalise.name, synonyms=("名字", "残疾人姓名"), required=True, example="张三", width=10),
    _column("id_number", clean=normalise.id_number, kind="identity", sealed="id_number", required=True,
            synonyms=("身份证号码", "公民身份号码", "身份证", "居民身份证号", "身份证件号"), width=22, max_length=18),
    _column("sex", synonyms=("男/女",), clean=Dictionary(Sex.choices, {"1": ["男性", "M"], "2": ["女性", "F"]}),
            example="男", width=6),
    _column("ethnicity", clean=ETHNICITY, example="汉族", width=8),
    _date("born_on", synonyms=("出生年月日", "出生日", "生日")),
    _column("phone", clean=normalise.phone, kind="phone", sealed="phone", max_length=30,
            synonyms=("电话", "手机", "手机号", "手机号码", "联系方式", "本人电话"), example="13900000000", width=14),
    RosterColumn("township", "乡镇", synonyms=("乡镇(街道)", "所属乡镇", "街道", "乡(镇)", "乡镇名称", "乡镇街道"),
                 help="与“机构名称”表中的写法一致", width=14),
    RosterColumn("village", "村（社区）", synonyms=("村", "社区", "村居", "行政村", "村(居)", "村(社区)名称", "所属村",
                 "所属村(社区)", "村社区"), help="与“机构名称”表中的写法一致", width=16),
    RosterColumn("division_code", "区划代码", clean=normalise.division_code, kind="code", width=15, in_template=False,
                 synonyms=("行政区划代码", "村代码", "村(社区)代码", "统计用区划代码"),
                 help="填了区划代码可以不填村名"),
    _column("certificate_number", clean=normalise.certificate_number, kind="identity", sealed="certificate",
            synonyms=("残疾证号", "残疾证号码", "残疾人证号码", "残疾人证", "残疾证"), max_length=23, width=24,
            help="20 位，没有办证的不填"),
    _column("certificate_status", synonyms=("未办证情况",), in_template=False, width=12,
            clean=Dictionary(CertificateStatus.choices, {"suspected": ["疑似"], "none": ["无证"]})),
    _column("category", clean=CATEGORY, synonyms=("残疾类型", "类别", "残疾种类"), example="肢体", width=10),
    _column("category_parts", clean=category_parts, say=_said(CATEGORY), max_length=6, width=14,
            synonyms=("多重类别", "多重残疾类别"), help="只有多重残疾填写，例如：视力、肢体"),
    _column("grade", clean=GRADE, synonyms=("等级", "残疾级别", "级别"), example="二级", width=10),
    _column("cause", synonyms=("残疾原因",), example="疾病"),
    _date("disabled_since", in_template=False),
    _date("certificate_issued_on", synonyms=("发证日期", "办证日期", "发证时间")),
    _date("next_review_on", in_template=False),
    _column("register_type", synonyms=("户口性质", "户籍类型", "户口类别"), example="农业", width=10,
            clean=Dictionary(RegisterType.choices, {"1": ["农业户口", "农村"], "2": ["非农业户口", "城镇", "非农"]})),
    _column("registered_address", synonyms=("户籍所在地", "户口所在地"), width=26, in_template=False),
    _column("current_address", synonyms=("现居住地址", "家庭住址", "住址", "居住地址", "现居住地"), width=26),
    _column("grid", in_template=False),
    _column("household_size", clean=normalise.whole_number, kind="whole", max_length=4, width=10),
    _column("household_disabled", clean=normalise.whole_number, kind="whole", max_length=4, in_template=False),
    _column("is_elderly_disabled_household", clean=YES_NO, in_template=False, width=10),
    _column("guardian_name", clean=normalise.name, synonyms=("监护人", "监护人姓名", "联系人"),
            example="张大山", width=12),
    _column("guardian_relation", synonyms=("与残疾人关系", "关系"), example="父亲", width=12),
    _column("guardian_phone", clean=normalise.phone, kind="phone", sealed="phone", max_length=30, width=14,
            synonyms=("联系人电话", "监护人联系电话")),
    _column("marital_status", clean=MARRIAGE, synonyms=("婚姻",), example="已婚", width=10),
    _column("education", clean=EDUCATION, synonyms=("学历", "受教育程度"), example="小学", width=12),
    _column("political_status", clean=POLITICS, in_template=False, width=12),
    _column("yearly_income", clean=normalise.amount, kind="amount", synonyms=("人均年收入", "家庭人均收入"),
            max_length=11, help="单位：元", width=14),
    _column("dibao", clean=Dictionary(Dibao.choices, {"none": ["否", "非低保"], "urban": ["城市低保", "城镇"],
            "rural": ["农村"]}), synonyms=("低保情况", "是否低保"), example="农村低保", width=10),
    _column("dibao_class", in_template=False, width=10),
    _column("is_extreme_poverty_support", clean=YES_NO, in_template=False, width=10),
    _column("housing", synonyms=("住房情况",), in_template=False, width=10),
    _column("has_living_subsidy", clean=YES_NO, synonyms=("生活补贴",), example="是", width=12),
    _column("has_care_subsidy", clean=YES_NO, synonyms=("护理补贴",), example="否", width=12),
    _column("pension", clean=Dictionary(PensionInsurance.choices, {"none": ["无", "未参保"], "employee": ["职工"],
            "resident": ["居民", "城乡居民", "城乡居民养老保险"]}), in_template=False, width=12),
    _column("medical", clean=Dictionary(MedicalInsurance.choices, {"none": ["无", "未参保"], "employee": ["职工"],
            "resident": ["居民", "城乡居民", "新农合", "城乡居民医疗保险"]}), in_template=False, width=12),
    _column("employment", clean=EMPLOYMENT, synonyms=("就业情况", "就业状况", "就业"), example="务农", width=12),
    _column("employer", in_template=False),
    _column("skills", in_template=False),
    _column("training_wish", in_template=False),
    _column("school", in_template=False),
    _column("rehabilitation", synonyms=("康复服务",), clean=rehabilitation, say=_said(_REHABILITATION),
            in_template=False, help="可写多项，用顿号隔开：手术、药物、功能训练、辅助器具、护理、支持性服务"),
    _column("devices_held", in_template=False),
    _column("devices_needed", in_template=False),
    _column("is_home_adapted", clean=YES_NO, in_template=False),
    _column("needs_home_adaptation", clean=YES_NO, in_template=False),
    _column("care", clean=Dictionary(CareForm.choices, {"none": ["无"]}), in_template=False),
    _column("responsible_cadre", in_template=False),
    _column(in_charge_column.FIELD, clean=normalise.name, say=in_charge_column.name_in, in_template=False,
            synonyms=("专职委员", "负责人", "包户专职委员"), width=14, help="在任专职委员的姓名"),
    _date("last_visited_on", in_template=False),
    _date("registered_on", in_template=False, synonyms=("建档日期",)),
    _date("moved_away_on", in_template=False),
    _date("deceased_on", in_template=False),
    _date("cancelled_on", in_template=False),
    _column("remark", max_length=300, in_template=False, width=20),
    _column("consent_kind", clean=Dictionary(ConsentKind.choices, {"person": ["本人"], "guardian": ["监护人"]}),
            synonyms=("同意情况", "知情同意"), in_template=False, width=16,
            help="已有签字同意书的填：本人同意、监护人同意；没有的不填"),
    _date("consented_on", synonyms=("签署日期", "同意书日期"), in_template=False),
)  # fmt: skip
