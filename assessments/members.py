"""Whom an appraisal judges in an area on a day, and how the work is cut by county."""

from django.db.models import F

from assessments.bodies import Part, counties_under, cut_by_county
from committees.models import Appointment
from federation.shared.fields import subtree
from orgs.models import Level

# Tutors of Sunshine Homes are engaged too, but are no committee members.
ROLES = (Appointment.Role.TOWNSHIP_MEMBER, Appointment.Role.VILLAGE_MEMBER, Appointment.Role.COMMUNITY_MEMBER)


def judged_members(path: str, as_of):
    """Appointments of committee members in post on the day, at `path` and below."""
    rows = Appointment.objects.filter(role__in=ROLES).current_on(as_of)
    return rows.filter(subtree(path, "org_path"))


def parts_of(appraisal) -> list[Part]:
    """The appraisal cut by county, counties without members left out; one part where the area is a county or less."""
    area = appraisal.organisation
    members = judged_members(area.path, appraisal.as_of)
    if area.level >= Level.COUNTY:
        total = members.count()
        return [Part(area.path, False, area.label, total, area.pk)] if total else []
    return cut_by_county(area, members.order_by().values_list("org_path", flat=True))


def members_of(appraisal, path: str, rest: bool = False) -> list[Appointment]:
    """The members of one part."""
    rows = judged_members(path, appraisal.as_of)
    if rest:
        for county in counties_under(path):
            rows = rows.exclude(subtree(county.path, "org_path"))
    return as_subjects(rows.order_by("org_path", "pk"))


def as_subjects(rows) -> list[Appointment]:
    """Appointments as metrics and results want them: with the `path` where they lie and their `worker_id`."""
    found = list(rows.annotate(worker_id=F("tenure__worker")).only("pk", "org_path", "organisation_id"))
    for each in found:
        each.path = each.org_path
    return found


def subjects_of(result) -> list[Appointment]:
    """The one member of a result."""
    return as_subjects(Appointment.objects.filter(pk=result.appointment_id))
