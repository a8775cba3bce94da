"""The roster of disabled persons (表二): how a row is matched, checked and written; its columns: person_columns.py."""

from itertools import compress

from django.core.exceptions import ValidationError
from django.utils import timezone

from federation.shared.pinyin import pinyin_of
from federation.shared.rosters import register
from federation.shared.rosters.resource import RosterRefused, TakenIn, lacking
from federation.shared.rosters.set_based import ELSEWHERE, SetBasedRoster
from federation.shared.rosters.table import CHANGED, NEW, TRANSFER, RosterTable, find_doubles
from federation.shared.sealed_blobs import blind_indexes
from ledgers import in_charge_column, rules
from ledgers.duplicates import ASKED_AT_ONCE, alike_on_file
from ledgers.following import keys_to_persons
from ledgers.households import recount_households
from ledgers.models import DisabledPerson, ErasureProposal
from ledgers.models.derived import OLD_ALREADY
from ledgers.models.dictionaries import EntryState, TransferState
from ledgers.person_columns import COLUMNS
from ledgers.querysets import in_old_home
from ledgers.transfers import APPROVE, EDIT, holds, offer_person, request_transfers
from orgs.models import Organisation
from orgs.places import WrittenPlaces, find_all

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
        added = _added_since(roster_import)
        if added:
            raise RosterRefused(f"这次导入新增的人，以后又登记了{'、'.join(added)}，不能整体撤销。请逐条处理。")
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


def _added_since(roster_import) -> list[str]:
    """What has been entered about the people it made, in words: an undo would take it away with them."""
    made = DisabledPerson._base_manager.filter(source_import=roster_import.pk)
    entered = [(model, key) for model, key in keys_to_persons() if model is not ErasureProposal]
    return list(dict.fromkeys(
        str(model._meta.verbose_name)
        for model, key in entered
        if model._base_manager.filter(**{f"{key}__in": made}).exists()
    ))  # fmt: skip


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
