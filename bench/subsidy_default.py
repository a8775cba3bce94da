"""The default: an ORM loop over appointments, asking for each member what is needed, with a save a line and a month."""

from committees.models import Appointment, SubsidyLine, SubsidyMonth, SubsidyStandard
from committees.querysets import paths_above
from committees.reckoning import counts, last_of, months_between


def plain(batch, at_most: int) -> dict:
    """{appointment: what its line says} of the first appointments."""
    months = months_between(batch.first_month, batch.last_month)
    last = last_of(batch.last_month)
    found = {}
    for appointment in Appointment.objects.served_between(batch.first_month, last).order_by("pk")[:at_most]:
        paid = set(
            SubsidyMonth.objects.filter(appointment=appointment, month__in=months).values_list("month", flat=True)
        )
        wanted = [month for month in months if month not in paid and _belongs(batch.month_rule, appointment, month)]
        if wanted:
            found[appointment.pk] = said(_save_line(batch, appointment, wanted, last))
    return found


def _belongs(rule, appointment, month) -> bool:
    tenure = appointment.tenure
    if not counts(rule, month, tenure.started_on, tenure.ended_on):
        return False
    # Elsewhere in the same month: the place of the 15th has it.
    others = Appointment.objects.filter(tenure__worker=tenure.worker_id).exclude(pk=appointment.pk)
    middle = month.replace(day=15)
    here = tenure.started_on <= middle and (tenure.ended_on is None or tenure.ended_on >= middle)
    return here or not others.current_on(middle).exists()


def _save_line(batch, appointment, months, last) -> SubsidyLine:
    path = appointment.organisation.path
    standards = list(
        SubsidyStandard.objects.filter(org_path__in=[*paths_above(path), path]).touching(batch.first_month, last)
    )
    terms = [_of_month(standards, appointment, month) for month in months]
    shares = [sum(each.shares[payer] for each in terms) for payer in range(3)]
    amount = sum(each.monthly_amount for each in terms)
    line = SubsidyLine(
        batch=batch, appointment=appointment, organisation=appointment.organisation,
        worker=appointment.tenure.worker, role=appointment.role, month_count=len(months), gross_amount=amount,
        amount=amount, county_share=shares[0], township_share=shares[1], welfare_share=shares[2],
        parts=[{"from": f"{month:%Y-%m}", "standard": each.pk} for month, each in zip(months, terms, strict=True)],
    )  # fmt: skip
    line.save()
    for month, each in zip(months, terms, strict=True):
        SubsidyMonth(line=line, appointment=appointment, month=month, standard=each, amount=each.monthly_amount).save()
    return line


def _of_month(standards, appointment, month) -> SubsidyStandard:
    fitting = [
        each for each in standards
        if each.role in ("", appointment.role) and each.employment in ("", appointment.employment)
        and each.valid_from <= month and (each.valid_to is None or each.valid_to >= month)
    ]  # fmt: skip
    return max(
        fitting, key=lambda each: (not each.is_floor, len(each.org_path), bool(each.role), bool(each.employment))
    )


def said(line: SubsidyLine) -> tuple:
    shares = line.county_share, line.township_share, line.welfare_share
    return line.month_count, str(line.amount), tuple(map(str, shares))
