"""Files that may be of one person: told at the entry of a new one, and listed in groups for who may merge them."""

from dataclasses import dataclass, field

from django.db.models import Count, Q

from federation.shared.sealed import blind_index
from ledgers.models import DisabledPerson
from ledgers.querysets import STILL_REGISTERED

MOST_SIMILAR = 5
GROUPS_A_PAGE = 30
# Nobody looks through more pages than this; whoever has more begins with a smaller area.
MOST_PAGES = 200


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
    """People `user` sees, still registered, that may be `person` (a stored or an unsaved one)."""
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
    return list(rows.select_related("organisation").order_by("org_path", "id")[:MOST_SIMILAR])


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


def read_groups(rows, likeness: Likeness, number: int, address: str) -> GroupPage:
    """One page of groups among `rows` (in scope) by two questions: which groups, and who is in them."""
    columns = likeness.columns
    rows = rows.filter(likeness.filled() & STILL_REGISTERED)
    start = (number - 1) * GROUPS_A_PAGE
    alike = rows.order_by(*columns).values_list(*columns).annotate(files=Count("pk")).filter(files__gt=1)
    keys = [_plain(key[:-1]) for key in alike[start : start + GROUPS_A_PAGE + 1]]
    shown = keys[:GROUPS_A_PAGE]
    found: dict[tuple, list] = {key: [] for key in shown}
    if shown:
        wanted = {f"{column}__in": {key[place] for key in shown} for place, column in enumerate(columns)}
        people = rows.filter(**wanted).select_related("organisation").order_by("org_path", "id")
        for person in people:
            key = _plain(tuple(getattr(person, column) for column in columns))
            if key in found:
                found[key].append(person)
    return GroupPage(list(found.values()), number, len(keys) > GROUPS_A_PAGE and number < MOST_PAGES, address)


def _plain(key) -> tuple:
    return tuple(bytes(part) if isinstance(part, memoryview) else part for part in key)
