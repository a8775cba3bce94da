"""The roster of organisations: a row is a body with what it owns and who holds its posts."""

import datetime

from django.utils import timezone

from federation.shared import normalise
from federation.shared.normalise import YES_NO, Dictionary
from federation.shared.rosters import RosterColumn, register
from federation.shared.rosters.record_based import RecordRoster, Wanted
from federation.shared.rosters.table import RosterTable
from federation.shared.sealed_blobs import blind_indexes
from orgs import roster_lists
from orgs.models import (
    ArchiveVolume,
    Budget,
    FormerName,
    Level,
    Organisation,
    PartyBody,
    Plaque,
    Post,
    Premises,
    Regulation,
    ResponsibilityLetter,
    Tenure,
    Worker,
    YearlyTarget,
)
from orgs.places import Places, find_all
from orgs.written_facts import OWN, WrittenFacts

# Posts a row may name, and whether only one person holds it at a time.
POSTS = (
    (Post.PRESIDIUM_CHAIR, True),
    (Post.DIRECTOR, True),
    (Post.DEPUTY_DIRECTOR, False),
    (Post.ASSOCIATION_CHAIR, True),
    (Post.ASSOCIATION_VICE_CHAIR, False),
)


def _date(field: str, heading: str, **more) -> RosterColumn:
    return RosterColumn(field, heading, clean=normalise.date, kind="date", width=13, max_length=10, **more)


def _year(field: str, heading: str) -> RosterColumn:
    return RosterColumn(field, heading, clean=roster_lists.year, kind="whole", width=9, max_length=4)


def _post_columns(post: Post) -> tuple[RosterColumn, ...]:
    word = post.label
    return (
        RosterColumn(f"{post}_name", f"{word}姓名", clean=normalise.name, synonyms=(word,), width=12, max_length=50),
        RosterColumn(f"{post}_id", f"{word}身份证号", clean=normalise.id_number, kind="identity", sealed="id_number",
                     width=22, max_length=18),
        _date(f"{post}_since", f"{word}任职日期", synonyms=(f"{word}任职时间",)),
        RosterColumn(f"{post}_other_job", f"{word}另任职务", help="专职的不填", width=16, max_length=100),
    )  # fmt: skip


@register
class OrganisationRoster(RecordRoster):
    kind = "organisations"
    title = "机构名册"
    position = 1
    description = "乡镇（街道）残联和村（社区）残协的牌子、场所、制度、经费、档案、责任书和任职，一个机构一行。"
    models_in_order = (Worker, Tenure, FormerName, Plaque, Premises, Regulation, Budget, ArchiveVolume, YearlyTarget,
                       ResponsibilityLetter)  # fmt: skip
    columns = (
        RosterColumn("township", "乡镇", synonyms=("乡镇(街道)", "所属乡镇", "街道", "乡(镇)"), required=True,
                     help="与“机构名称”表中的写法一致", width=14),
        RosterColumn("village", "村（社区）", synonyms=("村", "社区", "村居", "行政村"), width=16,
                     help="乡镇（街道）残联这一行不填"),
        RosterColumn("division_code", "区划代码", clean=normalise.division_code, kind="code", width=15,
                     synonyms=("行政区划代码", "统计用区划代码"), help="可以不填"),
        RosterColumn("former_names", "曾用名", clean=roster_lists.former_names, max_length=300, width=20,
                     synonyms=("原名", "曾用名称", "原村名"), help="以前的名称、合并前的村名，用顿号隔开，没有的不填"),
        RosterColumn("address", "地址", synonyms=("办公地址", "机构地址"), width=24),
        RosterColumn("phone", "办公电话", clean=normalise.phone, kind="phone", synonyms=("电话",), max_length=30),
        _date("established_on", "成立日期", synonyms=("成立时间",)),
        RosterColumn("is_independent", "机构独立", clean=YES_NO, example="否", width=10),
        RosterColumn("colocated_with", "合署办公单位", help="不合署办公的不填", width=18, max_length=100),
        RosterColumn("party_body", "党组织", clean=Dictionary(PartyBody.choices), help="党组或党支部，没有的不填",
                     width=10),
        _date("party_body_on", "党组织成立日期"),
        _date("plaque_on", "挂牌日期", synonyms=("挂牌时间",), example="2012-05-01"),
        RosterColumn("plaque_wording", "牌面文字", width=24, max_length=100),
        RosterColumn("premises_use", "场所用途", clean=Dictionary(Premises.Use.choices), example="办公和活动共用"),
        RosterColumn("premises_address", "场所地址", width=24),
        RosterColumn("premises_area", "场所面积", clean=normalise.amount, kind="amount", max_length=9, help="平方米",
                     synonyms=("场所面积(平方米)", "面积"), width=10),
        RosterColumn("premises_holding", "场所权属", clean=Dictionary(Premises.Holding.choices), example="自有",
                     width=10),
        _date("premises_since", "场所启用日期"),
        RosterColumn("regulations", "规章制度", clean=roster_lists.regulations, max_length=300, width=30,
                     help="已印发的制度名称，用顿号隔开，例如：学习、工作、信访接待"),
        _date("regulations_on", "制度印发日期"),
        _year("budget_year", "经费年度"),
        RosterColumn("budget_source", "经费来源", clean=Dictionary(Budget.Source.choices), example="财政预算",
                     width=12),
        RosterColumn("allocated", "安排金额", clean=normalise.amount, kind="amount", max_length=15, help="单位：元",
                     synonyms=("安排经费", "经费安排金额"), width=12),
        RosterColumn("spent", "支出金额", clean=normalise.amount, kind="amount", max_length=15, help="单位：元",
                     width=12),
        _year("archive_year", "档案年度"),
        RosterColumn("archives", "工作档案", clean=roster_lists.archives, max_length=300, width=30,
                     help="已建的台账和件数，用顿号隔开，例如：表二40、表三12、一记30"),
        _year("target_year", "目标年度"),
        RosterColumn("target", "目标任务", width=30, max_length=300),
        _year("letter_year", "责任书年度"),
        _date("letter_on", "责任书签订日期"),
        *(column for post, _ in POSTS for column in _post_columns(post)),
    )  # fmt: skip

    def places_of(self, roster_import, user):
        return Places.of_import(roster_import, user, levels=(Level.TOWNSHIP, Level.VILLAGE))

    def place_choices(self, places):
        return places.choices()

    def values_elsewhere(self, rows):
        facts = self.facts_of(rows)
        # A row's columns come one after the other: its facts are put together once.
        return {name: lambda body, name=name: facts(body).get(name) for name in self.fields}

    @staticmethod
    def facts_of(bodies):
        """What gives, for one of `bodies`, its values by column."""
        written, last = WrittenFacts(bodies, [post for post, _ in POSTS]), {}

        def of(body) -> dict:
            if body.pk not in last:
                last.clear()
                last[body.pk] = written.of(body)
            return last[body.pk]

        return of

    # --- check ------------------------------------------------------------------------------------

    def check(self, table, places):
        find_all(table, places)
        self._refuse_doubles(table)
        today = timezone.localdate().isoformat()
        for column in self.columns:
            if column.kind == "date":
                for index, value in enumerate(table.values.get(column.field, ())):
                    if value > today:
                        table.refuse(index, column.field, f"{value} 晚于今天。请填实际日期。")
        needs = [
            ("regulations", "regulations_on"),
            ("allocated", "budget_year"),
            ("spent", "allocated"),
            ("archives", "archive_year"),
            ("target", "target_year"),
            ("letter_on", "letter_year"),
            ("premises_address", "premises_since"),
            ("premises_area", "premises_since"),
            *((f"{post}_name", f"{post}_since") for post, _ in POSTS),
            *((f"{post}_since", f"{post}_name") for post, _ in POSTS),
        ]
        for given, needed in needs:
            self._need(table, given, needed)

    def _refuse_doubles(self, table: RosterTable):
        first = {}
        for index, place in enumerate(table.places):
            if place is None or table.is_wrong(index):
                continue
            if first.setdefault(place, index) != index:
                table.refuse(index, "village", f"与第 {table.rows[first[place]]} 行是同一个机构。一个机构只写一行。")

    def _need(self, table: RosterTable, given: str, needed: str):
        if given not in table.values:
            return
        heading = self.column_of(given).heading
        for index, (value, other) in enumerate(zip(table.values[given], table.column(needed), strict=True)):
            if value and not other:
                table.refuse(index, needed, f"填了“{heading}”就必须填这一项。")

    # --- compare ----------------------------------------------------------------------------------

    def load(self, table, places, *, lock):
        return StoredFacts(table, places, lock)

    def wanted(self, table, index, stored):
        pk = table.places[index]
        given = {name: column[index] for name, column in table.values.items()}
        body = stored.bodies[pk]
        yield Wanted("机构", Organisation, body, {name: given.get(name, "") for name in OWN})
        yield from _facts(given, body, stored)
        for post, single in POSTS:
            yield from self._post(table, index, given, body, post, single, stored)

    def is_new(self, wanted):
        return False

    def _post(self, table, index, given, body, post, single, stored):
        name, number = given.get(f"{post}_name", ""), given.get(f"{post}_id", "")
        if not name:
            return
        holders = stored.holders.get((body.pk, post), [])
        worker = stored.workers.get(number) if number else None
        tenure = next(
            (held for held in holders if held.worker == worker or (not number and held.worker.name == name)), None
        )
        if tenure is None and single and holders:
            table.refuse(index, f"{post}_name", f"{holders[0].worker.name}仍在任。请先登记其离任日期，再登记新的人。")
            return
        if worker is not None and not stored.is_known_here(worker):
            table.refuse(index, f"{post}_id", "这个身份证号已登记在其他机构的工作人员名下。请联系县残联办理调动。")
            return
        worker = worker or (tenure.worker if tenure else None)
        person = stored.person(post.label, worker, name, number)
        yield person
        values = {"started_on": given.get(f"{post}_since", ""), "other_job": given.get(f"{post}_other_job", "")}
        if values["other_job"]:
            values["is_concurrent"] = "1"
        yield Wanted(post.label, Tenure, tenure, values, {"worker": person, "organisation": body, "post": post})


def _facts(given, body, stored):
    """The records of what a body owns."""
    one = stored.one
    for name in given.get("former_names", "").split("、") if given.get("former_names") else ():
        if name not in (body.name, body.short_name) and one(FormerName, body.pk, name) is None:
            fixed = {"organisation": body, "name": name}
            yield Wanted("曾用名", FormerName, None, {"remark": "名册导入"}, fixed)
    if given.get("plaque_on"):
        yield Wanted(
            "牌子",
            Plaque,
            one(Plaque, body.pk),
            {"hung_on": given["plaque_on"], "wording": given.get("plaque_wording", "")},
            {"organisation": body},
        )
    if given.get("premises_since"):
        values = {
            "use": "premises_use",
            "address": "premises_address",
            "area": "premises_area",
            "holding": "premises_holding",
            "since": "premises_since",
        }
        yield Wanted(
            "场所",
            Premises,
            one(Premises, body.pk),
            {name: given.get(column, "") for name, column in values.items()},
            {"organisation": body},
        )
    for kind in given.get("regulations", "").split(",") if given.get("regulations") else ():
        if one(Regulation, body.pk, kind) is None:
            yield Wanted(
                "规章制度",
                Regulation,
                None,
                {"issued_on": given["regulations_on"]},
                {"organisation": body, "kind": kind},
            )
    if given.get("allocated"):
        year, source = given["budget_year"], given.get("budget_source") or Budget.Source.FISCAL
        yield Wanted(
            "经费",
            Budget,
            one(Budget, body.pk, year, source),
            {"allocated_amount": given["allocated"], "spent_amount": given.get("spent", "")},
            {"organisation": body, "year": int(year), "source": source},
        )
    for entry in given.get("archives", "").split(",") if given.get("archives") else ():
        kind, _, count = entry.partition(":")
        yield Wanted(
            "工作档案",
            ArchiveVolume,
            one(ArchiveVolume, body.pk, given["archive_year"], kind),
            {"item_count": count},
            {"organisation": body, "year": int(given["archive_year"]), "ledger_kind": kind},
        )
    if given.get("target") and one(YearlyTarget, body.pk, given["target_year"], given["target"]) is None:
        yield Wanted(
            "目标任务",
            YearlyTarget,
            None,
            {"text": given["target"], "recorded_on": _within(given["target_year"])},
            {"organisation": body, "year": int(given["target_year"])},
        )
    upper = stored.uppers.get(body.path[: -Organisation.steplen])
    if given.get("letter_on") and upper is not None:
        letter = one(ResponsibilityLetter, body.pk, given["letter_year"], str(upper))
        yield Wanted(
            "责任书",
            ResponsibilityLetter,
            letter,
            {"signed_on": given["letter_on"]},
            {"organisation": body, "year": int(given["letter_year"]), "upper_party_id": upper},
        )


def _within(year: str) -> str:
    """Today, or the nearest day of `year`."""
    today = timezone.localdate()
    first, last = datetime.date(int(year), 1, 1), datetime.date(int(year), 12, 31)
    return min(max(today, first), last).isoformat()


class StoredFacts:
    """What the bodies of a roster have on file, read in one query a table."""

    def __init__(self, table: RosterTable, places: Places, lock: bool):
        pks = {pk for pk in table.places if pk is not None}
        self._places = places
        bodies = Organisation.objects.filter(pk__in=pks)
        self.bodies = {body.pk: body for body in (bodies.select_for_update() if lock else bodies)}
        paths = {body.path[: -Organisation.steplen] for body in self.bodies.values()}
        self.uppers = dict(Organisation.objects.filter(path__in=paths).values_list("path", "pk"))
        self._facts = {}
        for model, key in (
            (Plaque, lambda row: () if row.removed_on is None else None),
            (FormerName, lambda row: (row.name,)),
            (Premises, lambda row: () if row.until is None else None),
            (Regulation, lambda row: (row.kind,) if row.withdrawn_on is None else None),
            (Budget, lambda row: (str(row.year), row.source)),
            (ArchiveVolume, lambda row: (str(row.year), row.ledger_kind)),
            (YearlyTarget, lambda row: (str(row.year), row.text)),
            (ResponsibilityLetter, lambda row: (str(row.year), str(row.upper_party_id))),
        ):
            for row in model._base_manager.filter(organisation__in=pks).order_by("-pk"):
                found = key(row)
                if found is not None:
                    self._facts[(model, row.organisation_id, *found)] = row
        self.holders = {}
        current = Tenure.objects.filter(organisation__in=pks, ended_on=None).select_related("worker").order_by("pk")
        for tenure in current:
            self.holders.setdefault((tenure.organisation_id, tenure.post), []).append(tenure)
        self.workers = self._workers_by_number(table)
        self._new_people: dict[str, Wanted] = {}
        self._known = set(
            Tenure.objects.filter(organisation__in=list(places.by_pk)).values_list("worker_id", flat=True)
        )

    def _workers_by_number(self, table: RosterTable) -> dict[str, Worker]:
        numbers = {number for post, _ in POSTS for number in table.values.get(f"{post}_id", ()) if number}
        indexes = dict(zip(blind_indexes("id_number", numbers), numbers, strict=True))
        # Not narrowed to the importer's scope: somebody on file elsewhere must be noticed.
        found = Worker._base_manager.filter(id_number_index__in=list(indexes))
        return {indexes[bytes(worker.id_number_index)]: worker for worker in found}

    def one(self, model, organisation_id: int, *key):
        return self._facts.get((model, organisation_id, *key))

    def person(self, word: str, worker: Worker | None, name: str, number: str) -> Wanted:
        """The worker a row names; somebody new who is named in several rows is one person."""
        if worker is not None:
            return Wanted(word, Worker, worker, {"name": name})
        new = Wanted(word, Worker, None, {"name": name, "id_number": number})
        return self._new_people.setdefault(number, new) if number else new

    def is_known_here(self, worker: Worker) -> bool:
        """Holds or held a post at a body the importer may write for."""
        return worker.pk in self._known
