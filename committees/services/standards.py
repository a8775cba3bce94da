"""Subsidy standards: recorded, corrected while nothing was computed by them, ended."""

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from committees.models import SubsidyMonth, SubsidyStandard
from committees.querysets import paths_above
from committees.reckoning import first_of, last_of
from federation.shared.history import create_versioned, save_versioned
from federation.shared.templatetags.ui import cn_date, cn_month, cn_months
from orgs.models import Organisation

_DAY = datetime.timedelta(days=1)


class StandardRefused(ValidationError):
    """The standard is not possible; the message says why and what to do. Nothing was written."""


def record_standard(*, standard: SubsidyStandard, by) -> SubsidyStandard:
    """Store a standard. Raises StandardRefused."""
    with transaction.atomic():
        _in_line(standard)
        check_standard(standard)
        return create_versioned(standard, by=by)


def change_standard(*, standard: SubsidyStandard, by, expected_version: int):
    """Save a corrected standard; one that months were paid by keeps its money and its beginning.

    Raises StandardRefused, VersionConflict.
    """
    with transaction.atomic():
        _in_line(standard)
        # Before asking what was computed by it: a batch being stored holds the row until it is.
        SubsidyStandard.objects.select_for_update(of=("self",)).get(pk=standard.pk)
        check_standard(standard)
        _check_used(standard)
        return save_versioned(standard, by=by, expected_version=expected_version)


def end_standard(*, standard: SubsidyStandard, on: datetime.date, by, expected_version: int):
    """The standard is in force up to `on`, the last day of a month. Raises StandardRefused, VersionConflict."""
    standard.valid_to = on
    return change_standard(standard=standard, by=by, expected_version=expected_version)


def _in_line(standard: SubsidyStandard):
    """Two people who record standards of one body at once are put in line."""
    Organisation.objects.select_for_update(no_key=True).get(pk=standard.organisation_id)


def check_standard(standard: SubsidyStandard):
    """Refuse days inside a month, shares that do not add up, a second standard for the same days, a broken floor."""
    if standard.valid_from != first_of(standard.valid_from):
        raise StandardRefused({"valid_from": "标准从某月 1 日起执行。请填那个月的 1 日。"})
    if standard.valid_to is not None:
        if standard.valid_to != last_of(standard.valid_to):
            raise StandardRefused({"valid_to": "标准到某月最后一天为止。请填那个月的最后一天。"})
        if standard.valid_to < standard.valid_from:
            raise StandardRefused({"valid_to": "早于执行起始日。请核对。"})
    if sum(standard.shares) != standard.monthly_amount:
        raise StandardRefused(
            {
                "monthly_amount": f"三项承担合计 {sum(standard.shares)} 元，"
                f"与每月 {standard.monthly_amount} 元不一致。请核对。"
            }
        )
    _check_neighbours(standard)
    _check_floor(standard)


def _check_neighbours(standard: SubsidyStandard):
    """One standard a day for the same body, role and employment; and no months between two of them."""
    same = SubsidyStandard.objects.filter(
        organisation=standard.organisation, role=standard.role, employment=standard.employment,
        is_floor=standard.is_floor,
    ).exclude(pk=standard.pk)  # fmt: skip
    overlapping = (
        same.touching(standard.valid_from, standard.valid_to or datetime.date.max).order_by("valid_from").first()
    )
    if overlapping is not None:
        until = f"至 {cn_date(overlapping.valid_to)}" if overlapping.valid_to else "起一直执行"
        days = f"{cn_date(overlapping.valid_from)}{until}"
        raise StandardRefused(
            {
                "valid_from": f"与已登记的标准（{overlapping.monthly_amount} 元，{days}）"
                "在时间上重叠。请先给那个标准填执行截止日。"
            }
        )
    before = same.filter(valid_to__lt=standard.valid_from).order_by("-valid_to").first()
    if before is not None and before.valid_to + _DAY != standard.valid_from:
        first, last = before.valid_to + _DAY, standard.valid_from - _DAY
        raise StandardRefused(
            {
                "valid_from": f"{cn_months(first, last)}没有标准。请从 {cn_date(first)}起执行，"
                "或者先把上一个标准的执行截止日改到前一个月底。"
            }
        )
    after = same.filter(valid_from__gt=standard.valid_from).order_by("valid_from").first()
    if after is not None and (standard.valid_to is None or standard.valid_to + _DAY != after.valid_from):
        raise StandardRefused(
            {
                "valid_to": f"后面已有从 {cn_date(after.valid_from)}起的标准。"
                f"请填它前一天 {cn_date(after.valid_from - _DAY)}。"
            }
        )


def _check_floor(standard: SubsidyStandard):
    """Not below a floor of a level above that is in force at the same time."""
    if standard.is_floor:
        return
    path = Organisation.objects.only("path").get(pk=standard.organisation_id).path
    floors = SubsidyStandard.objects.filter(
        is_floor=True, org_path__in=[*paths_above(path), path], monthly_amount__gt=standard.monthly_amount,
        role__in=("", standard.role), employment__in=("", standard.employment),
    ).touching(standard.valid_from, standard.valid_to or datetime.date.max)  # fmt: skip
    floor = floors.select_related("organisation").order_by("-monthly_amount").first()
    if floor is not None:
        raise StandardRefused(
            {
                "monthly_amount": f"低于{floor.organisation.label}规定的最低标准 {floor.monthly_amount} 元"
                f"（{floor.document_number}）。请不低于这个数。"
            }
        )


def _check_used(standard: SubsidyStandard):
    """What months were paid by stays as it was then; only its end may be set, and not before those months."""
    paid = SubsidyMonth.objects.filter(standard=standard).order_by("-month").values_list("month", flat=True).first()
    if paid is None:
        return
    stored = SubsidyStandard.objects.get(pk=standard.pk)
    fixed = ("organisation_id", "role", "employment", "is_floor", "monthly_amount", "shares", "valid_from")
    if any(getattr(stored, name) != getattr(standard, name) for name in fixed):
        raise StandardRefused(
            f"已按这个标准算到 {cn_month(paid)}的补贴，金额、范围和起始日不能再改。"
            "要调整标准，请给它填执行截止日，再登记新的标准。"
        )
    if standard.valid_to is not None and standard.valid_to < last_of(paid):
        raise StandardRefused(
            {"valid_to": f"已按这个标准算到 {cn_month(paid)}的补贴。截止日不能早于 {cn_date(last_of(paid))}。"}
        )
