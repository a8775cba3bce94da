"""Who looks after whom: the people of a village are put in a committee member's charge, all at once."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from federation.shared import audit
from federation.shared.history import record_changes_bulk
from ledgers.approvals import APPROVE
from ledgers.models import DisabledPerson
from orgs.models import Organisation, Post, Tenure

LABEL = DisabledPerson._meta.label_lower
BLOCK = 5000


def members_for(body: Organisation, user):
    """Tenures of the committee members in post today at `body` or at the body above it, those of the body first."""
    paths = [body.path, body.path[: -Organisation.steplen]]
    posts = Tenure.objects.visible_to(user, APPROVE).of_post(Post.COMMITTEE_MEMBER).in_post_on(timezone.localdate())
    return posts.filter(org_path__in=paths).select_related("worker", "organisation").order_by("-org_path", "pk")


def people_at(body: Organisation, user):
    """Those still registered at the body itself, as far as `user` answers for their files."""
    rows = DisabledPerson.objects.visible_to(user, APPROVE).still_registered()
    return rows.filter(organisation=body)


def assign_people(*, body: Organisation, worker, only_unassigned: bool, by) -> int:
    """Put the people of the body in the charge of `worker`, a member in post there or above; gives how many changed.

    It is the office's decision and nobody's submission: where a file stands on its way to approval stays.
    """
    if not members_for(body, by).filter(worker=worker).exists():
        raise ValidationError({"worker": "这位专职委员现在不在任，请重新选择。"})
    with transaction.atomic():
        rows = people_at(body, by)
        rows = rows.filter(member_in_charge=None) if only_unassigned else rows
        changed = give_people(rows.exclude(member_in_charge=worker), worker, by)
        if not changed:
            raise ValidationError("没有要分派的人：都已经由这位专职委员负责，或者已有负责人。")
        details = {"worker": worker.pk, "number": changed}
        audit.record("ledgers.in_charge.assigned", actor=by, target=body, details=details)
    return changed


def give_people(rows, worker, by) -> int:
    """Every file among `rows` has `worker` in charge from now on, with a record of the change. In a transaction."""
    found = rows.order_by("pk").select_for_update(of=("self",))
    files = list(found.values_list("pk", "version", "member_in_charge"))
    for start in range(0, len(files), BLOCK):
        some = files[start : start + BLOCK]
        DisabledPerson.objects.filter(pk__in=[pk for pk, _version, _before in some]).update(
            member_in_charge=worker, version=F("version") + 1, updated_at=timezone.now()
        )
        changes = ((pk, version + 1, {"member_in_charge": [before, worker.pk]}) for pk, version, before in some)
        record_changes_bulk(LABEL, changes, by=by, via="system")
    return len(files)
