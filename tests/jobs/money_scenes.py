"""Scenes of what leaves an approved batch of subsidies as a file."""

import functools
import hashlib
from datetime import date
from decimal import Decimal

from tests.jobs.scenes import Scene, audit_actions, complete, files_kept, rows_of_every_table

SINCE = date(2020, 1, 1)


def approved_batch(world):
    """Three members of a county, paid for half a year by an approved batch."""
    from accounts.models import Assignment, User
    from committees import services
    from committees.models import Appointment, SubsidyBatch, SubsidyStandard
    from federation.shared.jobs import run_now
    from federation.shared.normalise import with_check_digit
    from orgs.models import Tenure, Worker

    for number, body in enumerate((world.village, world.village_second, world.neighbour_village)):
        worker = Worker.objects.create(name=f"委员{number}", payment_account=with_check_digit(f"622848{number:012d}"))
        tenure = Tenure.objects.create(organisation=body, worker=worker, post="committee_member", started_on=SINCE)
        Appointment.objects.create(tenure=tenure, organisation=body, role="village_member")
    amount = Decimal("100.00")
    standard = SubsidyStandard(
        organisation=world.county, monthly_amount=amount, county_share=amount, valid_from=SINCE, document_number="1 号"
    )
    services.record_standard(standard=standard, by=world.clerk)
    checker = User.objects.create_user("second_clerk", display_name="钱复核")
    Assignment.objects.create(user=checker, role="county_clerk", organisation=world.county, since=SINCE)
    asked = SubsidyBatch(organisation=world.county, first_month=date(2026, 1, 1), last_month=date(2026, 6, 1))
    batch = services.make_batch(batch=asked, by=world.clerk)
    run_now(batch.job)
    batch.refresh_from_db()
    batch = services.check_batch(batch=batch, by=checker, seen=batch.digest)
    return services.approve_batch(batch=batch, by=world.leader, seen=batch.digest)


def _file_of(export, told):
    """What is left of a file that was made: its rows, something of its content, what the log says."""
    from federation.shared.export_files import OpenedFile
    from federation.shared.models import ExportFile

    done = ExportFile.objects.get(pk=export.pk)
    content = b"".join(OpenedFile(done))
    assert hashlib.sha256(content).hexdigest() == done.sha256
    return [done.row_count, told(content), done.state, audit_actions(), files_kept(), rows_of_every_table()]


def bank_sheet():
    """The sheet by which the bank pays a batch is written."""
    from committees import services
    from committees.bank_sheets import ask_for_sheet
    from tests.conftest import build_world

    world = build_world()
    batch = approved_batch(world)
    services.send_to_bank(batch=batch, by=world.clerk)
    asked = ask_for_sheet(batch=batch, sheet=1, by=world.clerk, file_format="csv", purpose="交农商银行代发")
    # The first line says when it was made.
    told = functools.partial(_file_of, asked, lambda content: content.split(b"\n", 1)[1].decode())
    return Scene(functools.partial(complete, asked.job_id), told)


def notices():
    """The notices of a batch are printed into one file."""
    from committees import notices as printed
    from tests.conftest import build_world

    printed.AT_ONCE = 2
    world = build_world()
    batch = approved_batch(world)
    asked = printed.ask_for_notices(batch=batch, by=world.clerk, purpose="发给本人核对")
    told = functools.partial(_file_of, asked, lambda content: content.count(b"/MediaBox"))
    return Scene(functools.partial(complete, asked.job_id), told)
