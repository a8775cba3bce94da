"""Who lives together: a household of a village, and what follows from it for each of its people.

Of everybody still registered in a household, `household_disabled` is their number (一户多残 from two on), and
`eldest_born_on` the birth date that decides 老残一体: one of them is 60 or older, or somebody of that age lives with
them. Both are kept by these services at every write; that somebody turns sixty is no write, and found by asking with
the day. The household is locked before its people, so that no two changes wait for each other.
"""

import itertools
from collections.abc import Iterable, Iterator
from datetime import date

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Case, Count, Exists, F, Max, Min, OuterRef, Q, Subquery, Value, When
from django.utils import timezone

from federation.shared.history import create_versioned, record_changes_bulk, save_versioned
from ledgers.models import DisabledPerson, Household
from ledgers.models.derived import OLD_ALREADY
from ledgers.querysets import STILL_REGISTERED, sixty_by

MOST_MEMBERS = 30
_TRIES = 5
_ASKED_AT_ONCE = 5000


def with_counts(households, today: date):
    """`households` with `disabled` (people still registered), `old` (of them 60 or older) and `is_elderly`."""
    current = Q(persons__moved_away_on=None, persons__deceased_on=None, persons__cancelled_on=None)
    old = DisabledPerson.objects.filter(STILL_REGISTERED, household=OuterRef("pk"), born_on__lte=sixty_by(today))
    return households.annotate(
        linked=Count("persons"),
        disabled=Count("persons", filter=current),
        is_elderly=Exists(old) | Q(elderly__gt=0, elderly__isnull=False),
    )


def lock_household(pk: int | None) -> Household | None:
    """The household, locked until the transaction ends; ask for it before locking any of its people."""
    return Household.objects.select_for_update(of=("self",)).filter(pk=pk).first() if pk else None


def locked_with_household(**lookup) -> DisabledPerson | None:
    """The person, locked after the household it lives in; None where there is none or it just changed its household."""
    home = DisabledPerson.objects.filter(**lookup).values_list("household_id", flat=True).first()
    lock_household(home)
    return DisabledPerson.objects.select_for_update(of=("self",)).filter(household=home, **lookup).first()


def create_household(
    *, first: DisabledPerson, others: Iterable[int] = (), address="", size=None, elderly=None, remark="", by
) -> Household:
    """A household of the village of `first`, with the next number there, `first` and `others` living in it."""
    for attempt in range(_TRIES):
        try:
            with transaction.atomic():
                last = Household.objects.filter(organisation=first.organisation_id).aggregate(last=Max("number"))
                household = Household(
                    organisation_id=first.organisation_id, number=(last["last"] or 0) + 1,
                    address=address, size=size, elderly=elderly, remark=remark,
                )  # fmt: skip
                create_versioned(household, by=by)
                add_members(household=household, persons=[first.pk, *others], by=by)
                return household
        except IntegrityError:
            # Somebody took the same number at the same moment.
            if attempt == _TRIES - 1:
                raise
    raise AssertionError("unreachable")


def add_members(*, household: Household, persons: Iterable[int], by):
    """Let people of the same village who live in no household yet live in this one."""
    wanted = set(persons)
    with transaction.atomic():
        lock_household(household.pk)
        rows = list(DisabledPerson.objects.filter(pk__in=wanted).order_by("pk").select_for_update(of=("self",)))
        for row in rows:
            if row.organisation_id != household.organisation_id:
                raise ValidationError(f"{row.name} 不在这个村（社区）登记，不能加入这一户。迁来的请先办理转移。")
            if row.household_id not in (None, household.pk):
                raise ValidationError(f"{row.name} 已在另一户里，请先把他（她）从那一户移出。")
        if household.persons.exclude(pk__in=wanted).count() + len(rows) > MOST_MEMBERS:
            raise ValidationError(f"一户最多登记 {MOST_MEMBERS} 名残疾人，请核对。")
        for row in rows:
            if row.household_id is None:
                row.household = household
                save_versioned(row, by=by, via="system")
        refresh_household(pk=household.pk, by=by)


def remove_member(*, person: DisabledPerson, by):
    """The person lives alone from now on, as far as is known."""
    with transaction.atomic():
        row = locked_with_household(pk=person.pk)
        if row is None or row.household_id is None or row.household_id != person.household_id:
            raise ValidationError(f"{person.name} 已不在这一户里，请刷新页面。")
        alone(row)
        save_versioned(row, by=by, via="system")
        refresh_household(pk=person.household_id, by=by)


def alone(person: DisabledPerson):
    """Set what holds for somebody who leaves a household; the caller saves."""
    person.household = None
    person.household_disabled = 1
    person.is_elderly_disabled_household = False


def change_household(*, household: Household, expected_version: int, by) -> Household:
    """Save what was filled in about a household; what follows for its people follows."""
    with transaction.atomic():
        save_versioned(household, by=by, expected_version=expected_version)
        refresh_household(pk=household.pk, by=by)
    return household


def refresh_household(*, pk: int | None, by):
    """Bring what follows from the household up to date in everybody registered there, each with its record.

    An approval that waits keeps waiting for the same eyes: what follows from a household is nobody's submission.
    """
    with transaction.atomic():
        household = lock_household(pk)
        if household is None:
            return
        members = list(household.persons.filter(STILL_REGISTERED).order_by("pk").select_for_update(of=("self",)))
        for member in members:
            member.household_disabled = len(members)
            member.is_elderly_disabled_household = bool(household.elderly)
            if household.size:
                member.household_size = household.size
            save_versioned(member, by=by, via="system")
        keep_eldest([household.pk])


def keep_eldest(households: Iterable[int]):
    """Bring `eldest_born_on` up to date in everybody registered in the households: one statement, no record."""
    eldest = (
        DisabledPerson.objects.filter(STILL_REGISTERED, household=OuterRef("household"))
        .order_by()
        .values("household")
        .annotate(eldest=Min("born_on"))
        .values("eldest")
    )
    lives_along = Exists(Household.objects.filter(pk=OuterRef("household"), elderly__gt=0))
    DisabledPerson.objects.filter(STILL_REGISTERED, household__in=list(households)).update(
        eldest_born_on=Case(When(lives_along, then=Value(OLD_ALREADY)), default=Subquery(eldest))
    )


def recount_households(*, persons: Iterable[int], by):
    """After a set-based write of `persons`: number and eldest of the households they live in, set-based as well."""
    with transaction.atomic():
        homes = set()
        for some in _batches(persons):
            rows = DisabledPerson.objects.filter(pk__in=some, household__isnull=False)
            homes |= set(rows.order_by().values_list("household", flat=True))
        for some in _batches(sorted(homes)):
            list(Household.objects.filter(pk__in=some).order_by("pk").select_for_update(of=("self",)).values_list("pk"))
            keep_eldest(some)
            _keep_number(some, by)


def _batches(pks: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(pks)
    while some := list(itertools.islice(rest, _ASKED_AT_ONCE)):
        yield some


def _keep_number(households: list[int], by):
    """`household_disabled` of everybody registered in the households, with a record where it changes."""
    number = (
        DisabledPerson.objects.filter(STILL_REGISTERED, household=OuterRef("household"))
        .order_by()
        .values("household")
        .annotate(number=Count("pk"))
        .values("number")
    )
    members = DisabledPerson.objects.filter(STILL_REGISTERED, household__in=households)
    wrong = members.annotate(number=Subquery(number)).exclude(household_disabled=F("number"))
    wrong = wrong | members.annotate(number=Subquery(number)).filter(household_disabled=None)
    rows = list(wrong.order_by("pk").values_list("pk", "version", "household_disabled", "number"))
    pks = [row[0] for row in rows]
    DisabledPerson.objects.filter(pk__in=pks).update(
        household_disabled=Subquery(number), version=F("version") + 1, updated_at=timezone.now()
    )
    records = [(pk, version + 1, {"household_disabled": [before, after]}) for pk, version, before, after in rows]
    if records:
        record_changes_bulk(DisabledPerson._meta.label_lower, records, by=by, via="system")


def suggestions_for(person_or_household, members, visible):
    """People of the village, in no household, with an address or a guardian's phone that one of `members` has.

    `visible`: the people the reader may change.
    """
    addresses = {member.current_address for member in members if member.current_address}
    address = getattr(person_or_household, "address", "")
    addresses |= {address} if address else set()
    phones = {bytes(member.guardian_phone_index) for member in members if member.guardian_phone_index}
    if not addresses and not phones:
        return visible.none()
    rows = visible.filter(STILL_REGISTERED, organisation=person_or_household.organisation_id, household=None)
    return rows.filter(Q(current_address__in=addresses) | Q(guardian_phone_index__in=phones)).exclude(
        pk__in=[member.pk for member in members]
    )
