"""The roster of who was at a training: a row is a person at a session, with result and certificate."""

from collections import defaultdict
from datetime import date
from decimal import Decimal, InvalidOperation

from django.db.models import Q
from django.utils import timezone

from committees.models import Appointment, TrainingAttendance, TrainingSession
from committees.services.training import CERTIFICATE, replaces
from federation.shared import normalise
from federation.shared.normalise import Dictionary, NotNormal
from federation.shared.rosters import RosterColumn, register
from federation.shared.rosters.record_based import RecordRoster, Wanted
from federation.shared.sealed_blobs import blind_indexes
from federation.shared.templatetags.ui import cn_date
from orgs.models import Level, Tenure
from orgs.places import Places, Unfound

Presence, Result = TrainingAttendance.Presence, TrainingAttendance.Result
PRESENCE = Dictionary(
    Presence.choices,
    {
        "attended": ["是", "参加", "已参加", "参训", "已参训", "出席", "到", "√", "1"],
        "absent": ["否", "未参加", "没有参加", "缺勤", "未到", "未到会", "×", "0"],
        "registered": ["报名"],
    },
)
RESULT = Dictionary(
    [choice for choice in Result.choices if choice[0]],
    {"passed": ["通过", "及格", "达标"], "failed": ["未通过", "不及格", "未达标"], "excellent": ["优"]},
)
_OWN = ("presence", "hours", "result", *CERTIFICATE)


def hours(value: str) -> str:
    """Hours with one place, as they are stored."""
    written = normalise.text(value).removesuffix("学时").removesuffix("小时").strip()
    if not written:
        return ""
    try:
        number = Decimal(written)
    except InvalidOperation:
        number = Decimal("NaN")
    # "NaN" and "Infinity" are written like this, too.
    if not number.is_finite():
        raise NotNormal(f"“{written[:20]}”不是学时。请只填数字，例如 6 或 6.5。")
    if not Decimal("0.5") <= number < 1000 or number != number.quantize(Decimal("0.1")):
        raise NotNormal("学时应在 0.5 到 999 之间，最多一位小数。请核对。")
    return str(number.quantize(Decimal("0.1")))


@register
class AttendanceRoster(RecordRoster):
    kind = "trainings"
    title = "参训名单"
    position = 4
    description = (
        "一次或几次培训的参训情况，一人一行：到会、学时、考核结果和证书。人按身份证号对应，没有号码的按姓名和机构；"
        "培训班按编号，或按名称和开始日期，先要登记好。"
    )
    models_in_order = (TrainingAttendance,)
    columns = (
        RosterColumn("session_code", "班次编号", synonyms=("培训班编号", "班次"), width=14, max_length=30,
                     help="与培训班登记的编号一致；没有编号的填培训名称和开始日期"),
        RosterColumn("session_title", "培训名称", synonyms=("培训班", "培训班名称"), width=24, max_length=100),
        RosterColumn("session_date", "开始日期", clean=normalise.date, kind="date", width=13, max_length=10,
                     synonyms=("培训日期", "培训时间")),
        RosterColumn("name", "姓名", clean=normalise.name, synonyms=("名字",), required=True, example="李四", width=10,
                     max_length=50),
        RosterColumn("id_number", "身份证号", clean=normalise.id_number, kind="identity", sealed="id_number",
                     synonyms=("身份证号码", "公民身份号码", "身份证"), width=22, max_length=18,
                     help="不填的按姓名和机构对应"),
        RosterColumn("township", "乡镇", synonyms=("乡镇(街道)", "所属乡镇", "街道", "乡(镇)"), width=14),
        RosterColumn("village", "村（社区）", synonyms=("村", "社区", "村居", "行政村", "所属村(社区)"), width=16),
        RosterColumn("division_code", "区划代码", clean=normalise.division_code, kind="code", in_template=False,
                     synonyms=("行政区划代码", "统计用区划代码"), width=15),
        RosterColumn("presence", "到会情况", clean=PRESENCE, synonyms=("是否参训", "是否到会", "参训情况"),
                     required=True, example="到会", width=10),
        RosterColumn("hours", "学时", clean=hours, width=8, max_length=6, help="与培训班的学时相同的不填"),
        RosterColumn("result", "考核结果", clean=RESULT, synonyms=("结果", "成绩"), example="合格", width=10),
        RosterColumn("certificate_number", "证书编号", synonyms=("证书号", "合格证编号"), width=18, max_length=50),
        RosterColumn("certificate_issued_on", "发证日期", clean=normalise.date, kind="date", width=13, max_length=10,
                     help="不填的按培训结束那天"),
        RosterColumn("certificate_expires_on", "证书有效期至", clean=normalise.date, kind="date", width=13,
                     max_length=10, synonyms=("有效期至",)),
    )  # fmt: skip

    def places_of(self, roster_import, user):
        return _Scope(roster_import, user)

    def place_choices(self, places):
        return places.choices()

    # --- check: what the file alone tells -----------------------------------------------------------

    def check(self, table, places):
        names = ("presence", "hours", "result", *CERTIFICATE)
        for index, given in enumerate(zip(*(table.column(name) for name in names), strict=True)):
            presence, taken, result, number, issued, expires = given
            if presence and presence != Presence.ATTENDED:
                for name, value in (("hours", taken), ("result", result), ("certificate_number", number)):
                    if value:
                        table.refuse(
                            index, name, "没有到会的人不填学时、考核结果和证书。请核对到会情况，或清空这一格。"
                        )
            if result == Result.FAILED and number:
                table.refuse(index, "certificate_number", "考核不合格的不发证书。请核对考核结果，或清空证书编号。")
            if (issued or expires) and not number:
                name = "certificate_issued_on" if issued else "certificate_expires_on"
                table.refuse(index, name, "填了证书的日期，没有证书编号。请填证书编号，或清空日期。")
            if issued and expires and expires < issued:
                table.refuse(index, "certificate_expires_on", "早于发证日期。请核对。")

    # --- compare --------------------------------------------------------------------------------------

    def load(self, table, places, *, lock):
        return _Stored(table, places, lock)

    def wanted(self, table, index, stored):
        session = self._session(table, index, stored)
        tenure = self._tenure(table, index, stored, session) if session is not None else None
        if tenure is None:
            return
        first = stored.rows.setdefault((session.pk, tenure.worker_id), index)
        if first != index:
            table.refuse(index, "name", f"与第 {table.rows[first]} 行是同一个人、同一个培训班。请只留正确的一行。")
            return
        values = {name: table.column(name)[index] for name in _OWN}
        if values["certificate_number"] and not values["certificate_issued_on"]:
            values["certificate_issued_on"] = session.ends_on.isoformat()
        known = stored.attendances.get((session.pk, tenure.worker_id))
        if known is not None and self._contradicts(table, index, values, known):
            return
        table.places[index] = known.organisation_id if known is not None else tenure.organisation_id
        fixed = {
            "session": session, "worker_id": tenure.worker_id, "tenure_id": tenure.pk,
            "organisation_id": tenure.organisation_id,
        }  # fmt: skip
        yield Wanted("参训", TrainingAttendance, known, values, fixed)
        if values["presence"] == Presence.ATTENDED and session.is_planned:
            yield stored.held(session)
        appointment = getattr(known.tenure if known is not None else tenure, "appointment", None)
        if self._carries(session, values, known, appointment):
            yield Wanted("上岗证", Appointment, appointment, {name: values[name] for name in CERTIFICATE})

    @staticmethod
    def _carries(session, values, known, appointment) -> bool:
        """Whether the certificate becomes that of the appointment; a row without a number leaves what is stored."""
        number = values["certificate_number"]
        if not (session.gives_certificate and number and appointment is not None):
            return False
        return replaces(number, date.fromisoformat(values["certificate_issued_on"]), known, appointment)

    def _session(self, table, index, stored) -> TrainingSession | None:
        code, title, day = (table.column(name)[index] for name in ("session_code", "session_title", "session_date"))
        if not code and not (title and day):
            name = "session_code" if table.has("session_code") else "session_title"
            table.refuse(index, name, "没有写明是哪个培训班。请填班次编号，或填培训名称和开始日期。")
            return None
        found = stored.by_code[code] if code else stored.by_title[title, day]
        name, shown = ("session_code", f"编号是“{code}”") if code else ("session_title", f"{day} 开始的“{title}”")
        if code and len(found) > 1 and title:
            found = [each for each in found if each.title == title]
        if len(found) != 1:
            said = f"您主办的培训班里没有{shown}的。请核对，或先登记培训班。"
            if found:
                said = f"有 {len(found)} 个培训班{shown}。请再填培训名称来区分。"
            table.refuse(index, name, said)
            return None
        (session,) = found
        if code and (title and title != session.title or day and day != session.starts_on.isoformat()):
            other = "session_title" if title and title != session.title else "session_date"
            table.refuse(
                index, other, f"编号“{code}”是 {cn_date(session.starts_on)}的“{session.title}”。请改正其中一项。"
            )
            return None
        return session if self._is_open(table, index, session, name) else None

    @staticmethod
    def _is_open(table, index, session, name: str) -> bool:
        if session.is_cancelled:
            table.refuse(index, name, f"“{session.title}”已经取消，不能登记参训。请核对。")
            return False
        ahead = session.starts_on > timezone.localdate()
        if ahead and table.column("presence")[index] not in ("", Presence.REGISTERED):
            table.refuse(
                index, "presence", f"“{session.title}”{cn_date(session.starts_on)}才开始，现在只能填“已报名”。"
            )
            return False
        return True

    def _tenure(self, table, index, stored, session) -> Tenure | None:
        number, name = stored.keys[index], table.column("name")[index]
        if number is not None:
            tenures, where = stored.by_number.get(number, []), "id_number"
            unknown = "在您负责的机构里没有登记过这个身份证号的工作人员。请核对号码，或先登记任职。"
        else:
            place = self._place(table, index, stored)
            if place is None:
                return None
            tenures, where = stored.by_name.get((place.pk, name), []), "name"
            unknown = f"{place.label}没有登记过叫这个名字的工作人员。请核对姓名和机构，或填身份证号。"
        if not tenures:
            table.refuse(index, where, unknown)
            return None
        if tenures[0].worker.name != name:
            table.refuse(index, "name", "与这个身份证号登记的姓名不一致。请核对。")
            return None
        if len({tenure.worker_id for tenure in tenures}) > 1:
            table.refuse(index, "name", "这个机构有几个人同名。请填身份证号来区分。")
            return None
        then = [each for each in tenures if _in_post(each, session.starts_on)]
        if not then:
            table.refuse(
                index, where, f"此人在开班那天（{cn_date(session.starts_on)}）没有任职。请核对培训班，或先补登任职。"
            )
            return None
        return min(then, key=lambda each: (each.org_path, each.pk))

    @staticmethod
    def _place(table, index, stored):
        given = [table.column(name)[index] for name in ("township", "village", "division_code")]
        try:
            return stored.places.find(*given)
        except Unfound as error:
            name = next((each for each in ("village", "township", "division_code") if table.has(each)), "id_number")
            said = str(error) if any(given) else "没有身份证号，也没有写明机构。请填身份证号，或填乡镇和村（社区）。"
            table.refuse(index, name, said)
            return None

    @staticmethod
    def _contradicts(table, index, values, known) -> bool:
        """What is on file already and the file does not take back."""
        has_more = known.result or known.certificate_number or known.hours is not None
        if values["presence"] != Presence.ATTENDED and has_more:
            said = "已登记此人到会的学时、考核结果或证书。要改成没有到会，请在培训班页面点“修改”。"
            table.refuse(index, "presence", said)
            return True
        if values["result"] == Result.FAILED and known.certificate_number:
            said = f"此人已有证书 {known.certificate_number}。要改成不合格，请先在培训班页面删去证书编号。"
            table.refuse(index, "result", said)
            return True
        return False

    def is_new(self, wanted):
        return any(one.model is TrainingAttendance and one.stored is None for one in wanted)


def _in_post(tenure, day) -> bool:
    return tenure.started_on <= day and (tenure.ended_on is None or tenure.ended_on >= day)


class _Scope(Places):
    """The bodies of the import, and whose sessions and people it may write for."""

    def __init__(self, roster_import, user):
        bodies = Places.of_import(roster_import, user, levels=(Level.COUNTY, Level.TOWNSHIP, Level.VILLAGE))
        self.__dict__.update(bodies.__dict__)
        path = roster_import.organisation.path
        self.sessions = TrainingSession.objects.visible_to(user, TrainingSession.edit_permission).under(path)
        self.people = Tenure.objects.visible_to(user, TrainingAttendance.edit_permission).under(path)


class _Stored:
    """Sessions, people and attendances that the file can speak of, in four queries."""

    def __init__(self, table, places, lock: bool):
        self.places = places
        self.rows: dict[tuple, int] = {}
        self._held: dict[int, Wanted] = {}
        self.by_code, self.by_title = defaultdict(list), defaultdict(list)
        codes, titles = set(table.column("session_code")), set(table.column("session_title"))
        sessions = places.sessions.filter(Q(code__in=codes - {""}) | Q(title__in=titles - {""}))
        sessions = sessions.select_for_update(of=("self",)) if lock else sessions
        for session in sessions.order_by("pk"):
            if session.code:
                self.by_code[session.code].append(session)
            self.by_title[session.title, session.starts_on.isoformat()].append(session)
        self.keys = blind_indexes("id_number", table.column("id_number"))
        self.by_number, self.by_name = defaultdict(list), defaultdict(list)
        named = {name for name, key in zip(table.column("name"), self.keys, strict=True) if key is None}
        wanted = Q(worker__id_number_index__in=[key for key in self.keys if key]) | Q(worker__name__in=named)
        for tenure in places.people.filter(wanted).select_related("worker", "appointment").order_by("pk"):
            if tenure.worker.id_number_index is not None:
                self.by_number[bytes(tenure.worker.id_number_index)].append(tenure)
            self.by_name[tenure.organisation_id, tenure.worker.name].append(tenure)
        rows = TrainingAttendance.objects.filter(session__in=[each.pk for each in sessions])
        self.attendances = {
            (row.session_id, row.worker_id): row for row in rows.select_related("session", "tenure__appointment")
        }

    def held(self, session) -> Wanted:
        """The session as a held one: one record, whatever rows speak of it."""
        if session.pk not in self._held:
            self._held[session.pk] = Wanted("培训班", TrainingSession, session, {"state": "held"})
        return self._held[session.pk]
