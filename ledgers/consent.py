"""Why personal data is kept, what people are told, and for how long: read from ledgers/policies, with its edition.

Which edition somebody consented to follows from the day of the consent: the one that applied then.
"""

import datetime
import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

from django.db.models import F, Q
from django.utils import timezone

from ledgers.models import DisabledPerson

_POLICIES = Path(__file__).parent / "policies"
_WANTED = ("title", "applies_from", "source", "purpose", "statement", "told", "after_withdrawal")


class PolicyBroken(ValueError):
    """A policy file lacks something or names a field that does not exist; the message names the file and the word."""


@dataclass(frozen=True)
class KeepingRule:
    """A file is kept `years` after the day in `field`."""

    name: str
    label: str
    field: str
    years: int
    source: str


@dataclass(frozen=True)
class Policy:
    edition: str
    title: str
    applies_from: datetime.date
    source: str
    purpose: str
    statement: str
    told: tuple[str, ...]
    after_withdrawal: str
    answer_days: int
    answer_source: str
    draft_days: int
    draft_source: str
    keeping: tuple[KeepingRule, ...]


@functools.cache
def editions() -> tuple[Policy, ...]:
    """Every edition, the oldest first."""
    paths = sorted(_POLICIES.glob("privacy_*.toml"))
    found = [read_policy(tomllib.loads(path.read_text(encoding="utf-8")), path.stem) for path in paths]
    return tuple(sorted(found, key=lambda policy: policy.applies_from))


def read_policy(given: dict, edition: str) -> Policy:
    missing = [name for name in (*_WANTED, "answer", "drafts", "retention") if not given.get(name)]
    if missing:
        raise PolicyBroken(f"{edition} 缺少 {'、'.join(missing)}。请改正政策文件。")
    dates = {field.name for field in DisabledPerson._meta.concrete_fields if field.get_internal_type() == "DateField"}
    rules = tuple(KeepingRule(**rule) for rule in given["retention"])
    for rule in rules:
        if rule.field not in dates or rule.years < 1:
            raise PolicyBroken(f"{edition} 的保存期限 {rule.name} 写错：登记表没有日期 {rule.field}，或年数不对。")
    words = {name: given[name] for name in _WANTED} | {"told": tuple(given["told"])}
    return Policy(
        edition=edition,
        answer_days=given["answer"]["days"],
        answer_source=given["answer"]["source"],
        draft_days=given["drafts"]["days"],
        draft_source=given["drafts"]["source"],
        keeping=rules,
        **words,
    )


def edition_on(day: datetime.date) -> Policy | None:
    """The text that applied on `day`; None before the first."""
    return next((policy for policy in reversed(editions()) if policy.applies_from <= day), None)


def policy_on(day: datetime.date) -> Policy:
    """The edition whose periods hold on `day`; before the first, the first."""
    return edition_on(day) or editions()[0]


def policy_now() -> Policy:
    return policy_on(timezone.localdate())


# --- one person's consent ---------------------------------------------------------------------------

# Taken back and not given again since.
WITHDRAWN = Q(consent_withdrawn_on__isnull=False) & (
    Q(consented_on=None) | Q(consented_on__lte=F("consent_withdrawn_on"))
)
WITHOUT_CONSENT = Q(consent_kind="") | WITHDRAWN


def is_withdrawn(person: DisabledPerson) -> bool:
    """Whether the consent was taken back and not given again since."""
    withdrawn = person.consent_withdrawn_on
    return withdrawn is not None and (person.consented_on is None or person.consented_on <= withdrawn)


def has_consent(person: DisabledPerson) -> bool:
    return bool(person.consent_kind) and not is_withdrawn(person)


def consent_in_words(person: DisabledPerson) -> str:
    """Who agreed when to which text, or that nobody did."""
    if is_withdrawn(person):
        day = person.consent_withdrawn_on
        return f"{day.year} 年 {day.month} 月 {day.day} 日撤回"
    if not person.consent_kind:
        return "还没有登记"
    if person.consented_on is None:
        return person.get_consent_kind_display()
    day, policy = person.consented_on, edition_on(person.consented_on)
    text = f"文本：{policy.title}（{policy.edition[-4:]} 年版）" if policy else "当时还没有统一的告知文本"
    return f"{person.get_consent_kind_display()}，{day.year} 年 {day.month} 月 {day.day} 日，{text}"


def due_for_erasure(rule: KeepingRule, today: datetime.date):
    """Files whose period under `rule` has run out, and that no other day keeps on the register."""
    try:
        last = today.replace(year=today.year - rule.years)
    except ValueError:
        last = today.replace(year=today.year - rule.years, day=28)
    return DisabledPerson.objects.filter(**{f"{rule.field}__lte": last})


def due_day(rule: KeepingRule, ended_on: datetime.date) -> datetime.date:
    try:
        return ended_on.replace(year=ended_on.year + rule.years)
    except ValueError:
        # Ended on 29 February: the period is over on 1 March.
        return ended_on.replace(year=ended_on.year + rule.years, month=3, day=1)
