"""Scenes of services that are no jobs and do much at once: the night, an erasure, a transfer."""

import datetime
from datetime import date
from pathlib import Path

from django.conf import settings

from tests.jobs.scenes import (
    Scene,
    asked_export,
    audit_actions,
    checked_import,
    complete,
    files_kept,
    people_in,
    rows_of_every_table,
)


def retention():
    """The night deletes what is due: an upload, an unconfirmed roster, an unfetched file, submissions, ended jobs."""
    from django.utils import timezone

    from federation.shared import retention as keeping
    from federation.shared.models import AuditEntry, ExportFile, Job, RosterImport, Submission
    from tests.conftest import build_world

    keeping.NIGHT_HOUR = 0
    world = build_world()
    imported = checked_import(world)
    fetchable = asked_export(world, people=40)
    complete(fetchable.job_id)
    Submission.objects.create(user=world.clerk, digest="0" * 64)
    long_ago = timezone.now() - datetime.timedelta(days=800)
    RosterImport.objects.filter(pk=imported.pk).update(created_at=long_ago, updated_at=long_ago)
    ExportFile.objects.update(expires_at=long_ago)
    Submission.objects.update(created_at=long_ago)
    Job.objects.update(created_at=long_ago, finished_at=long_ago)

    def left_behind():
        (night,) = AuditEntry.objects.filter(action="shared.retention.done")
        removed = night.details["removed"]
        return [sum(removed.values()), removed, audit_actions(), files_kept(), rows_of_every_table()]

    return Scene(keeping.run_nightly, left_behind)


def erasure():
    """A person with scans, drafts and a household is erased; the list beside the database knows it next night."""
    from federation.shared import sealed_files
    from federation.shared.history import create_versioned, save_versioned
    from ledgers import erasure_list
    from ledgers.erasure import erase_person
    from ledgers.households import create_household
    from ledgers.models import Attachment, DisabledPerson, Erasure, PersonDraft
    from tests.conftest import build_world

    kept_beside = Path(settings.FEDERATION_ERASURE_LIST).parent / "erasures"
    kept_beside.mkdir()
    settings.FEDERATION_ERASURE_LIST = kept_beside / "erasures.txt"
    world = build_world()
    people_in(world.village, 3)
    person, *others = DisabledPerson.objects.order_by("pk")
    create_household(first=person, others=[each.pk for each in others], by=world.member)
    person.refresh_from_db()
    person.remark = "改过"
    save_versioned(person, by=world.member)
    scan = Attachment(person=person, organisation=world.village, kind="other", content_type="image/png", size=1)
    scan.stored_path = sealed_files.keep("attachments", b"scan", f"attachment|{scan.uid}".encode())
    create_versioned(scan, by=world.member)
    PersonDraft.objects.create(person=person, organisation=world.village, created_by=world.member, payload="name=x")

    def erase():
        still = DisabledPerson.objects.filter(pk=person.pk).first()
        if still is not None:
            erase_person(person=still, by=world.leader, reason=Erasure.Reason.REQUEST)

    def left_behind():
        erasure_list.complete_list()
        removed = Erasure.objects.get().removed
        noted = sorted(erasure_list.noted()) == list(Erasure.objects.values_list("person_hash", flat=True))
        return [sum(removed.values()), removed, noted, audit_actions(), files_kept(), rows_of_every_table()]

    return Scene(erase, left_behind)


def transfer():
    """A person who lives with others passes to another village with all that hangs on the file."""
    from federation.shared.history import create_versioned
    from ledgers.households import create_household
    from ledgers.models import Attachment, DisabledPerson, Transfer
    from ledgers.models.dictionaries import TransferState
    from ledgers.transfers import accept_transfer, offer_person
    from tests.conftest import build_world

    world = build_world()
    people_in(world.village, 3)
    person, *others = DisabledPerson.objects.order_by("pk")
    create_household(first=person, others=[each.pk for each in others], by=world.member)
    create_versioned(
        Attachment(person=person, organisation=world.village, kind="other", content_type="image/png", size=1),
        by=world.member,
    )
    offer_person(
        person=person, to_body=world.neighbour_village, moved_on=date(2026, 1, 1), reason="随子女居住", by=world.member
    )

    def accept():
        asked = Transfer.objects.get()
        if asked.state == TransferState.REQUESTED:
            accept_transfer(transfer=asked, by=world.clerk)

    def left_behind():
        people = list(DisabledPerson.objects.order_by("pk").values_list("org_path", "household", "version"))
        attached = list(Attachment.objects.values_list("org_path", flat=True))
        state = Transfer.objects.values_list("state", "version").get()
        return [len(people), people, attached, state, audit_actions(), rows_of_every_table()]

    return Scene(accept, left_behind)


def _two_members(world):
    """Somebody of the village with a contract and people in charge, and a colleague of the next village."""
    from committees.models import Appointment
    from ledgers.models import DisabledPerson
    from orgs.models import Tenure, Worker

    people_in(world.village, 4)
    found = []
    for name, place in (("离任", world.village), ("接手", world.village_second)):
        worker = Worker.objects.create(name=name, identity="disabled")
        tenure = Tenure.objects.create(
            worker=worker, organisation=place, post="committee_member", started_on=date(2020, 1, 1)
        )
        Appointment.objects.create(tenure=tenure, organisation=place, role="village_member")
        found.append(tenure)
    DisabledPerson.objects.update(member_in_charge=found[0].worker)
    return found


def member_moves_on():
    """A member goes on to the township and hands the village's people over: each step as a whole, or not at all."""
    from committees.models import Appointment, Handover
    from committees.services import move_member
    from committees.services.handovers import hand_over
    from ledgers.models import DisabledPerson
    from orgs.models import Tenure
    from tests.conftest import build_world

    world = build_world()
    tenure, colleague = _two_members(world)

    def move():
        present = Tenure.objects.select_related("worker", "organisation").get(pk=tenure.pk)
        if present.ended_on is None:
            move_member(
                tenure=present, target=world.township, first_day=date(2026, 7, 1), appointment=Appointment(),
                reason="", by=world.director, expected_version=present.version,
            )  # fmt: skip
        if not Handover.objects.exists():
            chosen = ["persons_in_charge"]
            hand_over(tenure=tenure, successor=colleague.worker, chosen=chosen, remark="", by=world.director)

    def left_behind():
        people = list(DisabledPerson.objects.order_by("pk").values_list("member_in_charge", "version"))
        moved = list(Handover.objects.values_list("moved", flat=True))
        tenures = list(Tenure.objects.order_by("pk").values_list("worker", "organisation", "started_on", "ended_on"))
        tenures = [[str(each) for each in row] for row in tenures]
        endings = list(Appointment.objects.order_by("pk").values_list("role", "ending"))
        return [len(people), people, moved, tenures, endings, audit_actions(), rows_of_every_table()]

    return Scene(move, left_behind)
