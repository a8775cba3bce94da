"""What the ledgers keep for a time only, and what the night puts on the list of files to be erased."""

import datetime
from functools import partial

from django.utils import timezone

from federation.shared import retention
from ledgers import consent
from ledgers.models import ErasureProposal, PersonDraft

DAYS_A_YEAR = 365


def _drafts(before):
    return PersonDraft.objects.filter(updated_at__lt=before)


def _remove_drafts(rows) -> int:
    return rows.delete()[0]


def _day_of(before, days: int):
    """The day from which the table counted `days` back."""
    return (before + datetime.timedelta(days=days)).astimezone(timezone.get_current_timezone()).date()


def _due(before, rule: consent.KeepingRule):
    """Files of the rule that are not on the list yet. The table counts days, the policy whole years."""
    return consent.due_for_erasure(rule, _day_of(before, rule.years * DAYS_A_YEAR)).filter(erasure_proposal=None)


def _propose(rows, rule: consent.KeepingRule) -> int:
    proposals = [
        ErasureProposal(
            person=person,
            organisation_id=person.organisation_id,
            org_path=person.org_path,
            rule=rule.name,
            due_on=consent.due_day(rule, getattr(person, rule.field)),
        )
        for person in rows.only("pk", "organisation_id", "org_path", rule.field).iterator(chunk_size=2000)
    ]
    # Somebody whose certificate was cancelled and who then died falls under two rules; the first holds.
    ErasureProposal.objects.bulk_create(proposals, batch_size=2000, ignore_conflicts=True)
    return len(proposals)


def _no_longer_due(before):
    """Proposals of people who came back on the register, or whose day was corrected."""
    pks, today = [], _day_of(before, 1)
    for rule in consent.policy_on(today).keeping:
        held = ErasureProposal.objects.filter(rule=rule.name)
        due = consent.due_for_erasure(rule, today)
        pks += held.exclude(person__in=due).values_list("pk", flat=True)
    return ErasureProposal.objects.filter(pk__in=pks)


def _take_off(rows) -> int:
    return rows.delete()[0]


def proposals_to_decide(rows=None):
    """Of the list, what is not put off at present."""
    rows = ErasureProposal.objects.all() if rows is None else rows
    return rows.exclude(kept_until__gt=timezone.localdate())


def register_all():
    """Read at the start; the figures are those of the policy in force."""
    policy = consent.policy_now()
    retention.register(
        retention.Kept(
            "ledgers.drafts",
            "一直没有提交的登记表草稿",
            policy.draft_days,
            policy.draft_source,
            _drafts,
            _remove_drafts,
        )
    )
    for rule in policy.keeping:
        retention.register(
            retention.Kept(
                f"ledgers.{rule.name}", f"{rule.label}人员的登记表", rule.years * DAYS_A_YEAR, rule.source,
                partial(_due, rule=rule), partial(_propose, rule=rule),
                does="列入到期待删除", period=f"{rule.years} 年",
            )
        )  # fmt: skip
    retention.register(
        retention.Kept(
            "ledgers.not_due", "待删除名单上不再到期的登记表", 1, "登记结束日期已更正或恢复登记", _no_longer_due,
            _take_off, does="移出待删除名单", period="到当天",
        )
    )  # fmt: skip
