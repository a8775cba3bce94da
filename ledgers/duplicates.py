"""Files that may be of one person: told at the entry of a new one, and listed in groups for who may merge them."""

from dataclasses import dataclass, field

from django.db.models import Count, Q

from federation.shared.rosters.table import NEW
from federation.shared.sealed import blind_index
from ledgers.distinct import known_distinct, settled_pairs
from ledgers.models import DisabledPerson, DistinctPair
from ledgers.querysets import STILL_REGISTERED

MOST_SIMILAR = 5
GROUPS_A_PAGE = 30
# Nobody looks through more pages than this; whoever has more begins with a smaller area.
MOST_PAGES = 200
ASKED_AT_ONCE = 5000
# Rows named in a notice.
TOLD_OF = 20


@dataclass(frozen=True)
class Likeness:
    """What two files have in common: the columns that are equal, and the sentence about it."""

    name: str
    label: str
    columns: tuple[str, ...]

    def filled(self) -> Q:
        return Q(**{f"{column}__isnull": False for column in self.columns})


LIKENESSES = {
    each.name: each
    for each in (
        Likeness("born", "姓名和出生日期相同", ("name", "born_on")),
        Likeness("certificate", "残疾人证号相同", ("certificate_number_index",)),
        Likeness("guardian", "姓名和监护人电话相同", ("name", "guardian_phone_index")),
    )
}


def similar_to(person: DisabledPerson, user) -> list[DisabledPerson]:
    """People `user` sees, still registered, that may be `person` (a stored or an unsaved one).

    Without those of whom somebody has said that they are somebody else.
    """
    conditions = Q()
    if person.name and person.born_on:
        conditions |= Q(name=person.name, born_on=person.born_on)
    if person.certificate_number and person.certificate_number.is_readable():
        plain = person.certificate_number.open_plain()
        conditions |= Q(certificate_number_index=blind_index("certificate", plain))
    if person.name and person.guardian_phone and person.guardian_phone.is_readable():
        plain = person.guardian_phone.open_plain()
        conditions |= Q(name=person.name, guardian_phone_index=blind_index("phone", plain))
    if not conditions:
        return []
    rows = DisabledPerson.objects.visible_to(user).filter(conditions & STILL_REGISTERED).exclude(pk=person.pk)
    if person.pk:
        rows = rows.exclude(known_distinct(person))
    return list(rows.select_related("organisation").order_by("org_path", "id")[:MOST_SIMILAR])


def alike_on_file(table, places) -> list[str]:
    """What to tell of the new rows of a roster that have name and birth date of somebody on file in its own area.

    Nobody is refused for it: two people may share both. Once written they stand among the duplicates until somebody
    says which they are; sent again they are found by their numbers and not told again.
    """
    if not table.has("born_on"):
        return []
    names, births = table.values["name"], table.values["born_on"]
    fresh = [index for index, outcome in enumerate(table.outcomes) if outcome == NEW and births[index]]
    wanted = {(names[index], births[index]) for index in fresh}
    known = set()
    asked = sorted({name for name, _born in wanted})
    # A question over all bodies, of whose answers only those of the importer's bodies are looked at.
    on_file = DisabledPerson.objects.filter(STILL_REGISTERED).order_by()
    for start in range(0, len(asked), ASKED_AT_ONCE):
        rows = on_file.filter(name__in=asked[start : start + ASKED_AT_ONCE], born_on__isnull=False)
        found = rows.values_list("name", "born_on", "organisation_id").iterator(ASKED_AT_ONCE)
        known |= {(name, born.isoformat()) for name, born, body in found if body in places.by_pk} & wanted
    rows = [str(table.rows[index]) for index in fresh if (names[index], births[index]) in known]
    if not rows:
        return []
    more = f"等 {len(rows)} 行" if len(rows) > TOLD_OF else "行"
    return [
        f"第 {'、'.join(rows[:TOLD_OF])} {more}是新增，但您负责的范围内已有姓名和出生日期相同的人。可能是身份证号录错，"
        "请核对后再确认；写入以后在“疑似重复”里合并，或认定不是同一个人。"
    ]


def likenesses_of(one: DisabledPerson, other: DisabledPerson) -> list[str]:
    """In words, what the two stored files have in common."""
    return [
        each.label
        for each in LIKENESSES.values()
        if all(_same(getattr(one, column), getattr(other, column)) for column in each.columns)
    ]


def _same(left, right) -> bool:
    left, right = (bytes(side) if isinstance(side, memoryview) else side for side in (left, right))
    return left == right and left not in (None, "")


@dataclass
class GroupPage:
    """Some groups of files that are alike; what ui/pagination.html reads."""

    groups: list[list[DisabledPerson]]
    number: int
    has_next: bool
    address: str
    numbers: list = field(default_factory=list)

    @property
    def previous_url(self) -> str:
        return f"{self.address}&page={self.number - 1}" if self.number > 1 else ""

    @property
    def next_url(self) -> str:
        return f"{self.address}&page={self.number + 1}" if self.has_next else ""

    @property
    def summary(self) -> str:
        return f"第 {self.number} 页，{len(self.groups)} 组"


def read_groups(rows, likeness: Likeness, number: int, address: str, pairs=None) -> GroupPage:
    """One page of groups among `rows` (in scope) by three questions: which groups, which are settled, who is in them.

    `pairs` (in the same scope): a group all of whose files were said to be different people's is not shown.
    """
    columns = likeness.columns
    rows = rows.filter(likeness.filled() & STILL_REGISTERED)
    pairs = DistinctPair.objects.none() if pairs is None else pairs
    settled = {_plain(key): number for key, number in settled_pairs(pairs, columns).items()}
    start, end = (number - 1) * GROUPS_A_PAGE, number * GROUPS_A_PAGE
    alike = rows.order_by(*columns).values_list(*columns).annotate(files=Count("pk")).filter(files__gt=1)
    # No more than this many of those before the end of the page can be settled.
    keys = []
    for *key, files in alike[: end + 1 + len(settled)]:
        key = _plain(key)
        if settled.get(key, 0) < files * (files - 1) // 2:
            keys.append(key)
    shown = keys[start:end]
    found: dict[tuple, list] = {key: [] for key in shown}
    if shown:
        wanted = {f"{column}__in": {key[place] for key in shown} for place, column in enumerate(columns)}
        people = rows.filter(**wanted).select_related("organisation").order_by("org_path", "id")
        for person in people:
            key = _plain(tuple(getattr(person, column) for column in columns))
            if key in found:
                found[key].append(person)
    return GroupPage(list(found.values()), number, len(keys) > end and number < MOST_PAGES, address)


def _plain(key) -> tuple:
    return tuple(bytes(part) if isinstance(part, memoryview) else part for part in key)
