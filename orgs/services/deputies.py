"""Who acts in a post for a time."""

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from federation.shared.history import create_versioned, save_versioned
from federation.shared.templatetags.ui import cn_date
from orgs.models import Deputyship, Organisation, Tenure, Worker


class DeputyRefused(ValidationError):
    """The deputyship is not possible; the message says why and what to do. Nothing was written."""


def record_deputy(*, deputyship: Deputyship, by) -> Deputyship:
    """Store that somebody acts in a post. Raises DeputyRefused."""
    with transaction.atomic():
        # The body's row puts two who arrange for the same post in line.
        Organisation.objects.select_for_update(of=("self",)).get(pk=deputyship.organisation_id)
        check_deputy(deputyship)
        return create_versioned(deputyship, by=by)


def change_deputy(*, deputyship: Deputyship, by, expected_version: int):
    """Save corrected days: shorter, longer, another reason. Raises DeputyRefused, VersionConflict."""
    with transaction.atomic():
        Organisation.objects.select_for_update(of=("self",)).get(pk=deputyship.organisation_id)
        check_deputy(deputyship)
        return save_versioned(deputyship, by=by, expected_version=expected_version)


def check_deputy(deputyship: Deputyship):
    """Refuse days out of order, two deputies of one post at once, and who is not in post or is the absent one."""
    first, last, absent = deputyship.started_on, deputyship.ended_on, deputyship.absent
    if last < first:
        raise DeputyRefused({"ended_on": "代理止早于代理起。请核对。"})
    if not _in_post(worker=deputyship.worker_id, on=first).exists():
        raise DeputyRefused({"worker": "代理人在代理开始那天不在任。请选择在任的同事。"})
    if absent is not None:
        if absent.worker_id == deputyship.worker_id:
            raise DeputyRefused({"worker": "不能代理自己的岗位。请选择另一位同事。"})
        if absent.organisation_id != deputyship.organisation_id or absent.post != deputyship.post:
            raise DeputyRefused({"absent": "所代的人不在这个岗位上。请核对。"})
        if absent.started_on > first or (absent.ended_on is not None and absent.ended_on < last):
            raise DeputyRefused({"absent": "所代的人在这段时间里没有一直在任。离任以后的代管另登记一次。"})
    same_post = Deputyship.objects.filter(organisation=deputyship.organisation_id, post=deputyship.post)
    same_post = same_post.filter(absent=absent).exclude(pk=deputyship.pk)
    other = same_post.filter(started_on__lte=last, ended_on__gte=first).select_related("worker").first()
    if other is not None:
        days = f"{cn_date(other.started_on)}至 {cn_date(other.ended_on)}"
        raise DeputyRefused({"started_on": f"{days} 已登记由 {other.worker.name} 代理。请错开日期，或先改那一条。"})


def _in_post(*, worker: int, on: datetime.date):
    return Worker.objects.filter(pk__in=Tenure.objects.filter(worker=worker).in_post_on(on).values("worker"))
