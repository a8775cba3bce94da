"""Who holds which post: beginning and end of a tenure."""

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from federation.shared.history import create_versioned, save_versioned
from federation.shared.templatetags.ui import cn_date
from orgs.models import PAID_POSTS, SecondPostPermit, Tenure, Worker

ALREADY_PAID = (
    "此人已有一个受聘岗位没有离任，不能同时受聘两个岗位。请先办理那个岗位的离任；不在本单位的，请与上级残联联系。"
    "确需同时受聘的，请系统管理员在此人页面写明原因，准许后再办理。"
)


class TenureRefused(ValidationError):
    """The tenure is not possible; the message says why and what to do. Nothing was written."""


def record_tenure(*, tenure: Tenure, by, via: str = "form") -> Tenure:
    """Store that a person took up a post. Raises TenureRefused."""
    with transaction.atomic():
        # The person's row puts two bodies that engage the same person at once in line.
        Worker.objects.select_for_update().get(pk=tenure.worker_id)
        check_tenure(tenure)
        return create_versioned(tenure, by=by, via=via)


def change_tenure(*, tenure: Tenure, by, expected_version: int):
    """Save a corrected tenure. Raises TenureRefused, VersionConflict."""
    with transaction.atomic():
        Worker.objects.select_for_update().get(pk=tenure.worker_id)
        check_tenure(tenure)
        return save_versioned(tenure, by=by, expected_version=expected_version)


def end_tenure(*, tenure: Tenure, on: datetime.date, by, reason: str, expected_version: int):
    """End a tenure; `on` is the last day in post. Raises TenureRefused, VersionConflict."""
    if on < tenure.started_on:
        raise TenureRefused(f"离任日期早于任职日期（{cn_date(tenure.started_on)}）。请核对。")
    tenure.ended_on = on
    return save_versioned(tenure, by=by, expected_version=expected_version, action="orgs.tenure.ended", reason=reason)


def check_tenure(tenure: Tenure):
    """Refuse days outside the body's life, the same post twice, and a second paid post without a permit."""
    body = tenure.organisation
    if tenure.ended_on is not None and tenure.ended_on < tenure.started_on:
        raise TenureRefused({"ended_on": "离任日期早于任职日期。请核对。"})
    if body.established_on and tenure.started_on < body.established_on:
        day = body.established_on
        raise TenureRefused({"started_on": f"早于机构的成立日期（{cn_date(day)}）。请核对，或先更正成立日期。"})
    if body.abolished_on and (tenure.ended_on is None or tenure.ended_on > body.abolished_on):
        box = "started_on" if tenure.started_on > body.abolished_on else "ended_on"
        day = cn_date(body.abolished_on)
        raise TenureRefused({box: f"机构已于 {day}撤销，不能任职到撤销以后。请填写不晚于那一天的离任日期。"})
    others = _overlapping(tenure)
    if others.filter(organisation=body, post=tenure.post).exists():
        raise TenureRefused({"post": "此人在这段时间已任这个职务，不用重复登记。"})
    # Asked over all bodies on purpose: the answer says only that there is another post. A second one held by permit
    # does not stand in the way of the first.
    needs_permit = tenure.post in PAID_POSTS and tenure.permit_id is None
    if needs_permit and others.filter(post__in=PAID_POSTS, permit=None).exists():
        tenure.permit = SecondPostPermit.objects.filter(worker=tenure.worker_id, organisation=body).first()
        if tenure.permit is None:
            raise TenureRefused({"post": ALREADY_PAID})


def _overlapping(tenure: Tenure):
    """The person's other tenures that share a day with this one."""
    rows = Tenure.objects.filter(worker=tenure.worker_id).exclude(pk=tenure.pk)
    rows = rows.filter(Q(ended_on__isnull=True) | Q(ended_on__gte=tenure.started_on))
    return rows if tenure.ended_on is None else rows.filter(started_on__lte=tenure.ended_on)
