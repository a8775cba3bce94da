"""The roster of committee members: a row is a worker, the post held at a body, and the engagement behind it."""

from datetime import date

from django.db.models import Exists, OuterRef
from django.utils import timezone

from committees.bank_answers import BankAnswerRoster
from committees.models import Appointment
from committees.renewal_bars import bars_of
from committees.services.contracts import lasts_longer, why_not_longer
from committees.training_roster import AttendanceRoster
from federation.shared import normalise
from federation.shared.ethnicity import ETHNICITY
from federation.shared.list_exports import Shown, roster_shown
from federation.shared.normalise import Dictionary
from federation.shared.rosters import RosterColumn, register
from federation.shared.rosters.record_based import RecordRoster, Wanted
from federation.shared.rosters.table import TRANSFER, find_doubles
from federation.shared.sealed_blobs import blind_indexes
from orgs.models import PAID_POSTS, Identity, Level, Organisation, PlaceKind, Post, Sex, Tenure, Worker
from orgs.places import Places, WrittenPlaces, find_all
from orgs.worker_rules import contradictions

__all__ = ["AttendanceRoster", "BankAnswerRoster", "MemberRoster", "prepare_written"]

ROLE = Dictionary(
    Appointment.Role.choices,
    {
        "township_member": ["乡镇专职委员", "街道专职委员", "乡镇"],
        "village_member": ["村专干", "村级专职委员"],
        "community_member": ["社区专干", "社区级专职委员"],
        "sunshine_tutor": ["辅导员"],
    },
)
IDENTITY = Dictionary(Identity.choices, {"disabled": ["本人残疾", "残疾"], "relative": ["亲友", "残疾人亲属", "亲属"]})
EMPLOYMENT = Dictionary(Appointment.Employment.choices, {"public_welfare": ["公益岗", "公益性岗"]})
ELSEWHERE = "其他机构"
SET_ASIDE = (
    "第 {rows} 行{more}的人在别处登记，没有改动，这次也不写入。请先核对身份证号。号码无误的：现在仍在别处任职的，"
    "请那个机构办理调任或离任；已经离任、现由您这里聘任的，请打开聘任机构的页面，按“聘任”登记。"
)
# Behind every day, as texts of days are compared.
_OPEN = "9999-12-31"

_WORKER = ("name", "sex", "ethnicity", "born_on", "education", "political_status", "phone", "address", "identity",
           "certificate_number", "relative_name", "relation", "payment_account")  # fmt: skip
_TENURE = ("started_on", "ended_on", "other_job")
# Columns that are called otherwise in the appointment.
_APPOINTMENT_FIELDS = {"member_certificate": "certificate_number"}
_APPOINTMENT = ("contract_from", "contract_to", "employment", "document_number", "member_certificate",
                "certificate_issued_on", "certificate_expires_on")  # fmt: skip


def _date(field: str, heading: str, **more) -> RosterColumn:
    return RosterColumn(field, heading, clean=normalise.date, kind="date", width=13, max_length=10, **more)


@register
class MemberRoster(RecordRoster):
    kind = "members"
    title = "专职委员名册"
    position = 2
    description = "乡镇、村（社区）专职委员和阳光家园辅导员，一人一行：本人情况、任职和聘任。按身份证号对应。"
    models_in_order = (Worker, Tenure, Appointment)
    columns = (
        RosterColumn("name", "姓名", clean=normalise.name, synonyms=("名字", "专职委员姓名"), required=True,
                     example="李四", width=10, max_length=50),
        RosterColumn("id_number", "身份证号", clean=normalise.id_number, kind="identity", sealed="id_number",
                     synonyms=("身份证号码", "公民身份号码", "身份证"), required=True, width=22, max_length=18),
        RosterColumn("sex", "性别", clean=Dictionary(Sex.choices, {"1": ["男性"], "2": ["女性"]}), example="女",
                     width=6),
        RosterColumn("ethnicity", "民族", clean=ETHNICITY, example="汉族", width=8, max_length=20),
        _date("born_on", "出生日期", synonyms=("出生年月日",)),
        RosterColumn("education", "文化程度", synonyms=("学历",), example="高中", width=10, max_length=20),
        RosterColumn("political_status", "政治面貌", example="群众", width=10, max_length=20),
        RosterColumn("phone", "联系电话", clean=normalise.phone, kind="phone", sealed="phone", max_length=30,
                     synonyms=("电话", "手机", "手机号码", "联系方式"), example="13900000000"),
        RosterColumn("address", "住址", synonyms=("家庭住址", "现住址"), width=24),
        RosterColumn("township", "乡镇", synonyms=("乡镇(街道)", "所属乡镇", "街道", "乡(镇)"), width=14,
                     help="与“机构名称”表中的写法一致"),
        RosterColumn("village", "村（社区）", synonyms=("村", "社区", "村居", "行政村", "所属村(社区)"), width=16,
                     help="乡镇（街道）专职委员不填"),
        RosterColumn("division_code", "区划代码", clean=normalise.division_code, kind="code", in_template=False,
                     synonyms=("行政区划代码", "统计用区划代码"), width=15),
        RosterColumn("role", "岗位", clean=ROLE, synonyms=("职务", "岗位名称"), width=18,
                     help="不填时按所在机构判断"),
        RosterColumn("identity", "身份", clean=IDENTITY, synonyms=("人员身份", "残疾人或亲友"), required=True,
                     example="残疾人亲友", width=12),
        RosterColumn("certificate_number", "残疾人证号", clean=normalise.certificate_number, kind="identity",
                     sealed="certificate", synonyms=("残疾证号",), width=24, max_length=23,
                     help="身份是残疾人的填写"),
        RosterColumn("relative_name", "残疾亲友姓名", clean=normalise.name, width=12, max_length=50),
        RosterColumn("relation", "与残疾人关系", width=12, max_length=20),
        RosterColumn("payment_account", "一卡通账号", clean=normalise.account_number, kind="identity",
                     sealed="account", synonyms=("银行账号", "账号", "一卡通"), width=22, max_length=30),
        _date("started_on", "任职日期", synonyms=("任职时间", "上岗日期", "聘任日期"), required=True,
                     example="2024-01-01"),
        _date("ended_on", "离任日期", synonyms=("离任时间",)),
        RosterColumn("other_job", "另任职务", width=16, max_length=100),
        _date("contract_from", "聘期起", synonyms=("合同起", "聘用开始日期")),
        _date("contract_to", "聘期止", synonyms=("合同止", "聘用结束日期")),
        RosterColumn("employment", "用工方式", clean=EMPLOYMENT, example="财政补贴", width=12),
        RosterColumn("document_number", "聘任文号", width=20, max_length=100),
        RosterColumn("member_certificate", "上岗证编号", synonyms=("上岗证号", "证书编号"), width=16, max_length=50),
        _date("certificate_issued_on", "上岗证发证日期"),
        _date("certificate_expires_on", "上岗证有效期至", synonyms=("上岗证有效期",)),
    )  # fmt: skip

    def places_of(self, roster_import, user):
        places = Places.of_import(roster_import, user, levels=(Level.TOWNSHIP, Level.VILLAGE))
        # More than a row may name: who stood at a body since abolished, or stands at the county's, is no stranger.
        places.own = Organisation.objects.visible_to(user, "rosters.import").under(roster_import.organisation.path)
        return places

    def place_choices(self, places):
        return places.choices()

    def values_elsewhere(self, rows):
        """Rows are tenures of paid posts, read with worker and appointment."""
        places = WrittenPlaces(rows.order_by().values("organisation_id"))
        places_of = {
            "township": lambda tenure: places[tenure.organisation_id].township,
            "village": lambda tenure: places[tenure.organisation_id].village,
            "division_code": lambda tenure: places[tenure.organisation_id].code,
        }
        return places_of | {name: self.value_of(name) for name in self.fields if name not in places_of}

    @staticmethod
    def value_of(name: str):
        """What gives the value of a column for a tenure."""
        if name in _WORKER or name == "id_number":
            return lambda tenure: getattr(tenure.worker, name)
        if name in _TENURE:
            return lambda tenure: getattr(tenure, name)
        stored = _APPOINTMENT_FIELDS.get(name, name)
        return lambda tenure: getattr(getattr(tenure, "appointment", None), stored, None)

    @classmethod
    def written_columns(cls) -> list[Shown]:
        """The columns of a file that leaves; its rows are tenures with their place as the list prepares it."""
        return roster_shown(cls(), cls._listed_value, cls._field_of)

    @classmethod
    def _listed_value(cls, name: str):
        written = {"township": "township", "village": "village", "division_code": "code"}.get(name)
        return (lambda tenure: getattr(tenure.written_place, written)) if written else cls.value_of(name)

    @staticmethod
    def _field_of(name: str):
        if name in _WORKER or name == "id_number":
            return Worker._meta.get_field(name)
        if name in _TENURE:
            return Tenure._meta.get_field(name)
        if name in _APPOINTMENT:
            return Appointment._meta.get_field(_APPOINTMENT_FIELDS.get(name, name))
        return None

    def check(self, table, places):
        find_all(table, places)
        find_doubles(table, "id_number")
        find_doubles(table, "payment_account")
        given = [table.column(name) for name in ("id_number", "sex", "born_on", "certificate_number", "identity")]
        for index, (number, sex, born_on, certificate, identity) in enumerate(zip(*given, strict=True)):
            for name, sentence in contradictions(number, sex, born_on, certificate):
                table.refuse(index, name, sentence)
            if identity == Identity.NEITHER:
                table.refuse(index, "identity", "专职委员必须是残疾人或残疾人亲友。请核对。")
            self._refuse_role(table, index, places)
        _refuse_disorder(table, "started_on", "ended_on", "离任日期早于任职日期。请核对。")
        _refuse_disorder(table, "contract_from", "contract_to", "聘期止早于聘期起。请核对。")
        _refuse_disorder(table, "certificate_issued_on", "certificate_expires_on", "上岗证有效期早于发证日期。请核对。")

    def _refuse_role(self, table, index, places):
        """A township's member stands at the township, everybody else's body is a village or community."""
        role, place = table.column("role")[index], places.by_pk.get(table.places[index])
        if not role or place is None or role == Appointment.Role.SUNSHINE_TUTOR:
            return
        if (role == Appointment.Role.TOWNSHIP_MEMBER) != (place.level == Level.TOWNSHIP):
            table.refuse(
                index, "role", f"岗位与机构不符：{place.label}没有这个岗位。请核对岗位，或核对是否漏填了村（社区）。"
            )

    # --- compare ----------------------------------------------------------------------------------

    def compare(self, table, places, *, lock=False):
        super().compare(table, places, lock=lock)
        aside = [row for row, outcome in zip(table.rows, table.outcomes, strict=True) if outcome == TRANSFER]
        if aside:
            more = f"等 {len(aside)} 行" if len(aside) > 5 else ""
            table.notices.append(SET_ASIDE.format(rows="、".join(map(str, aside[:5])), more=more))

    def load(self, table, places, *, lock):
        keys = blind_indexes("id_number", table.column("id_number"))
        # Not narrowed to the importer's scope: a person on file elsewhere must be noticed, and is never taken.
        found = Worker._base_manager.filter(id_number_index__in=[key for key in keys if key])
        workers = {bytes(worker.id_number_index): worker for worker in (found.select_for_update() if lock else found)}
        held = Tenure._base_manager.filter(worker__in=workers.values()).select_related(
            "organisation", "appointment", "worker"
        )
        tenures = {}
        for tenure in held.annotate(is_own=Exists(places.own.filter(pk=OuterRef("organisation")))):
            tenures.setdefault(tenure.worker_id, []).append(tenure)
        return _Stored(keys, workers, tenures, places, self._barred(table, keys, workers, tenures))

    @staticmethod
    def _barred(table, keys, workers, tenures) -> dict[int, str]:
        """{appointment id: why its contract may not last longer} of those that the sheet would lengthen."""
        longer = {
            tenure.appointment
            for key, last in zip(keys, table.column("contract_to"), strict=True)
            if last and key in workers
            for tenure in tenures.get(workers[key].pk, [])
            if hasattr(tenure, "appointment") and lasts_longer(tenure.appointment, date.fromisoformat(last))
        }
        by_pk = {each.pk: each for each in longer}
        return {pk: why_not_longer(by_pk[pk], bars) for pk, bars in bars_of(longer).items()}

    def wanted(self, table, index, stored):
        place = stored.places.by_pk[table.places[index]]
        role = table.column("role")[index] or _role_at(place)
        post = Post.SUNSHINE_TUTOR if role == Appointment.Role.SUNSHINE_TUTOR else Post.COMMITTEE_MEMBER
        worker = stored.workers.get(stored.keys[index])
        tenures = stored.tenures.get(worker.pk, []) if worker else []
        if worker is not None and (held_at := self._elsewhere(tenures, place, stored)):
            self.set_aside(table, index, held_at, place.label)
            return
        given = {name: column[index] for name, column in table.values.items()}
        person = Wanted("本人", Worker, worker, {name: given.get(name, "") for name in _WORKER})
        if worker is None:
            person.values["id_number"] = given["id_number"]
        yield person
        paid = [one for one in tenures if one.post in PAID_POSTS]
        same = [one for one in paid if one.organisation_id == place.pk and one.post == post]
        tenure = _meant(same, given)
        overlapped = _overlapped(tenure, same, paid, given)
        if overlapped is not None:
            table.refuse(index, "started_on", _overlap_words(overlapped))
            return
        held = Wanted(
            "任职",
            Tenure,
            tenure,
            {name: given.get(name, "") for name in _TENURE},
            {"worker": person, "organisation_id": place.pk, "post": post},
        )
        if given.get("other_job"):
            held.values["is_concurrent"] = "1"
        yield held
        values = {_APPOINTMENT_FIELDS.get(name, name): given.get(name, "") for name in _APPOINTMENT}
        engagement = getattr(tenure, "appointment", None) if tenure is not None else None
        if engagement is not None and engagement.pk in stored.barred:
            table.refuse(index, "contract_to", stored.barred[engagement.pk])
            return
        yield Wanted(
            "聘任", Appointment, engagement, values | {"role": role}, {"tenure": held, "organisation_id": place.pk}
        )

    @staticmethod
    def _elsewhere(tenures, place, stored) -> str:
        """Where a person on file belongs, if not to `place`; of a body outside the area no more than that."""
        today = timezone.localdate()
        strange = [one for one in tenures if not one.is_own]
        # Whoever has no post at all is on file with somebody, but not here.
        if len(strange) == len(tenures) or any(one.ended_on is None or one.ended_on >= today for one in strange):
            return ELSEWHERE
        for one in tenures:
            if one.post in PAID_POSTS and one.organisation_id != place.pk and one.ended_on is None:
                held_at = stored.places.by_pk.get(one.organisation_id)
                return held_at.label if held_at else ELSEWHERE
        return ""

    def is_new(self, wanted):
        return any(one.model is Tenure and one.stored is None for one in wanted)


class _Stored:
    def __init__(self, keys, workers, tenures, places, barred):
        self.keys = keys
        self.workers = workers
        self.tenures = tenures
        self.places = places
        self.barred = barred


def _meant(same: list[Tenure], given: dict) -> Tenure | None:
    """Of the tenures of this post here, the one that began on the row's day, or else the one still held."""
    for one in same:
        if str(one.started_on) == given["started_on"]:
            return one
    ended_on = given.get("ended_on") or _OPEN
    # What ended before that one began is another tenure.
    return next((one for one in same if one.ended_on is None and str(one.started_on) <= ended_on), None)


def _overlapped(tenure, same, paid, given) -> Tenure | None:
    """The paid tenure with a day of what the row wants: check_tenure's rule, asked of what was read already."""
    stored = (str(tenure.started_on), str(tenure.ended_on or _OPEN)) if tenure else ("", _OPEN)
    first, last = given["started_on"], given.get("ended_on") or stored[1]
    if (first, last) == stored:
        return None
    is_permitted = tenure is not None and tenure.permit_id is not None
    return next(
        (
            one
            for one in paid
            if one is not tenure
            and (one in same or not (is_permitted or one.permit_id))
            and str(one.started_on) <= last
            and first <= str(one.ended_on or _OPEN)
        ),
        None,
    )


def _overlap_words(tenure: Tenure) -> str:
    where = ELSEWHERE
    if tenure.is_own:
        where = f"{tenure.organisation.label}（{tenure.started_on} 至 {tenure.ended_on or '今'}）"
    return (
        f"与此人在{where}的受聘任职有重叠的日子，不能同时受聘两个岗位。请核对任职日期和离任日期；"
        "是原来那次任职的，请写它的任职日期；已准许同时受聘的，请在机构页面按“聘任”登记。"
    )


def _role_at(place) -> str:
    if place.level == Level.TOWNSHIP:
        return Appointment.Role.TOWNSHIP_MEMBER
    is_community = place.place_kind in (PlaceKind.COMMUNITY, PlaceKind.VIRTUAL)
    return Appointment.Role.COMMUNITY_MEMBER if is_community else Appointment.Role.VILLAGE_MEMBER


def _refuse_disorder(table, first: str, last: str, sentence: str):
    for index, (start, end) in enumerate(zip(table.column(first), table.column(last), strict=True)):
        if start and end and end < start:
            table.refuse(index, last, sentence)


def prepare_written(tenures: list[Tenure]):
    """Attach to each its place as the roster names it, in one query."""
    places = WrittenPlaces([tenure.organisation_id for tenure in tenures])
    for tenure in tenures:
        tenure.written_place = places[tenure.organisation_id]
