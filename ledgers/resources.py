"""The roster of disabled persons (表二): columns, and how a row is matched, checked and written."""

from itertools import compress

from django.core.exceptions import ValidationError
from django.utils import timezone

from federation.shared import normalise
from federation.shared.ethnicity import ETHNICITY
from federation.shared.normalise import YES_NO, Dictionary
from federation.shared.pinyin import pinyin_of
from federation.shared.rosters import RosterColumn, register
from federation.shared.rosters.resource import TakenIn, lacking
from federation.shared.rosters.set_based import ELSEWHERE, SetBasedRoster
from federation.shared.rosters.table import CHANGED, NEW, TRANSFER, RosterTable, find_doubles
from federation.shared.sealed_blobs import blind_indexes
from ledgers import in_charge_column, rules
from ledgers.duplicates import ASKED_AT_ONCE, alike_on_file
from ledgers.households import recount_households
from ledgers.models import DisabledPerson
from ledgers.models.derived import OLD_ALREADY
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
    MaritalStatus,
    MedicalInsurance,
    PensionInsurance,
    PoliticalStatus,
    RegisterType,
    Rehabilitation,
    TransferState,
)
from ledgers.querysets import in_old_home
from ledgers.transfers import APPROVE, EDIT, holds, offer_person, request_transfers
from orgs.models import Organisation, Sex
from orgs.places import WrittenPlaces, find_all

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

ELDERLY = "is_elderly_disabled_household"
# The normalisers have already refused what these two would find.
_CHECKED_BY_COLUMNS = ("id_number", "certificate")
_RULES = [rule for code, rule in rules.RULES.items() if code not in _CHECKED_BY_COLUMNS]
_RULE_FIELDS = (
    *rules.MANDATORY, "certificate_number", "certificate_status", "category_parts", "disabled_since",
    "certificate_issued_on", "registered_on", "last_visited_on", "moved_away_on", "deceased_on", "cancelled_on",
    "next_review_on", "consented_on", "household_size", "household_disabled", ELDERLY,
)  # fmt: skip


@register
class PersonRoster(SetBasedRoster):
    kind = "persons"
    title = "残疾人名册"
    position = 4
    description = "残疾人基本状况（表二），一人一行。按身份证号对应：已登记的更新，未登记的新增。"
    columns = COLUMNS
    model = DisabledPerson
    rule_fields = _RULE_FIELDS

    def values_elsewhere(self, rows):
        places = WrittenPlaces(rows.values("organisation_id"))
        return {
            "township": lambda person: places[person.organisation_id].township,
            "village": lambda person: places[person.organisation_id].village,
            "division_code": lambda person: places[person.organisation_id].code,
            in_charge_column.FIELD: in_charge_column.NamesOf(rows),
        }

    def places_of(self, roster_import, user):
        return in_charge_column.PersonPlaces.of_import(roster_import, user)

    def check_headings(self, fields, unknown=()):
        super().check_headings(fields, unknown)
        if not fields & {"village", "division_code"}:
            either = [self.column_of(name).heading for name in ("village", "division_code")]
            raise lacking("表头缺少“村（社区）”，也没有“区划代码”，要有其中一列。", either, unknown)

    def place_choices(self, places):
        return places.choices()

    def find_places(self, table: RosterTable, places):
        find_all(table, places)
        in_charge_column.find_members(table, places)
        find_doubles(table, "id_number")
        find_doubles(table, "certificate_number")

    def check_rows(self, table, indexes, stored):
        today = timezone.localdate().isoformat()
        fields = [name for name in _RULE_FIELDS if table.has(name)]
        columns = [table.values[name] for name in fields]
        missing, failed = [""] * len(table), [""] * len(table)
        chosen = bytearray(len(table))
        for index in indexes:
            chosen[index] = True
        agreed = table.column("consent_kind")
        for index, given in compress(enumerate(zip(*columns, strict=True)), chosen):
            values = stored.get(index) or dict(zip(fields, given, strict=True))
            if agreed[index] and not values.get("consented_on"):
                table.refuse(index, "consent_kind", "没有填“同意日期”。请按同意书填写；没有同意书的，两项都不填。")
            missing[index] = str(len(rules.missing_fields(values)))
            codes = []
            for rule in _RULES:
                finding = rule.check(values, today)
                if finding is not None:
                    codes.append(rule.code)
                    if rule.refused:
                        table.refuse(index, *finding)
            failed[index] = ",".join(codes)
        table.values["missing_mandatory"], table.values["failed_checks"] = missing, failed

    def compare(self, table, places, *, lock=False):
        super().compare(table, places, lock=lock)
        written = (index for index, outcome in enumerate(table.outcomes) if outcome in (NEW, CHANGED))
        in_charge_column.refuse_unknown(table, list(written), places)
        if not lock:
            table.notices += alike_on_file(table, places)

    # --- people on file at another body -----------------------------------------------------------

    asks_for_people = True

    def count_within(self, table):
        moves = (changes for outcome, changes in zip(table.outcomes, table.changes, strict=True) if outcome == TRANSFER)
        return sum(changes["organisation"][0] != ELSEWHERE for changes in moves)

    def may_ask(self, roster_import, user, *, at_once):
        return holds(user, APPROVE if at_once else EDIT, roster_import.org_path)

    def ask_for(self, table, indexes, places, *, by, source, at_once, others):
        outcome = TakenIn()
        wanted: dict[int, list[int]] = {}
        for index, person in self._on_file(table, indexes):
            if person is None or person.name != table.values["name"][index] or table.places[index] not in places.by_pk:
                outcome.left_out += 1
            elif at_once and person.organisation_id in places.by_pk:
                outcome += _moved(person, table.places[index], by, source)
            elif others:
                wanted.setdefault(table.places[index], []).append(person.pk)
        bodies = Organisation.objects.visible_to(by, "rosters.import").in_bulk(list(wanted))
        for pk, people in wanted.items():
            asked = request_transfers(persons=people, to_body=bodies[pk], by=by, reason=f"名册导入：{source}"[:300])
            outcome += TakenIn(0, len(asked.asked), len(asked.already_asked), len(asked.left_out))
        return outcome

    def _on_file(self, table, indexes):
        """(row, the person on file with its number or None), whoever's the person is."""
        numbers = [table.values["id_number"][index] for index in indexes]
        keys = blind_indexes("id_number", numbers)
        # Deliberately not narrowed to the importer's scope: these are the people registered elsewhere.
        found = DisabledPerson._base_manager.filter(id_number_index__in=[key for key in keys if key])
        by_key = {bytes(row.id_number_index): row for row in found.only("id_number_index", "name", "organisation_id")}
        return [(index, by_key.get(key)) for index, key in zip(indexes, keys, strict=True)]

    def derived_columns(self, values, count):
        names = values.get("name") or [""] * count
        spelled = [pinyin_of(name) for name in names]
        derived = {"name_pinyin": [full for full, _ in spelled], "name_initials": [initials for _, initials in spelled]}
        born, elderly = values.get("born_on") or [""] * count, values.get(ELDERLY) or [""] * count
        derived["eldest_born_on"] = [
            OLD_ALREADY.isoformat() if is_so == "1" else day for day, is_so in zip(born, elderly, strict=True)
        ]
        if "failed_checks" not in values:
            fields = [name for name in _RULE_FIELDS if name in values]
            rows = zip(*(values[name] for name in fields), strict=True)
            assessed = [rules.assess_row(dict(zip(fields, row, strict=True))) for row in rows]
            derived["missing_mandatory"] = [str(missing) for missing, _ in assessed]
            derived["failed_checks"] = [codes for _, codes in assessed]
        return derived

    def write(self, table, places, *, roster_import, by):
        if _hands_in(by, roster_import):
            _let_wait(table)
        written = super().write(table, places, roster_import=roster_import, by=by)
        recount_households(persons=[row[0] for row in written["changed"]], by=by)
        return written

    def undo(self, written, *, roster_import, by):
        number = super().undo(written, roster_import=roster_import, by=by)
        recount_households(persons=[row[0] for part in written for row in part["changed"]], by=by)
        return number

    def means_the_same(self, name, old, new):
        # Who has that name and is in charge already stays so, in post or not.
        return name == in_charge_column.FIELD and in_charge_column.name_in(old) == in_charge_column.name_in(new)

    def to_store(self, field, values):
        if field.name == in_charge_column.FIELD and values is not None:
            values = [in_charge_column.pk_in(value) for value in values]
        return super().to_store(field, values)

    def recorded_changes(self, uid, changes):
        recorded = super().recorded_changes(uid, changes)
        if in_charge_column.FIELD in changes:
            pair = changes[in_charge_column.FIELD]
            recorded[in_charge_column.FIELD] = [in_charge_column.pk_in(value) for value in pair]
        return recorded

    def _stored_columns(self, rows, fields):
        """老残一体 is compared with what it is today, as files that were taken out of the list say it."""
        texts = super()._stored_columns(rows, fields)
        if in_charge_column.FIELD in texts:
            stored = [row[5 + fields.index(in_charge_column.FIELD)] for row in rows]
            texts[in_charge_column.FIELD] = in_charge_column.as_values(stored)
        if ELDERLY in texts:
            found = DisabledPerson._base_manager.filter(pk__in=[row[1] for row in rows])
            old = set(found.filter(in_old_home(timezone.localdate())).values_list("pk", flat=True))
            texts[ELDERLY] = ["1" if row[1] in old else text for row, text in zip(rows, texts[ELDERLY], strict=True)]
        return texts

    def defaults_of_new(self, *, roster_import, by):
        state = EntryState.SUBMITTED if _hands_in(by, roster_import) else EntryState.APPROVED
        return {"registered_on": timezone.localdate().isoformat(), "state": state.value}

    def told_before(self, roster_import, user):
        if not _hands_in(user, roster_import):
            return ""
        return "写入的登记表是“待审核”，由乡镇（街道）理事长或县残联审核。"


def _hands_in(user, roster_import) -> bool:
    """Whether `user` fills in forms there that somebody else approves, and does so by a roster as well.

    An administrator fills in none: what the office hands over to be loaded is its register.
    """
    return holds(user, EDIT, roster_import.org_path) and not holds(user, APPROVE, roster_import.org_path)


def _let_wait(table: RosterTable):
    """The files that were approved or returned wait again, as by the form (ledgers/approvals.py)."""
    changed = [index for index, outcome in enumerate(table.outcomes) if outcome == CHANGED]
    for start in range(0, len(changed), ASKED_AT_ONCE):
        some = changed[start : start + ASKED_AT_ONCE]
        found = DisabledPerson._base_manager.filter(pk__in=[table.targets[index][0] for index in some])
        states = dict(found.exclude(state=EntryState.SUBMITTED).values_list("pk", "state"))
        for index in some:
            if state := states.get(table.targets[index][0]):
                table.changes[index] = table.changes[index] | {"state": [state, EntryState.SUBMITTED.value]}


def _moved(person, to_pk: int, by, source: str) -> TakenIn:
    """The person passes to another body of the own area now, with history and a transfer that says so."""
    body = Organisation.objects.visible_to(by, "rosters.import").filter(pk=to_pk).first()
    if body is None or person.organisation_id == to_pk:
        return TakenIn(left_out=1)
    try:
        transfer = offer_person(
            person=person, to_body=body, moved_on=timezone.localdate(), reason=f"名册导入：{source}"[:300], by=by
        )
    except ValidationError:
        # Registered as dead, or asked for already: nothing is decided over the other body's head.
        return TakenIn(left_out=1)
    return TakenIn(moved=1) if transfer.state == TransferState.ACCEPTED else TakenIn(asked=1)
